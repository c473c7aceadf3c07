// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Many sessions at once, with one tls_context: over one context that several threads run, each on a strand of its own, as
// examples/guide/cancellation-and-threads.md advises; and each thread with a context of its own.

#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr int sessions = 8;
constexpr int threads = 4;
constexpr int rounds = 5;

std::string name(int i)
{
    return "user" + std::to_string(i);
}

pop3::testing::background_server serve()
{
    pop3::testing::server_options settings;
    const std::string large(100'000, 'x');
    for (int i = 0; i != sessions; ++i)
        settings.accounts.emplace_back(
            name(i), "secret", std::vector<std::string>{"A: b\r\n\r\n" + large + "\r\n", "A: c\r\n\r\n"});
    return pop3::testing::background_server(std::move(settings));
}

asio::awaitable<void> visit(pop3::tls_context& tls, std::uint16_t port, int i)
{
    pop3::connect_options options;
    options.port = port;
    auto greeted =
        co_await pop3::async_connect(co_await asio::this_coro::executor, tls, "localhost", options);
    const pop3::password credentials(name(i), "secret");
    auto mailbox = co_await std::move(greeted).async_login(credentials);

    const auto found = co_await mailbox.async_stat();
    if (found.count != 2)
        throw std::runtime_error("STAT");
    const pop3::message whole = co_await mailbox.async_retr(1);
    const std::vector<pop3::command::retr> both{pop3::command::retr(1), pop3::command::retr(2)};
    std::size_t octets = 0;
    co_await mailbox.async_pipeline(both, [&](std::size_t, pop3::reply<pop3::message> reply) {
        octets += reply.value().octets().size();
    });
    if (octets <= whole.octets().size())
        throw std::runtime_error("RETR");
    auto update = co_await std::move(mailbox).async_quit();
}

/// Calls `f` in several threads at once, with their numbers.
template <class Function>
void at_once(Function f)
{
    std::vector<std::thread> running;
    for (int i = 0; i != threads; ++i)
        running.emplace_back(f, i);
    for (auto& thread : running)
        thread.join();
}

} // namespace

TEST_CASE("sessions on strands, over one context that several threads run")
{
    auto server = serve();
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());

    asio::io_context context(threads);
    std::atomic<int> done = 0;
    for (int i = 0; i != sessions; ++i) {
        auto visits = [&, i]() -> asio::awaitable<void> {
            for (int round = 0; round != rounds; ++round)
                co_await visit(tls, server.port(), i);
        };
        asio::co_spawn(asio::make_strand(context), visits, [&](std::exception_ptr error) {
            if (error)
                std::rethrow_exception(error);
            ++done;
        });
    }
    at_once([&](int) { context.run(); });
    CHECK(done == sessions);
}

TEST_CASE("threads with a context each")
{
    auto server = serve();
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());
    std::atomic<int> done = 0;
    at_once([&](int i) {
        for (int round = 0; round != rounds; ++round)
            test::run([&] { return visit(tls, server.port(), i); });
        ++done;
    });
    CHECK(done == threads);
}
