// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Logging in over a script: what the session knows afterwards, and what it can still do.

#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using pop3::errc;
using test::greet;
using test::greeting;
using test::into;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "secret");
constexpr auto plain = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";
constexpr auto capa = "CAPA\r\n";
constexpr auto no_token = "AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciBvbGQBAQ==\r\n";  // "old"
constexpr auto new_token = "AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciBuZXcBAQ==\r\n"; // "new"
constexpr auto expired = "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n";

/// Of a user: gives up when it is asked.
struct tired {
    static constexpr std::string_view name = "X-TIRED";

    std::error_code respond(std::string_view, pop3::sasl::octets&, const pop3::limits&)
    {
        return errc::authentication_cancelled;
    }
};

/// Of a user: throws at the beginning, when it is asked, or when it should judge the server.
struct throws {
    static constexpr std::string_view name = "X-THROWS";
    bool when_asked = false;
    bool at_the_end = false;

    bool speaks_first() const
    {
        return !when_asked && !at_the_end;
    }

    std::error_code begin(pop3::sasl::octets&)
    {
        throw std::runtime_error("begin");
    }

    std::error_code respond(std::string_view, pop3::sasl::octets&, const pop3::limits&)
    {
        if (when_asked)
            throw std::runtime_error("respond");
        return {};
    }

    std::error_code finish(std::string_view)
    {
        throw std::runtime_error("finish");
    }
};

/// Of a user: has something that can be watched.
struct keeps {
    static constexpr std::string_view name = "X-KEEPS";
    std::shared_ptr<int> secret = std::make_shared<int>();

    std::error_code respond(std::string_view, pop3::sasl::octets&, const pop3::limits&)
    {
        return {};
    }
};

/// Says that the server is not the right one, but not in the way that is listened to.
struct misspelt : throws {
    bool finish(std::string_view)
    {
        return false;
    }
};

static_assert(pop3::sasl::mechanism<throws>);
static_assert(!pop3::sasl::mechanism<misspelt>);

} // namespace

TEST_CASE("login: what the session knows of server and login")
{
    const auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL PLAIN\r\nLOGIN-DELAY 60 USER\r\n.\r\n");
    talk->client(plain).server("+OK\r\n");
    talk->client(capa).server("+OK\r\nLOGIN-DELAY 10\r\nEXPIRE 30 USER\r\n.\r\n");
    talk->client("CAPA\r\n").server("-ERR\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        CHECK(!greeted.capabilities());
        CHECK(greeted.login_mechanism().empty());
        co_await greeted.async_capa();
        CHECK(greeted.capabilities()->login_delay->per_user);

        auto mailbox = co_await std::move(greeted).async_login(alice);
        CHECK(mailbox.login_mechanism() == "PLAIN");
        // They may be others now.
        CHECK(!mailbox.capabilities());
        co_await mailbox.async_capa();
        CHECK(mailbox.capabilities()->login_delay->delay == 10s);
        CHECK(*mailbox.capabilities()->expire->days == 30);
        const auto refused = co_await mailbox.async_capa(asio::use_awaitable);
        CHECK(!refused);
        CHECK(*mailbox.capabilities() == pop3::capabilities());

        const pop3::session<pop3::transaction, pop3::testing::scripted_stream> none;
        CHECK(!none.capabilities());
        CHECK(none.login_mechanism().empty());
    });
    CHECK(talk->finished());
}

TEST_CASE("login: refused, and tried again on the same connection without asking again")
{
    const auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL LOGIN\r\nLOGIN-DELAY 60\r\n.\r\n");
    talk->client("AUTH LOGIN\r\n").server("+ VXNlcm5hbWU6\r\n").client("YWxpY2U=\r\n").server("+\r\n");
    talk->client("d3Jvbmc=\r\n").server("-ERR [AUTH] no\r\n");
    talk->client("AUTH LOGIN\r\n").server("+ VXNlcm5hbWU6\r\n").client("YWxpY2U=\r\n").server("+\r\n");
    talk->client("c2VjcmV0\r\n").server("-ERR [LOGIN-DELAY] too soon\r\n");
    talk->client("AUTH LOGIN\r\n").server("+ VXNlcm5hbWU6\r\n").client("YWxpY2U=\r\n").server("+\r\n");
    talk->client("c2VjcmV0\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const pop3::password wrong("alice", "wrong");
        auto first = co_await std::move(greeted).async_login(wrong, asio::use_awaitable);
        REQUIRE(!first);
        CHECK(first.error().advice() == pop3::retry_advice::ask_for_credentials);
        CHECK(!first.error().retry_after());

        auto second = co_await std::move(first).session().async_login(alice, asio::use_awaitable);
        REQUIRE(!second);
        CHECK(second.error().advice() == pop3::retry_advice::wait);
        CHECK(second.error().retry_after() == 60s);

        auto back = std::move(second).session();
        CHECK(back.login_mechanism() == "LOGIN");
        CHECK(back.capabilities()->login_delay->delay == 60s);
        const auto mailbox = co_await std::move(back).async_login(alice);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("login: where there is no way in, the session is as it was")
{
    const auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL GSSAPI\r\n.\r\n");
    talk->client("AUTH X-TIRED\r\n").server("+ eA==\r\n").client("*\r\n").server("-ERR as you like\r\n");
    talk->client(plain).server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        auto none = co_await std::move(greeted).async_login(alice, into(ec));
        CHECK(ec == errc::no_shared_mechanism);
        auto cancelled = co_await std::move(none).session().async_auth(tired(), into(ec));
        CHECK(ec == errc::authentication_cancelled);
        auto bound = co_await std::move(cancelled).session().async_auth(pop3::sasl::scram_sha_256_plus(alice),
                                                                        into(ec));
        CHECK(ec == errc::no_channel_binding);
        const pop3::password nobody("", "x");
        auto bad = co_await std::move(bound).session().async_auth(pop3::sasl::plain(nobody), into(ec));
        CHECK(ec == errc::invalid_argument);
        auto mailbox = co_await std::move(bad).session().async_auth(pop3::sasl::plain(alice));
        CHECK(mailbox.login_mechanism() == "PLAIN");
    });
    CHECK(talk->finished());
}

TEST_CASE("login: a server that does not prove itself ends the session")
{
    const auto yes = greeting();
    yes->client("AUTH X-TIRED\r\n").server("+OK welcome\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(yes);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_auth(tired(), into(ec));
        CHECK(ec == errc::malformed_reply);
        CHECK(!std::move(r).session().is_open());
    });
}

TEST_CASE("APOP, UTF8 and LANG")
{
    const auto talk = greeting();
    talk->client("UTF8\r\n").server("+OK\r\n");
    talk->client("LANG\r\n").server("+OK\r\nen English\r\nde Deutsch\r\n.\r\n");
    talk->client("LANG de\r\n").server("+OK de Ab hier auf Deutsch\r\n");
    talk->client("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n").server("+OK\r\n");
    talk->client("LANG *\r\n").server("+OK en English\r\n");
    talk->client("LIST\r\n").server("-ERR [UTF8] say so\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        co_await greeted.async_utf8();
        const auto languages = co_await greeted.async_lang();
        CHECK(languages.size() == 2);
        CHECK(languages[1].tag == "de");
        const auto chosen = co_await greeted.async_lang("de");
        CHECK(chosen.description == "Ab hier auf Deutsch");
        auto mailbox = co_await std::move(greeted).async_apop("mrose", "tanstaaf");
        CHECK(mailbox.login_mechanism() == "+APOP");
        const auto other = co_await mailbox.async_lang("*");
        CHECK(other.tag == "en");
        const auto list = co_await mailbox.async_list(asio::use_awaitable);
        CHECK(list.error().code() == pop3::response_code::utf8);
    });
    CHECK(talk->finished());

    const auto stampless = pop3::testing::script::make();
    stampless->server("+OK ready\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(stampless);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_apop("mrose", "tanstaaf", into(ec));
        CHECK(ec == errc::no_timestamp);
        CHECK(std::move(r).session().is_open());
    });
}

namespace {

/// A provider whose tokens are these, one after the other; `asked` is what it was asked for.
struct tokens {
    lines values;
    std::vector<bool> asked;
    bool at_once = true;
    std::error_code error;

    pop3::token_provider provider(asio::any_io_executor executor)
    {
        return {"alice", [this, executor](bool renew, pop3::token_provider::callback done) {
                    asked.push_back(renew);
                    const auto answer = [this, done, value = values.at(asked.size() - 1)] {
                        done(error, pop3::secret(value));
                    };
                    if (at_once)
                        answer();
                    else
                        asio::post(executor, answer);
                }};
    }
};

/// A server that takes tokens, and has said so.
std::shared_ptr<pop3::testing::script> offering()
{
    auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
    return talk;
}

} // namespace

TEST_CASE("token provider: not asked where there is no use for a token")
{
    tokens t;
    const auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL PLAIN\r\n.\r\n").client("QUIT\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const auto provider = t.provider(greeted.get_executor());
        std::error_code ec;
        auto r = co_await std::move(greeted).async_login(provider, into(ec));
        CHECK(ec == errc::no_shared_mechanism);
        auto again = co_await std::move(r).session().async_login(provider, into(ec));
        CHECK(ec == errc::no_shared_mechanism);
        const pop3::closed end = co_await std::move(again).session().async_quit();
        (void)end;
    });
    CHECK(talk->finished());
    CHECK(t.asked.empty());
}

TEST_CASE("token provider: asked once, and once more if the server refuses the token")
{
    for (const bool at_once : {true, false}) {
        CAPTURE(at_once);
        tokens t;
        t.at_once = at_once;
        t.values = {"new", ""};
        auto talk = greeting();
        talk->client(capa).server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n").client(new_token).server("+OK\r\n");
        const auto log_in = [&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk);
            const auto provider = t.provider(greeted.get_executor());
            const auto mailbox = co_await std::move(greeted).async_login(provider);
            CHECK(mailbox.login_mechanism() == "OAUTHBEARER");
            CHECK(!mailbox.capabilities());
        };
        test::run(log_in);
        CHECK(talk->finished());
        CHECK(t.asked == std::vector<bool>{false});

        t.asked.clear();
        t.values = {"old", "new"};
        talk = greeting();
        talk->client(capa).server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
        talk->client(no_token).server(expired).client("AQ==\r\n").server("-ERR [AUTH] expired\r\n");
        talk->client(new_token).server("+OK\r\n");
        test::run(log_in);
        CHECK(talk->finished());
        CHECK(t.asked == std::vector<bool>{false, true});
    }
}

TEST_CASE("token provider: refused")
{
    tokens t;
    t.values = {"old", "old", "new"};
    auto talk = greeting();
    talk->client(capa).server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
    talk->client(no_token).server(expired).client("AQ==\r\n").server("-ERR [AUTH] expired\r\n");
    talk->client(no_token).server(expired).client("AQ==\r\n").server("-ERR [AUTH] still\r\n");
    talk->client("QUIT\r\n").server("+OK\r\n");
    const auto log_in = [&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const auto provider = t.provider(greeted.get_executor());
        auto r = co_await std::move(greeted).async_login(provider, asio::use_awaitable);
        REQUIRE(!r);
        const pop3::closed end = co_await std::move(r).session().async_quit();
        (void)end;
    };
    test::run(log_in);
    CHECK(talk->finished());
    CHECK(t.asked == std::vector<bool>{false, true});

    // For another reason.
    t.asked.clear();
    talk = greeting();
    talk->client(capa).server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
    talk->client(no_token).server("-ERR [IN-USE] no\r\n");
    talk->client("QUIT\r\n").server("+OK\r\n");
    test::run(log_in);
    CHECK(talk->finished());
    CHECK(t.asked == std::vector<bool>{false});
}

TEST_CASE("token provider: one that throws, with and without CAPA before it")
{
    for (const bool asked : {false, true}) {
        CAPTURE(asked);
        const auto talk = offering();
        talk->client("QUIT\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk);
            if (asked)
                co_await greeted.async_capa();
            const pop3::token_provider provider("alice", [](bool, const pop3::token_provider::callback&) {
                throw std::runtime_error("keychain locked");
            });
            std::error_code ec;
            auto r = co_await std::move(greeted).async_login(provider, into(ec));
            CHECK(ec == errc::authentication_cancelled);
            const pop3::closed end = co_await std::move(r).session().async_quit();
            (void)end;
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("token provider: not asked when the login was cancelled between two steps")
{
    asio::io_context context(1);
    asio::cancellation_signal signal;
    std::optional<std::error_code> completed;
    bool asked = false;
    const auto talk = offering();
    test::run(context, [&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.observer = [&](pop3::direction, std::string_view line) {
            if (line == ".")
                signal.emit(asio::cancellation_type::terminal);
        };
        auto greeted = co_await greet(talk, options);
        std::move(greeted).async_login(
            pop3::token_provider("alice", [&](bool, const pop3::token_provider::callback&) { asked = true; }),
            asio::bind_cancellation_slot(signal.slot(),
                                         [&](std::error_code ec, const auto&) { completed = ec; }));
    });
    test::run(context);
    REQUIRE(completed);
    CHECK(*completed == asio::error::operation_aborted);
    CHECK(!asked);
}

TEST_CASE("a mechanism that throws")
{
    const auto talk = greeting();
    talk->client("AUTH X-THROWS\r\n").server("+ eA==\r\n").client("*\r\n").server("-ERR\r\n");
    talk->client("AUTH X-THROWS\r\n").server("+ eQ==\r\n").client("\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_auth(throws{true}, into(ec));
        CHECK(ec == errc::authentication_cancelled);
        auto again = co_await std::move(r).session().async_auth(throws{false}, into(ec));
        CHECK(ec == errc::authentication_cancelled);
        auto last = co_await std::move(again).session().async_auth(throws{false, true}, into(ec));
        CHECK(ec == errc::server_not_authenticated);
        CHECK(!std::move(last).session().is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("what a login knew is gone when its handler runs")
{
    const auto talk = greeting();
    talk->client("AUTH X-KEEPS\r\n").server("+ eA==\r\n").client("\r\n").server("-ERR\r\n");
    talk->client("AUTH X-KEEPS\r\n").server("+ !\r\n").client("*\r\n").server("-ERR\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        keeps first;
        const std::weak_ptr<int> watched = first.secret;
        auto r = co_await std::move(greeted).async_auth(std::move(first), asio::use_awaitable);
        CHECK(!r);
        CHECK(watched.expired());

        keeps second;
        const std::weak_ptr<int> failed = second.secret;
        std::error_code ec;
        const auto last = co_await std::move(r).session().async_auth(std::move(second), into(ec));
        CHECK(ec == errc::malformed_challenge);
        CHECK(failed.expired());
    });
}

TEST_CASE("token provider: an error, silence, a second answer, another thread, cancellation")
{
    const auto outcome = [](pop3::token_provider provider, pop3::connect_options options = {},
                            std::shared_ptr<pop3::testing::script> talk = offering()) {
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk, options);
            const auto r = co_await std::move(greeted).async_login(provider, into(ec));
            CHECK(r.has_value() == !ec);
        });
        return ec;
    };
    const auto offer = [] {
        auto talk = offering();
        talk->client(new_token).server("+OK\r\n");
        return talk;
    };
    using callback = pop3::token_provider::callback;
    const std::error_code denied = std::make_error_code(std::errc::permission_denied);
    CHECK(outcome({"alice", [&](bool, const callback& done) {
                       done(denied, {});
                   }}) == denied);

    pop3::connect_options hurried;
    hurried.limits.operation_time = 50ms;
    callback kept;
    CHECK(outcome({"alice",
                   [&](bool, const callback& done) {
                       kept = done;
                   }},
                  hurried) == errc::timed_out);
    // Too late, and nobody is hurt.
    kept({}, pop3::secret("new"));

    CHECK(!outcome({"alice",
                    [&](bool, const callback& done) {
                        done({}, pop3::secret("new"));
                        done(denied, {});
                    }},
                   {}, offer()));

    std::thread other;
    CHECK(!outcome({"alice",
                    [&](bool, const callback& done) {
                        other = std::thread([done] {
                            std::this_thread::sleep_for(5ms);
                            done({}, pop3::secret("new"));
                        });
                    }},
                   {}, offer()));
    other.join();

    asio::io_context context(1);
    asio::cancellation_signal signal;
    std::optional<std::error_code> completed;
    const auto talk = offering();
    test::run(context, [&]() -> asio::awaitable<void> {
        auto greeted = co_await greet(talk);
        const pop3::token_provider provider("alice", [&](bool, const callback& done) {
            kept = done;
            asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
        });
        std::move(greeted).async_login(
            provider, asio::bind_cancellation_slot(signal.slot(),
                                                   [&](std::error_code ec, const auto&) { completed = ec; }));
    });
    REQUIRE(completed);
    CHECK(*completed == asio::error::operation_aborted);

    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        test::greeted_session none;
        bool asked = false;
        const pop3::token_provider provider("alice", [&](bool, const callback&) { asked = true; });
        const auto r = co_await std::move(none).async_login(provider, into(ec));
        CHECK(!asked);
    });
    CHECK(ec == errc::no_session);
}

TEST_CASE("what an observer sees of a login holds no secret, no token, no digest, no challenge")
{
    const auto secret = "tanstaaf";
    const pop3::password credentials("mrose", secret);
    const pop3::access_token token("mrose", secret);
    lines seen;
    std::size_t pieces = 100000;
    SUBCASE("line by line")
    {
    }
    SUBCASE("octet by octet")
    {
        pieces = 1;
    }
    const auto run = [&](const std::shared_ptr<pop3::testing::script>& talk, auto log_in) {
        pop3::connect_options options;
        options.observer = [&](pop3::direction d, std::string_view line) {
            seen.push_back((d == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
        };
        talk->octets_at_a_time(pieces);
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await greet(talk, options);
            co_await log_in(std::move(greeted));
        });
        CHECK(talk->finished());
    };
    using session = test::greeted_session;
    const auto with = [](auto mechanism) {
        return [mechanism](session s) -> asio::awaitable<void> {
            const auto r = co_await std::move(s).async_auth(mechanism, asio::use_awaitable);
            (void)r;
        };
    };
    auto talk = greeting();
    talk->client("AUTH PLAIN AG1yb3NlAHRhbnN0YWFm\r\n").server("+OK\r\n");
    run(talk, with(pop3::sasl::plain(credentials)));
    talk = greeting();
    talk->client("AUTH LOGIN\r\n").server("+ VXNlcm5hbWU6\r\n").client("bXJvc2U=\r\n");
    talk->server("+ UGFzc3dvcmQ6\r\n").client("dGFuc3RhYWY=\r\n").server("+OK\r\n");
    run(talk, with(pop3::sasl::login(credentials)));
    talk = greeting();
    // RFC 2195.
    talk->client("AUTH CRAM-MD5\r\n")
        .server("+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n");
    talk->client("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n").server("+OK\r\n");
    const pop3::password tim("tim", "tanstaaftanstaaf");
    run(talk, with(pop3::sasl::cram_md5(tim)));
    talk = greeting();
    talk->client("AUTH OAUTHBEARER bixhPW1yb3NlLAFhdXRoPUJlYXJlciB0YW5zdGFhZgEB\r\n");
    talk->server(expired).client("AQ==\r\n").server("-ERR\r\n");
    run(talk, with(pop3::sasl::oauthbearer(token)));
    talk = greeting();
    talk->client("AUTH XOAUTH2 dXNlcj1tcm9zZQFhdXRoPUJlYXJlciB0YW5zdGFhZgEB\r\n").server("+OK\r\n");
    run(talk, with(pop3::sasl::xoauth2(token)));
    talk = greeting();
    // RFC 7677, section 3, with the proof of the server in the last line.
    talk->client("AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n");
    talk->server(
        "+ cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VF"
        "amI2Z1E9PSxpPTQwOTY=\r\n");
    talk->client(
        "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lr"
        "NGpVaE4rVXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==\r\n");
    talk->server("+OK dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==\r\n");
    const pop3::password user("user", "pencil");
    run(talk, with(pop3::sasl::scram_sha_256(user, "", pop3::sasl::scram_nonce("rOprNGfwEbeRWgbNEkqO"))));
    talk = greeting();
    talk->client("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n").server("+OK\r\n");
    run(talk, [&](session s) -> asio::awaitable<void> {
        const auto in = co_await std::move(s).async_apop("mrose", secret);
        (void)in;
    });
    talk = greeting();
    talk->client(capa).server("-ERR\r\n").client("USER mrose\r\n").server("+OK\r\n");
    talk->client("PASS tanstaaf\r\n").server("+OK\r\n");
    run(talk, [&](session s) -> asio::awaitable<void> {
        const auto in = co_await std::move(s).async_login(credentials);
        (void)in;
    });

    std::string all;
    for (const auto& line : seen)
        all += line + "\n";
    for (const auto* hidden :
         {"tanstaaf", "dGFuc3RhYWY", "AG1yb3NlA", "pencil", "b913a602", "dGltIGI5", "c4c9334b", "bixhPW",
          "dXNlcj", "biws", "Yz1i", "cj1y", "dj02", "eyJz", "PDE4OTYu", "AQ=="})
        CHECK_MESSAGE(all.find(hidden) == std::string::npos, hidden);
    // It is not that nothing is seen.
    for (const auto* shown :
         {"C: AUTH PLAIN ****\n", "C: AUTH SCRAM-SHA-256 ****\n", "S: + ****\n", "C: ****\n", "S: +OK ****\n",
          "C: APOP mrose ****\n", "C: PASS ****\n", "C: USER mrose\n"})
        CHECK_MESSAGE(all.find(shown) != std::string::npos, shown);
}
