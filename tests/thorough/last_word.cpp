// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A server that refuses a login and hangs up: its refusal is what the user reads, over streams of every kind, also where a
// second try follows inside the login.

#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using pop3::errc;
using test::into;

/// Refuses the first AUTH so, and hangs up without another word.
template <class Stream>
test::peer_of<Stream> refusing(std::string_view refusal)
{
    return test::peer_of<Stream>([refusal](auto& stream) {
        test::server_end end(stream);
        end.say("+OK ready\r\n");
        end.line();
        end.say("+OK\r\nSASL PLAIN XOAUTH2\r\n.\r\n");
        end.line();
        end.say(refusal);
    });
}

/// What the login with `credentials` completes with: a refusal, and a session that is no longer one.
template <class Stream, class Credentials>
pop3::refusal refusal_of(std::string_view refusal, const Credentials& credentials, bool second_try)
{
    const auto server = refusing<Stream>(refusal);
    pop3::refusal refused;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await pop3::async_greet(co_await test::open_to<Stream>(server));
        std::error_code ec;
        auto r = co_await std::move(greeted).async_login(credentials, into(ec));
        CHECK_MESSAGE(!ec, ec.message());
        CHECK(!r.has_value());
        if (ec || r.has_value())
            co_return;
        refused = r.error();
        auto again = std::move(r).session();
        CHECK(again.is_open() == !second_try);
        if (second_try) {
            const auto can = co_await again.async_capa(into(ec));
            CHECK(ec == errc::session_closed);
        }
    });
    return refused;
}

} // namespace

TEST_CASE_TEMPLATE("last word: a token is renewed, and the server has hung up", Stream, POP3_TEST_STREAMS)
{
    // With the time that a token takes the end has come before the second try, without it perhaps not.
    for (const auto pause : {0ms, 20ms}) {
        int asked = 0;
        test::run([&]() -> asio::awaitable<void> {
            const auto server = refusing<Stream>("-ERR [AUTH] account locked\r\n");
            const auto executor = co_await asio::this_coro::executor;
            const pop3::token_provider provider(
                "alice", [&](bool, const pop3::token_provider::callback& done) {
                    ++asked;
                    auto later = std::make_shared<asio::steady_timer>(executor, pause);
                    later->async_wait([done, later](std::error_code) { done({}, pop3::secret("token")); });
                });
            auto greeted = co_await pop3::async_greet(co_await test::open_to<Stream>(server));
            std::error_code ec;
            auto r = co_await std::move(greeted).async_login(provider, into(ec));
            CHECK_MESSAGE(!ec, ec.message());
            REQUIRE(!r.has_value());
            CHECK(r.error().text() == "account locked");
            auto again = std::move(r).session();
            CHECK(!again.is_open());
            const auto can = co_await again.async_capa(into(ec));
            CHECK(ec == errc::session_closed);
        });
        CHECK(asked == 2);
    }
}

TEST_CASE_TEMPLATE("last word: the second form of AUTH, and the server has hung up", Stream,
                   POP3_TEST_STREAMS)
{
    const pop3::password alice("alice", "secret");
    const auto r = refusal_of<Stream>("-ERR Protocol error. Connection is closed. 10\r\n", alice, true);
    CHECK(r.text() == "Protocol error. Connection is closed. 10");
    CHECK(refusal_of<Stream>("-ERR [AUTH] account locked\r\n", alice, false).text() == "account locked");
}
