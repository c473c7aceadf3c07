// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What a login does after a refusal, a challenge that it cannot read, or when the server hangs up in between; and what the
// session can do then.

#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/ssl/error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using pop3::errc;
using test::greet;
using test::greeting;
using test::into;

const pop3::password alice("alice", "secret");
constexpr auto plain = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";
constexpr auto plain_behind = "AGFsaWNlAHNlY3JldA==\r\n";
constexpr auto old_token = "AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciBvbGQBAQ==\r\n"; // "old"
constexpr auto new_token = "AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciBuZXcBAQ==\r\n"; // "new"
constexpr auto old_behind = "bixhPWFsaWNlLAFhdXRoPUJlYXJlciBvbGQBAQ==\r\n";
constexpr auto new_behind = "bixhPWFsaWNlLAFhdXRoPUJlYXJlciBuZXcBAQ==\r\n";
constexpr auto stale = "-ERR Authentication failure: unknown user name or bad password.\r\n";

std::shared_ptr<pop3::testing::script> offering(const std::string& sasl)
{
    auto talk = greeting();
    talk->client("CAPA\r\n").server("+OK\r\nSASL " + sasl + "\r\n.\r\n");
    return talk;
}

/// Gives "old", and "new" when that is no longer good; counts.
pop3::token_provider caching(int& asked)
{
    return {"alice", [&asked](bool renew, const pop3::token_provider::callback& done) {
                ++asked;
                done({}, pop3::secret(renew ? "new" : "old"));
            }};
}

/// Logs in with `credentials`, to the end of the script, and gives the refusal; one that is empty if there was none.
template <class Credentials>
pop3::refusal refusal_of(const std::shared_ptr<pop3::testing::script>& talk, const Credentials& credentials,
                         errc then = errc::session_closed)
{
    pop3::refusal refused;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_login(credentials, into(ec));
        CHECK(!ec);
        CHECK(!r.has_value());
        if (ec || r.has_value())
            co_return;
        refused = r.error();
        auto again = std::move(r).session();
        CHECK(again.is_open() == (then != errc::session_closed));
        if (then == errc::session_closed) {
            const auto can = co_await again.async_capa(into(ec));
            CHECK(ec == then);
        }
    });
    CHECK(!talk->wrong());
    return refused;
}

/// Logs in with `provider`, and says how often it was asked; negative if it did not let in.
int tokens_asked(const std::shared_ptr<pop3::testing::script>& talk)
{
    int asked = 0;
    bool in = false;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        const auto r = co_await std::move(greeted).async_login(caching(asked), into(ec));
        CHECK(!ec);
        in = r.has_value();
    });
    CHECK(talk->finished());
    return in ? asked : -asked;
}

} // namespace

TEST_CASE("a challenge that cannot be read is called off, and the session lives")
{
    for (const auto* no : {"-ERR\r\n", "-ERR [AUTH] aborted\r\n"}) {
        const auto talk = greeting();
        talk->client("AUTH CRAM-MD5\r\n").server("+ Rubbish\r\n").client("*\r\n").server(no);
        talk->client(plain).server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk);
            std::error_code ec;
            auto r = co_await std::move(greeted).async_auth(pop3::sasl::cram_md5(alice), into(ec));
            CHECK(ec == errc::malformed_challenge);
            CHECK(!pop3::is_fatal(ec));
            auto again = std::move(r).session();
            CHECK(again.is_open());
            const auto in = co_await std::move(again).async_auth(pop3::sasl::plain(alice), into(ec));
            CHECK(!ec);
            CHECK(in.has_value());
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("a challenge that cannot be read: a server that does not let go")
{
    const auto talk = greeting();
    talk->client("AUTH CRAM-MD5\r\n").server("+ Rubbish\r\n").client("*\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_auth(pop3::sasl::cram_md5(alice), into(ec));
        CHECK(ec == errc::malformed_reply);
        CHECK(!std::move(r).session().is_open());
    });
    CHECK(talk->closed());
}

TEST_CASE("the second form of AUTH, in a login and by hand")
{
    auto talk = offering("PLAIN");
    talk->client(plain).server("-ERR Invalid command\r\n");
    talk->client("AUTH PLAIN\r\n").server("+ \r\n").client(plain_behind).server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const auto mailbox = co_await std::move(greeted).async_login(alice);
        CHECK(mailbox.login_mechanism() == "PLAIN");
    });
    CHECK(talk->finished());

    talk = greeting();
    talk->client(plain).server("-ERR Invalid command\r\n");
    talk->client("AUTH PLAIN\r\n").server("+ \r\n").client(plain_behind).server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const auto mailbox = co_await std::move(greeted).async_auth(pop3::sasl::plain(alice));
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("initial_response::never, in a login and by hand")
{
    auto talk = offering("PLAIN");
    talk->client("AUTH PLAIN\r\n").server("+ \r\n").client(plain_behind).server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        pop3::login_options options;
        options.initial_response = pop3::initial_response::never;
        const auto mailbox = co_await std::move(greeted).async_login(alice, options);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());

    talk = greeting();
    talk->client("AUTH PLAIN\r\n").server("+ \r\n").client(plain_behind).server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const auto mailbox =
            co_await std::move(greeted).async_auth(pop3::sasl::plain(alice), pop3::initial_response::never);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("token provider: a new token after a refusal that does not say that the token is not the reason")
{
    for (const auto* no : {stale, "-ERR [AUTH] no\r\n", "-ERR [X-OWN] no\r\n", "-ERR login failed\r\n"}) {
        CAPTURE(no);
        auto talk = offering("OAUTHBEARER");
        talk->client(old_token).server(no).client(new_token).server("+OK\r\n");
        CHECK(tokens_asked(talk) == 2);
        // Once.
        talk = offering("OAUTHBEARER");
        talk->client(old_token).server(no).client(new_token).server(no);
        CHECK(tokens_asked(talk) == -2);
    }
    for (const auto* no : {"-ERR [IN-USE] no\r\n", "-ERR [LOGIN-DELAY] no\r\n", "-ERR [SYS/TEMP] no\r\n",
                           "-ERR [SYS/PERM] no\r\n", "-ERR [UTF8] no\r\n"}) {
        CAPTURE(no);
        const auto talk = offering("OAUTHBEARER");
        talk->client(old_token).server(no);
        CHECK(tokens_asked(talk) == -1);
    }
}

TEST_CASE("token provider: a token that the server has not seen was not refused")
{
    const auto talk = greeting();
    talk->client("CAPA\r\n").server("+OK\r\nSASL XOAUTH2\r\n.\r\n");
    talk->client("AUTH XOAUTH2\r\n").server("-ERR no such mechanism\r\n");
    int asked = 0;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const pop3::token_provider provider("alice", [&](bool, const pop3::token_provider::callback& done) {
            ++asked;
            done({}, pop3::secret(std::string(1000, 't')));
        });
        std::error_code ec;
        const auto r = co_await std::move(greeted).async_login(provider, into(ec));
        CHECK(!ec);
        CHECK(!r.has_value());
    });
    CHECK(talk->finished());
    CHECK(asked == 1);
}

TEST_CASE("token provider: the second form first, then a new token in the form that was learned")
{
    auto talk = offering("OAUTHBEARER");
    talk->client(old_token).server("-ERR\r\n");
    talk->client("AUTH OAUTHBEARER\r\n").server("+ \r\n").client(old_behind).server("-ERR\r\n");
    talk->client("AUTH OAUTHBEARER\r\n").server("+ \r\n").client(new_behind).server("+OK\r\n");
    CHECK(tokens_asked(talk) == 2);

    // A server that always says no: three AUTH, two tokens.
    talk = offering("OAUTHBEARER");
    talk->client(old_token).server("-ERR\r\n").client("AUTH OAUTHBEARER\r\n").server("-ERR\r\n");
    talk->client(new_token).server("-ERR\r\n");
    CHECK(tokens_asked(talk) == -2);
}

TEST_CASE("the last word: a server that hangs up behind a refusal, and a second try")
{
    const std::vector<std::error_code> ends{asio::error::eof, asio::error::connection_reset,
                                            asio::ssl::error::stream_truncated};
    for (const auto& end : ends) {
        CAPTURE(end.message());
        int asked = 0;
        auto talk = offering("OAUTHBEARER");
        talk->client(old_token).server("-ERR [AUTH] account locked\r\n").client(new_token).end(end);
        auto refused = refusal_of(talk, caching(asked));
        CHECK(refused.code() == pop3::response_code::auth);
        CHECK(refused.text() == "account locked");
        CHECK(asked == 2);

        talk = offering("PLAIN");
        talk->client(plain).server("-ERR Protocol error\r\n").client("AUTH PLAIN\r\n").end(end);
        CHECK(refusal_of(talk, alice).text() == "Protocol error");

        talk = greeting();
        talk->client("CAPA\r\n")
            .server("-ERR [SYS/TEMP] too many of you\r\n")
            .client("USER alice\r\n")
            .end(end);
        refused = refusal_of(talk, alice);
        CHECK(refused.verb() == "CAPA");
        CHECK(refused.code() == pop3::response_code::sys_temp);

        // Here no second try follows.
        talk = offering("PLAIN");
        talk->client(plain).server("-ERR [AUTH] account locked\r\n").end(end);
        CHECK(refusal_of(talk, alice, errc::operation_in_progress).text() == "account locked");
    }
}

TEST_CASE("the last word: a token that would be renewed when the server is gone already")
{
    // The second form ends it, and no token is got for nobody.
    int asked = 0;
    const auto talk = offering("OAUTHBEARER");
    talk->client(old_token).server("-ERR Protocol error\r\n").client("AUTH OAUTHBEARER\r\n").end();
    CHECK(refusal_of(talk, caching(asked)).text() == "Protocol error");
    CHECK(asked == 1);
}

TEST_CASE("the last word: more of it, unasked, is not another one's answer")
{
    const auto talk = offering("PLAIN");
    talk->client(plain).server("-ERR Protocol error\r\n-ERR Bye.\r\n").end();
    pop3::refusal refused;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_login(alice, into(ec));
        CHECK(!ec);
        REQUIRE(!r.has_value());
        CHECK(r.error().text() == "Protocol error");
        CHECK(!std::move(r).session().is_open());
    });
    CHECK(talk->written() == std::string("CAPA\r\n") + plain);
}

TEST_CASE("the last word: an end without a refusal, or behind an answer, is an end")
{
    auto talk = offering("PLAIN");
    talk->client(plain).end();
    std::error_code ec;
    const auto run = [&] {
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk);
            const auto r = co_await std::move(greeted).async_login(alice, into(ec));
            CHECK(!r.has_value());
        });
    };
    run();
    CHECK(ec == errc::connection_closed);
    talk = offering("PLAIN");
    talk->client(plain).server("-ERR Protocol error\r\n").client("AUTH PLAIN\r\n").server("+ \r\n");
    talk->client(plain_behind).end();
    run();
    CHECK(ec == errc::connection_closed);
}
