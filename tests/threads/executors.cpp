// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Where what an operation calls is called: sinks, reply handlers, the observer and the provider of tokens on the executor of
// the session, the completion handler on its own, whatever that is.

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/system_executor.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;

pop3::testing::background_server serve(bool tls)
{
    pop3::testing::server_options settings;
    settings.tls = tls;
    settings.accounts.emplace_back("alice", "secret",
                                   std::vector<std::string>{"A: b\r\n\r\none\r\n", "A: c\r\n\r\ntwo\r\n"});
    return pop3::testing::background_server(std::move(settings));
}

/// Counts what is called somewhere else than in one place, or beside another.
class place {
public:
    /// is_here: whether this thread is there.
    explicit place(std::function<bool()> is_here) : is_here_(std::move(is_here))
    {
    }

    void visit()
    {
        if (inside_.exchange(true))
            ++collisions;
        if (!is_here_())
            ++elsewhere;
        ++visits;
        plain_ = plain_ + 1; // for ThreadSanitizer
        inside_ = false;
    }

    std::atomic<int> visits = 0;
    std::atomic<int> elsewhere = 0;
    std::atomic<int> collisions = 0;

private:
    std::function<bool()> is_here_;
    std::atomic<bool> inside_ = false;
    int plain_ = 0;
};

/// A whole session, each operation of which is started from this thread. get: passes a token to what it is given, and waits
/// for the result.
template <class How, class Get>
void converse(const asio::any_io_executor& executor, const How& how, std::uint16_t port, place& home, Get get)
{
    pop3::connect_options options;
    options.port = port;
    options.observer = [&](pop3::direction, std::string_view) {
        home.visit();
    };
    auto greeted =
        get([&](auto token) { return pop3::async_connect(executor, how, "localhost", options, token); });
    const pop3::password alice("alice", "secret");
    auto mailbox = get([&](auto token) { return std::move(greeted).async_login(alice, token); });
    CHECK(get([&](auto token) { return mailbox.async_stat(token); }).count == 2);
    get([&](auto token) {
        return mailbox.async_retr(1, [&](std::span<const char>) { home.visit(); }, token);
    });
    get([&](auto token) { return mailbox.async_list([&](pop3::scan_listing) { home.visit(); }, token); });
    const std::vector both{command::retr(1), command::retr(2)};
    get([&](auto token) {
        return mailbox.async_pipeline(
            both, [&](std::size_t, const pop3::reply<pop3::message>&) { home.visit(); }, token);
    });
    (void)get([&](auto token) { return std::move(mailbox).async_quit(token); });
    CHECK(home.visits > 20);
    CHECK(home.elsewhere == 0);
    CHECK(home.collisions == 0);
}

/// Waits for futures.
struct by_future {
    template <class Begin>
    auto operator()(Begin begin) const
    {
        auto result = begin(asio::use_future).get();
        if constexpr (requires { *std::move(result); })
            return *std::move(result);
        else
            return result;
    }
};

/// Has the handler called on `executor`, and looks whether it is.
template <class Executor>
struct by_handler {
    Executor executor;
    place& own;

    template <class Begin>
    auto operator()(Begin begin) const
    {
        // What is completed with, whatever it is.
        using reply = decltype(begin(asio::use_future).get());
        std::promise<reply> result;
        auto ready = result.get_future();
        begin(asio::bind_executor(executor, [&](std::error_code ec, auto r) {
            own.visit();
            if (ec)
                result.set_exception(std::make_exception_ptr(std::system_error(ec)));
            else
                result.set_value(std::move(r));
        }));
        auto got = ready.get();
        if constexpr (requires { *std::move(got); })
            return *std::move(got);
        else
            return got;
    }
};

/// A context with a thread that runs it.
struct running_context {
    running_context() : work(context.get_executor()), thread([this] { context.run(); })
    {
    }

    ~running_context()
    {
        work.reset();
        thread.join();
    }

    auto here()
    {
        return [this] {
            return context.get_executor().running_in_this_thread();
        };
    }

    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::thread thread;
};

template <class Get>
void over_all_kinds(const asio::any_io_executor& executor, const std::function<bool()>& is_here, Get get)
{
    const auto secure = serve(true);
    const auto clear = serve(false);
    pop3::tls_context tls;
    tls.add_certificate_authority(secure.identity().pem());
    pop3::tls_context tls_later;
    tls_later.add_certificate_authority(clear.identity().pem());
    {
        INFO("TLS");
        place home(is_here);
        converse(executor, tls, secure.port(), home, get);
    }
    {
        INFO("STLS");
        place home(is_here);
        converse(executor, pop3::stls(tls_later), clear.port(), home, get);
    }
    {
        INFO("in clear");
        place home(is_here);
        converse(executor, pop3::allow_cleartext, clear.port(), home, get);
    }
}

} // namespace

TEST_CASE("use_future: nothing but the future is served by another thread")
{
    running_context home;
    over_all_kinds(home.context.get_executor(), home.here(), by_future());
}

TEST_CASE("handlers bound to another context")
{
    running_context home;
    running_context other;
    place own(other.here());
    over_all_kinds(home.context.get_executor(), home.here(),
                   by_handler<asio::io_context::executor_type>{other.context.get_executor(), own});
    CHECK(own.visits > 0);
    CHECK(own.elsewhere == 0);
    CHECK(own.collisions == 0);
}

TEST_CASE("handlers on the system's executor")
{
    running_context home;
    place own([] { return true; });
    over_all_kinds(home.context.get_executor(), home.here(), by_handler<asio::system_executor>{{}, own});
    CHECK(own.visits > 0);
}

TEST_CASE("a session on a strand over a pool")
{
    asio::thread_pool pool(4);
    const auto strand = asio::make_strand(pool.get_executor());
    const std::function<bool()> here = [&] {
        return strand.running_in_this_thread();
    };
    over_all_kinds(strand, here, by_future());
    place own(here);
    over_all_kinds(strand, here, by_handler<asio::strand<asio::thread_pool::executor_type>>{strand, own});
    CHECK(own.visits > 0);
    CHECK(own.elsewhere == 0);
    pool.join();
}

TEST_CASE("a session on a bare pool makes a strand of its own")
{
    asio::thread_pool pool(4);
    over_all_kinds(pool.get_executor(), [] { return true; }, by_future());
    pool.join();
}

TEST_CASE("a session on the system's executor makes a strand of its own")
{
    over_all_kinds(asio::system_executor(), [] { return true; }, by_future());
}
