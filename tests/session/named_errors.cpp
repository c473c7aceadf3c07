// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What the default token throws names the command that it came of.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

namespace command = pop3::command;

/// What `operation` says, which must throw.
template <class Operation>
asio::awaitable<std::string> thrown_by(Operation operation)
{
    try {
        co_await operation();
    } catch (const std::system_error& e) {
        co_return e.what();
    }
    co_return "nothing";
}

std::string named(std::string_view verb, pop3::errc error)
{
    return std::string(verb) + ": " + make_error_code(error).message();
}

} // namespace

TEST_SUITE_BEGIN("named errors");

TEST_CASE("an argument that cannot be sent")
{
    const auto talk = test::logged_in_ahead();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto invalid = pop3::errc::invalid_argument;
        const std::function<asio::awaitable<void>()> retr = [&]() -> asio::awaitable<void> {
            (void)co_await mailbox.async_retr(0);
        };
        CHECK(co_await thrown_by(retr) == named("RETR", invalid));
        const std::function<asio::awaitable<void>()> dele = [&]() -> asio::awaitable<void> {
            co_await mailbox.async_dele(0);
        };
        CHECK(co_await thrown_by(dele) == named("DELE", invalid));
        // Of a pipeline it is the one to blame, not the first.
        const std::function<asio::awaitable<void>()> several = [&]() -> asio::awaitable<void> {
            (void)co_await mailbox.async_pipeline(command::stat(), command::top(0, 1), command::noop());
        };
        CHECK(co_await thrown_by(several) == named("TOP", invalid));
        CHECK(mailbox.is_open());

        std::error_code ec;
        std::string reply;
        mailbox.async_list(0, [&](std::error_code said, pop3::reply<pop3::scan_listing> r) {
            ec = said;
            reply = r.verb();
        });
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        CHECK(ec == invalid);
        CHECK(reply == "LIST");
    });
    CHECK(talk->finished());
}

TEST_CASE("on the way in")
{
    const auto talk = test::greeting();
    test::run([&]() -> asio::awaitable<void> {
        const std::function<asio::awaitable<void>()> user = [&]() -> asio::awaitable<void> {
            auto greeted = co_await test::greet(talk);
            (void)co_await std::move(greeted).async_user("a\nb");
        };
        CHECK(co_await thrown_by(user) == named("USER", pop3::errc::invalid_argument));
    });
}

TEST_CASE("of a login with a token")
{
    const pop3::token_provider provider(
        "alice", [](bool, const pop3::token_provider::callback& done) { done({}, pop3::secret("token")); });
    const auto login = [&](std::shared_ptr<pop3::testing::script> talk,
                           pop3::observer observer) -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        greeted.set_observer(observer);
        (void)co_await std::move(greeted).async_login(provider);
    };
    test::run([&]() -> asio::awaitable<void> {
        const auto asked = test::greeting();
        asked->client("CAPA\r\n").end();
        const std::function<asio::awaitable<void>()> first = [&] {
            return login(asked, {});
        };
        CHECK(co_await thrown_by(first) == named("CAPA", pop3::errc::connection_closed));

        const auto judged = test::greeting();
        judged->client("CAPA\r\n")
            .server("+OK\r\nSASL XOAUTH2\r\n.\r\n")
            .client("AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB\r\n")
            .end();
        const std::function<asio::awaitable<void>()> second = [&] {
            return login(judged, {});
        };
        CHECK(co_await thrown_by(second) == named("AUTH", pop3::errc::connection_closed));

        // What an observer throws is what comes out.
        const auto shown = test::greeting();
        shown->client("CAPA\r\n").server("+OK\r\nSASL XOAUTH2\r\n.\r\n");
        const std::function<asio::awaitable<void>()> third = [&] {
            return login(shown, [](pop3::direction, std::string_view) {
                throw std::system_error(pop3::errc::too_slow, "mine");
            });
        };
        CHECK(co_await thrown_by(third) == named("mine", pop3::errc::too_slow));
    });
}

TEST_CASE("the first command of a pipeline that was not answered")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nRETR 1\r\nNOOP\r\n").server("+OK 1 2\r\n+OK\r\nhal").end();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const std::function<asio::awaitable<void>()> several = [&]() -> asio::awaitable<void> {
            (void)co_await mailbox.async_pipeline(command::stat(), command::retr(1), command::noop());
        };
        CHECK(co_await thrown_by(several) == named("RETR", pop3::errc::connection_closed));
    });
}

TEST_SUITE_END();
