// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What types cannot catch: wrong uses that are errors, and never undefined behaviour. After each of them the session
// must be as it was.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

auto into(std::error_code& ec)
{
    return asio::redirect_error(asio::use_awaitable, ec);
}

} // namespace

TEST_CASE("a session that was moved from is empty")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto moved = std::move(mailbox);
        std::error_code ec;
        CHECK(!mailbox.is_open());
        const auto nothing = co_await mailbox.async_stat(into(ec));
        CHECK(ec == pop3::errc::no_session);
        CHECK(!nothing.has_value());
        auto gone = co_await std::move(mailbox).async_quit(into(ec));
        CHECK(ec == pop3::errc::no_session);
        CHECK(!gone.has_value());
        CHECK(!std::move(gone).session().is_open());
        mailbox.set_limits({});
        mailbox.set_observer({});
        co_await moved.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a session that never was connected is empty")
{
    test::run([&]() -> asio::awaitable<void> {
        std::error_code ec;
        test::greeted_session none;
        CHECK(none.greeting() == pop3::greeting());
        const auto can = co_await none.async_capa(into(ec));
        CHECK(ec == pop3::errc::no_session);
        const pop3::password alice("alice", "secret");
        const auto in = co_await std::move(none).async_login(alice, into(ec));
        CHECK(ec == pop3::errc::no_session);
        try {
            test::mailbox_session empty;
            co_await empty.async_noop();
            FAIL("nothing was thrown");
        } catch (const std::system_error& e) {
            CHECK(e.code() == pop3::errc::no_session);
        }
    });
}

TEST_CASE("one operation at a time")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("+OK 2 320\r\n").client("QUIT\r\n").server("+OK\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    int completed = 0;
    mailbox->async_stat([&](std::error_code ec, pop3::reply<pop3::drop_listing> r) {
        CHECK(!ec);
        CHECK(r->count == 2);
        ++completed;
    });
    mailbox->async_noop([&](std::error_code ec, pop3::reply<void> r) {
        CHECK(ec == pop3::errc::operation_in_progress);
        CHECK(!r.has_value());
        ++completed;
    });
    // To leave is refused as well, and hands the session back.
    std::move(*mailbox).async_quit(
        [&](std::error_code ec, pop3::reply<test::update_session, test::mailbox_session> r) {
            CHECK(ec == pop3::errc::operation_in_progress);
            CHECK(!r.has_value());
            mailbox = std::move(r).session();
            ++completed;
        });
    CHECK(completed == 0); // none from inside the call
    test::run(context);
    CHECK(completed == 3);
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto update = co_await std::move(*mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(talk->finished());
}

TEST_CASE("arguments that could end the line are refused before anything is sent")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n")
        .server("-ERR\r\n")
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n");
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        std::error_code ec;
        for (const std::string name : {"", "a\r\nDELE 1", "a\nb", "a\rb", "a\tb", "a\x7f", "a\x01"}) {
            auto r = co_await std::move(greeted).async_user(name, into(ec));
            CHECK(ec == pop3::errc::invalid_argument);
            greeted = std::move(r).session();
            REQUIRE(greeted.is_open());
        }
        const std::string with_nul("a\0b", 3);
        const std::string long_name(300, 'a');
        const pop3::password bad_secret("alice", "x\r\ny");
        const pop3::password bad_name(with_nul, "secret");
        const pop3::password long_secret("alice", long_name);
        for (const auto& [credentials, expected] : {std::pair(&bad_secret, pop3::errc::invalid_argument),
                                                    std::pair(&bad_name, pop3::errc::invalid_argument),
                                                    std::pair(&long_secret, pop3::errc::command_too_long)}) {
            auto r = co_await std::move(greeted).async_login(*credentials, into(ec));
            CHECK(ec == expected);
            CHECK(!pop3::is_fatal(ec));
            greeted = std::move(r).session();
            REQUIRE(greeted.is_open());
        }
        auto named = co_await std::move(greeted).async_user("alice");
        auto mailbox = co_await std::move(named).async_pass("secret");
        for (const int number : {0, -1}) {
            const auto r = co_await mailbox.async_retr(number, into(ec));
            CHECK(ec == pop3::errc::invalid_argument);
        }
        CHECK(mailbox.is_open());
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a dead session says so")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("+OK many\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        const auto drop = co_await mailbox.async_stat(into(ec));
        CHECK(ec == pop3::errc::malformed_reply);
        CHECK(talk->closed());
        CHECK(!mailbox.is_open());
        const auto noop = co_await mailbox.async_noop(into(ec));
        CHECK(ec == pop3::errc::session_closed);
        auto update = co_await std::move(mailbox).async_quit(into(ec));
        CHECK(ec == pop3::errc::session_closed);
        CHECK(!update.has_value());
    });
}

TEST_CASE("data that was not asked for")
{
    // Two replies to one command: the second would be taken for the answer to what comes next.
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n-ERR Disconnected for inactivity\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        co_await mailbox.async_noop();
        std::error_code ec;
        const auto r = co_await mailbox.async_dele(1, into(ec));
        CHECK(ec == pop3::errc::unexpected_data);
        CHECK(talk->closed());
    });
    CHECK(!talk->wrong()); // nothing was sent
}

TEST_CASE("a reply to PASS that comes before PASS was sent")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").server("-ERR\r\n").client("USER alice\r\n").server("+OK\r\n+OK logged in\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        const pop3::password alice("alice", "secret");
        std::error_code ec;
        const auto r = co_await std::move(greeted).async_login(alice, into(ec));
        CHECK(ec == pop3::errc::unexpected_data);
    });
    CHECK(talk->written() == "CAPA\r\nUSER alice\r\n");
}

TEST_CASE("replies that are none")
{
    for (const auto* reply :
         {"hello\r\n", "+ go on\r\n", "+OK\n", "\r\n", "HTTP/1.1 400 Bad Request\r\n", "-ER\r\n"}) {
        CAPTURE(reply);
        const auto talk = test::logged_in();
        talk->client("NOOP\r\n").server(reply);
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            const auto r = co_await mailbox.async_noop(into(ec));
            CHECK(ec == pop3::errc::malformed_reply);
        });
    }
}

namespace {

/// Throws when half of it is written.
struct half_written {
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).argument("half");
        throw std::runtime_error("half");
    }
};

} // namespace

TEST_CASE("a command that throws while it is written leaves nothing behind")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n");
    asio::io_context context(1);
    test::mailbox_session mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });

    CHECK_THROWS_AS(mailbox.async_execute(half_written(), [](std::error_code, pop3::reply<void>) {}),
                    std::runtime_error);
    std::error_code ec = pop3::errc::timed_out;
    mailbox.async_noop([&](std::error_code e, pop3::reply<void>) { ec = e; });
    test::run(context);
    CHECK(!ec);
    CHECK(talk->finished());
}

TEST_CASE("a refusal hands the session back, or is thrown and drops it")
{
    const auto talk = test::greeting();
    talk->client("USER bob\r\n").server("-ERR never heard of bob\r\n").client("CAPA\r\n").server("-ERR\r\n");
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS wrong\r\n");
    talk->server("-ERR [AUTH] no\x1b[2J\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        auto r = co_await std::move(greeted).async_user("bob", asio::use_awaitable);
        CHECK(!r);
        CHECK(r.error().verb() == "USER");
        greeted = std::move(r).session();
        REQUIRE(greeted.is_open());
        const pop3::password wrong("alice", "wrong");
        try {
            const auto mailbox = co_await std::move(greeted).async_login(wrong);
            FAIL("nothing was thrown");
        } catch (const pop3::refused& e) {
            CHECK(e.code() == pop3::response_code::auth);
            CHECK(std::string(e.what()) == "PASS refused: [AUTH] no?[2J");
        }
        CHECK(talk->closed());
    });
    CHECK(talk->finished());
}

TEST_CASE("the end of a session")
{
    SUBCASE("-ERR to QUIT: some deletions failed")
    {
        const auto talk = test::logged_in();
        talk->client("QUIT\r\n").server("-ERR some deleted messages not removed\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::partly_failed);
            CHECK(update.refusal().text() == "some deleted messages not removed");
        });
        CHECK(talk->closed());
    }
    SUBCASE("no reply to QUIT: not known")
    {
        const auto talk = test::logged_in();
        talk->client("QUIT\r\n").end();
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            auto r = co_await std::move(mailbox).async_quit(into(ec));
            CHECK(ec == pop3::errc::connection_closed);
            REQUIRE(r.has_value());
            CHECK(r->deletions() == pop3::deletions::unknown);
        });
    }
    SUBCASE("QUIT that may have been sent, or not: not known")
    {
        const auto talk = test::logged_in();
        talk->fail_at(7); // a greeting, three commands with their replies, and then the write of QUIT
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            auto r = co_await std::move(mailbox).async_quit(into(ec));
            CHECK(ec == asio::error::connection_reset);
            REQUIRE(r.has_value());
            CHECK(r->deletions() == pop3::deletions::unknown);
        });
    }
    SUBCASE("QUIT before the login enters no UPDATE")
    {
        const auto talk = test::greeting();
        talk->client("USER alice\r\n").server("+OK\r\n").client("QUIT\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await test::greet(talk);
            auto named = co_await std::move(greeted).async_user("alice");
            const pop3::closed end = co_await std::move(named).async_quit();
            (void)end;
        });
        CHECK(talk->finished());
        CHECK(talk->closed());
    }
    SUBCASE("a destructor sends nothing")
    {
        const auto talk = test::logged_in();
        talk->client("DELE 1\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            co_await mailbox.async_dele(1);
        });
        CHECK(talk->closed());
        CHECK(talk->written().find("QUIT") == std::string::npos);
        CHECK(talk->finished());
    }
    SUBCASE("a greeting that refuses")
    {
        const auto talk = test::script::make();
        talk->server("-ERR [IN-USE] too many connections\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto r = co_await pop3::async_greet(test::scripted_stream(executor, talk), asio::use_awaitable);
            CHECK(!r.has_value());
            CHECK(r.error().code() == pop3::response_code::in_use);
            CHECK(r.error().verb().empty());
        });
        CHECK(talk->closed());
    }
}
