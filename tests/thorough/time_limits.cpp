// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Times that are none, less than none, and more than a clock can count.

#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using pop3::errc;
using std::chrono::milliseconds;

struct row {
    milliseconds time;
    bool enough;
};

const row table[] = {
    {(milliseconds::min)(), false},       {milliseconds(-1), false},     {milliseconds(0), false},
    {std::chrono::hours(24 * 365), true}, {(milliseconds::max)(), true},
};

/// What an operation should end with that has so much time.
std::error_code wanted(const row& r)
{
    return r.enough ? std::error_code() : make_error_code(errc::timed_out);
}

/// Has something to shut down, which takes until the script goes on or the stream is closed.
class stream_with_shutdown : public pop3::testing::scripted_stream {
public:
    using pop3::testing::scripted_stream::scripted_stream;

    template <class Token>
    auto async_shutdown(Token&& token)
    {
        ++*shutdowns;
        return asio::async_initiate<Token, void(std::error_code)>(
            [this](auto handler) {
                this->async_read_some(asio::buffer(octets->data(), octets->size()),
                                      [h = std::move(handler), kept = octets](
                                          std::error_code ec, std::size_t) mutable { std::move(h)(ec); });
            },
            token);
    }

    std::shared_ptr<int> shutdowns = std::make_shared<int>(0);
    std::shared_ptr<std::string> octets = std::make_shared<std::string>(100, ' ');
};

pop3::testing::background_server in_clear()
{
    pop3::testing::server_options settings;
    settings.tls = false;
    return pop3::testing::background_server(std::move(settings));
}

} // namespace

TEST_SUITE_BEGIN("time limits");

TEST_CASE("limits::connect_time")
{
    const auto server = in_clear();
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());
    for (const auto& r : table) {
        CAPTURE(r.time.count());
        pop3::connect_options options;
        options.port = server.port();
        options.limits.connect_time = r.time;
        test::run([&]() -> asio::awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            for (const std::string host : {"127.0.0.1", "localhost"}) {
                std::error_code ec;
                (void)co_await pop3::async_connect(executor, pop3::without_tls, host, options,
                                                   test::into(ec));
                CHECK(ec == wanted(r));
                (void)co_await pop3::async_connect(executor, pop3::stls(tls), host, options, test::into(ec));
                CHECK(ec == wanted(r));
            }

            std::error_code ec;
            const auto talk = test::greeting();
            (void)co_await pop3::async_greet(pop3::testing::scripted_stream(executor, talk), options,
                                             test::into(ec));
            CHECK(ec == wanted(r));
        });
    }
}

TEST_CASE("limits::operation_time")
{
    const auto server = in_clear();
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());
    for (const auto& r : table) {
        CAPTURE(r.time.count());
        pop3::limits bounds;
        bounds.operation_time = r.time;
        test::run([&]() -> asio::awaitable<void> {
            std::error_code ec;
            const auto talk = test::logged_in_ahead();
            talk->client("STAT\r\n")
                .server("+OK 0 0\r\n")
                .client("NOOP\r\nRSET\r\n")
                .server("+OK\r\n+OK\r\n");
            auto mailbox = co_await test::log_in(talk);
            const auto before = talk->written();
            mailbox.set_limits(bounds);
            (void)co_await mailbox.async_stat(test::into(ec));
            CHECK(ec == wanted(r));
            CHECK((talk->written() != before) == r.enough);
            CHECK(mailbox.is_open() == r.enough);
            if (r.enough) {
                (void)co_await mailbox.async_pipeline(pop3::command::noop(), pop3::command::rset(),
                                                      test::into(ec));
                CHECK(!ec);
            }

            const auto ahead = test::logged_in_ahead();
            ahead->client("NOOP\r\nRSET\r\n").server("+OK\r\n+OK\r\n");
            auto other = co_await test::log_in(ahead);
            other.set_limits(bounds);
            (void)co_await other.async_pipeline(pop3::command::noop(), pop3::command::rset(), test::into(ec));
            CHECK(ec == wanted(r));
            CHECK(ahead->finished() == r.enough);

            const auto with_token = test::greeting();
            with_token->client("CAPA\r\n").server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
            auto greeted = co_await test::greet(with_token);
            (void)co_await greeted.async_capa();
            greeted.set_limits(bounds);
            bool asked = false;
            const pop3::token_provider never("alice", [&](bool, const pop3::token_provider::callback& done) {
                asked = true;
                done(errc::authentication_cancelled, {});
            });
            (void)co_await std::move(greeted).async_login(never, test::into(ec));
            if (r.enough)
                CHECK(ec == errc::authentication_cancelled);

            const auto executor = co_await asio::this_coro::executor;
            pop3::connect_options options;
            options.port = server.port();
            auto clear = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options);
            clear.set_limits(bounds);
            (void)co_await std::move(clear).async_stls(tls, test::into(ec));
            CHECK(ec == wanted(r));
        });
    }
}

TEST_CASE("limits::shutdown_time")
{
    for (const auto& r : table) {
        CAPTURE(r.time.count());
        pop3::connect_options options;
        options.limits.shutdown_time = r.time;
        test::run([&]() -> asio::awaitable<void> {
            const auto talk = test::greeting();
            talk->client("QUIT\r\n").server("+OK\r\n").server("the end of TLS");
            stream_with_shutdown stream(co_await asio::this_coro::executor, talk);
            const auto shutdowns = stream.shutdowns;
            auto greeted = co_await pop3::async_greet(std::move(stream), options);
            std::error_code ec;
            (void)co_await std::move(greeted).async_quit(test::into(ec));
            CHECK(!ec);
            CHECK(*shutdowns == (r.enough ? 1 : 0));
            CHECK(talk->closed());
        });
    }
}

TEST_SUITE_END();
