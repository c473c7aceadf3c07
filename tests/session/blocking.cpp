// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The token that waits.

#include "support/simulated_disk.hpp"

#include <pop3/blocking.hpp>
#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

namespace blocking_tests {
namespace {

using pop3::blocking;
using pop3::errc;
using std::chrono::milliseconds;

/// A server that runs by itself.
class running_server {
public:
    running_server()
        : server_(pool_.get_executor(), pop3::testing::server_options({pop3::testing::account(
                                            "alice", "secret", pop3::testing::sample_messages())})),
          tls(pop3::no_system_roots)
    {
        tls.add_certificate_authority(server_.identity().pem());
    }

    ~running_server()
    {
        server_.stop();
    }

    pop3::url where() const
    {
        return pop3::url("localhost", server_.port());
    }

private:
    asio::thread_pool pool_{1};
    pop3::testing::server server_;

public:
    pop3::tls_context tls;
};

auto log_in(const running_server& s, const asio::any_io_executor& executor)
{
    auto greeted = pop3::async_connect(executor, s.tls, s.where(), blocking);
    return std::move(greeted).async_login(pop3::password("alice", "secret"), blocking);
}

void use(const running_server& s, const asio::any_io_executor& executor)
{
    auto mailbox = log_in(s, executor);
    const auto [count, octets] = mailbox.async_stat(blocking);
    CHECK(count == 5);
    CHECK(octets > 1'000'000);
    CHECK(mailbox.async_list(blocking).size() == 5);
    mailbox.async_noop(blocking);
    CHECK(std::move(mailbox).async_quit(blocking).deletions() == pop3::deletions::committed);
}

} // namespace

TEST_CASE("blocking: an io_context that nobody runs")
{
    const running_server s;
    asio::io_context context;
    use(s, context.get_executor());
    CHECK(!context.stopped());
    use(s, context.get_executor());
    use(s, asio::make_strand(context));
    use(s, asio::make_strand(asio::any_io_executor(context.get_executor())));

    context.stop();
    use(s, context.get_executor());
    CHECK(context.stopped());
}

TEST_CASE(
    "blocking: nothing is left in a context that nobody runs, or it would look like other work the next time")
{
    const running_server s;
    asio::io_context context;
    const auto is_idle = [&] {
        // It stops when its last work goes.
        asio::make_work_guard(context).reset();
        const bool stopped = context.stopped();
        context.restart();
        return stopped;
    };
    auto mailbox = log_in(s, context.get_executor());
    CHECK(is_idle());
    CHECK(mailbox.async_retr(5, blocking).octets().size() > 1'000'000);
    CHECK(is_idle());
    std::error_code ec;
    std::ignore = pop3::async_connect(context.get_executor(), s.tls, pop3::url("localhost", 1), blocking(ec));
    CHECK(ec);
    CHECK(is_idle());
}

TEST_CASE("blocking: an io_context that nobody runs, with other work")
{
    const running_server s;
    asio::io_context context;
    const auto work = asio::make_work_guard(context);
    const auto mailbox_begun = std::chrono::steady_clock::now();
    auto mailbox = log_in(s, context.get_executor());
    CHECK(std::chrono::steady_clock::now() - mailbox_begun >= milliseconds(100));
    // It knows now. (No timing is demanded: each of these would take 100 ms if it did not.)
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i != 100; ++i)
        mailbox.async_noop(blocking);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10));

    int ran = 0;
    asio::post(context, [&] { ++ran; });
    mailbox.async_noop(blocking);
    CHECK(ran == 1);
}

TEST_CASE("blocking: an io_context that another thread runs, and runs alone")
{
    const running_server s;
    asio::io_context context(1);
    auto work = asio::make_work_guard(context);
    std::thread runner([&] { context.run(); });
    use(s, context.get_executor());
    use(s, asio::make_strand(context));
    auto mailbox = log_in(s, context.get_executor());
    std::thread::id ran_in;
    mailbox.async_noop(
        [&](std::error_code, const pop3::reply<void>&) { ran_in = std::this_thread::get_id(); });
    while (true) {
        std::error_code ec;
        std::ignore = mailbox.async_noop(blocking(ec));
        if (ec != errc::operation_in_progress)
            break;
    }
    CHECK(ran_in == runner.get_id());
    work.reset();
    runner.join();
}

TEST_CASE("blocking: a thread_pool, and a strand of one")
{
    const running_server s;
    asio::thread_pool pool(2);
    use(s, pool.get_executor());
    use(s, asio::make_strand(pool));
    use(s, asio::make_strand(asio::any_io_executor(pool.get_executor())));
}

TEST_CASE("blocking: within a handler of the same context it is an error, and not a deadlock")
{
    const running_server s;
    const auto try_within = [&](auto& context, const asio::any_io_executor& executor) {
        std::error_code ec;
        asio::post(executor, [&] {
            const auto r = pop3::async_connect(executor, s.tls, s.where(), blocking(ec));
            CHECK(!r);
            try {
                std::ignore = pop3::async_connect(executor, s.tls, s.where(), blocking);
                CHECK(false);
            } catch (const std::system_error& e) {
                CHECK(e.code() == errc::blocking_in_handler);
            }
        });
        if constexpr (requires { context.run(); })
            context.run();
        else
            context.join();
        CHECK(ec == errc::blocking_in_handler);
    };
    asio::io_context first(1);
    try_within(first, first.get_executor());
    asio::io_context second(1);
    try_within(second, asio::make_strand(second));
    asio::thread_pool third(1);
    try_within(third, third.get_executor());
    asio::thread_pool fourth(1);
    try_within(fourth, asio::make_strand(fourth));
}

TEST_CASE("blocking: what is thrown, and what stands beside an error")
{
    const running_server s;
    asio::io_context context;
    auto greeted = pop3::async_connect(context.get_executor(), s.tls, s.where(), blocking);
    std::error_code ec;
    auto refused = std::move(greeted).async_login(pop3::password("alice", "wrong"), blocking(ec));
    CHECK(!ec);
    CHECK(!refused);
    CHECK(refused.error().verb() == "AUTH");
    greeted = std::move(refused).session();
    try {
        std::ignore = std::move(greeted).async_login(pop3::password("alice", "wrong"), blocking);
        CHECK(false);
    } catch (const pop3::refused& e) {
        CHECK(e.refusal().verb() == "AUTH");
    }

    auto mailbox = log_in(s, context.get_executor());
    CHECK_THROWS_AS(mailbox.async_retr(99, blocking), pop3::refused);
    CHECK(mailbox.async_stat(blocking).count == 5);
    CHECK(!mailbox.async_retr(99, blocking(ec)));
    CHECK(!ec);
    std::ignore = mailbox.async_retr(0, blocking(ec));
    CHECK(ec == errc::invalid_argument);
    try {
        mailbox.async_retr(0, blocking);
        CHECK(false);
    } catch (const std::system_error& e) {
        CHECK(e.code() == errc::invalid_argument);
        CHECK(std::string_view(e.what()).starts_with("RETR"));
    }
    try {
        mailbox.async_retr(1, [](std::span<const char>) { throw std::runtime_error("no"); }, blocking);
        CHECK(false);
    } catch (const std::runtime_error& e) {
        CHECK(e.what() == std::string_view("no"));
    }
    pop3::session<pop3::transaction> none;
    CHECK_THROWS_AS(none.async_stat(blocking), std::system_error);
    std::ignore = none.async_stat(blocking(ec));
    CHECK(ec == errc::no_session);
}

TEST_CASE("blocking: sinks, pipelines, the pull form, fetching")
{
    const running_server s;
    asio::io_context context;
    auto mailbox = log_in(s, context.get_executor());
    std::size_t octets = 0;
    mailbox.async_retr(1, [&](std::span<const char> piece) { octets += piece.size(); }, blocking);
    CHECK(octets == pop3::testing::sample_messages()[0].size());

    const auto [stat, list] = mailbox.async_pipeline(pop3::command::stat(), pop3::command::list(), blocking);
    CHECK(stat->count == 5);
    CHECK(list->size() == 5);

    auto receiving = std::move(mailbox).async_receive(pop3::command::retr(5), blocking);
    std::string text;
    std::error_code ec;
    while (!ec) {
        char piece[1000];
        const auto n = receiving.async_read_some(asio::buffer(piece), blocking(ec));
        text.append(piece, n);
    }
    CHECK(ec == asio::error::eof);
    CHECK(text == pop3::testing::sample_messages()[4]);
    mailbox = std::move(receiving).async_finish(blocking);

    test::simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    pop3::seen_memory seen;
    auto report = pop3::async_fetch(std::move(mailbox), seen, inbox, pop3::delete_after_delivery(), blocking);
    CHECK(report.fetched == 5);
    CHECK(report.deleted == 5);
    const pop3::mail_account account(s.tls, s.where(), pop3::password("alice", "secret"));
    report =
        pop3::async_fetch(context.get_executor(), account, seen, inbox, pop3::keep_on_server(), blocking);
    CHECK(report.listed == 0);
}

TEST_CASE("blocking: limits of time, and a server that is not there")
{
    asio::io_context context;
    asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
    pop3::connect_options options;
    options.port = silent.local_endpoint().port();
    options.limits.connect_time = milliseconds(50);
    std::error_code ec;
    std::ignore =
        pop3::async_connect(context.get_executor(), pop3::without_tls, "127.0.0.1", options, blocking(ec));
    CHECK(ec == errc::no_greeting);
    silent.close();
    std::ignore =
        pop3::async_connect(context.get_executor(), pop3::without_tls, "127.0.0.1", options, blocking(ec));
    CHECK(ec == asio::error::connection_refused);
}

TEST_CASE("blocking: handlers of something else that stop the context, or throw")
{
    const running_server s;
    asio::io_context context;
    auto mailbox = log_in(s, context.get_executor());
    asio::post(context, [&] { context.stop(); });
    CHECK(mailbox.async_stat(blocking).count == 5);
    asio::post(context, [] { throw std::runtime_error("something else"); });
    try {
        mailbox.async_stat(blocking);
        CHECK(false);
    } catch (const std::runtime_error& e) {
        CHECK(e.what() == std::string_view("something else"));
    }
    CHECK(mailbox.async_stat(blocking).count == 5);
}

} // namespace blocking_tests
