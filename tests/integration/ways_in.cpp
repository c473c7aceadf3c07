// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Every way in against Dovecot: with TLS from the first octet, by STLS and without TLS. All that is logged on the way is
// looked at: see support/wire_log.hpp.

#include "support/ways_in.hpp"
#include "dovecot/dovecot.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/wire_log.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ways_in_tests {
namespace {

using pop3::errc;
using test::into;
using lines = std::vector<std::string>;
template <class Stream>
using greeted_over = pop3::session<pop3::authorization, Stream>;
using tls_session = greeted_over<pop3::tls_stream>;

const std::string right = test::dovecot::password;
const std::string wrong = "another one";

/// Users with a password of their own: see dovecot/start.sh.
struct user {
    std::string name;
    std::string password;
};
const user odd{"odd", "pass word \"\\ \xC3\xA4\xC3\xB6\xC3\xBC"};
const user escaped{"a=1,b=\xC3\xA4", "p=1,q=\xC3\x9F"};

const lines ways = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "APOP", "USER"};

bool shows_password(const std::string& way)
{
    return way == "PLAIN" || way == "LOGIN" || way == "USER";
}

test::dovecot& server()
{
    return test::dovecot::instance();
}

pop3::tls_context trusting()
{
    pop3::tls_context tls;
    tls.load_verify_file(server().ca_file());
    return tls;
}

pop3::tls_context up_to(int version)
{
    auto tls = trusting();
    REQUIRE(SSL_CTX_set_max_proto_version(tls.native_handle(), version) == 1);
    return tls;
}

pop3::tls_context showing(const std::string& certificate, const std::string& key)
{
    auto tls = trusting();
    tls.use_certificate_chain_file(certificate);
    tls.use_private_key_file(key);
    return tls;
}

test::wire_log passwords_log()
{
    return test::wire_log({right, wrong, odd.password, escaped.password});
}

pop3::connect_options at(std::uint16_t port, test::wire_log& log)
{
    pop3::connect_options options;
    options.port = port;
    options.observer = log.observer();
    return options;
}

asio::awaitable<tls_session> over_tls(const pop3::tls_context& tls, test::wire_log& log,
                                      std::string host = "localhost")
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().tls_port(), log);
    co_return co_await pop3::async_connect(executor, tls, host, options);
}

asio::awaitable<tls_session> by_stls(const pop3::tls_context& tls, test::wire_log& log,
                                     std::string host = "localhost")
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().plain_port(), log);
    co_return co_await pop3::async_connect(executor, pop3::stls(tls), host, options);
}

asio::awaitable<greeted_over<pop3::tcp_stream>> in_clear(test::wire_log& log, std::string host = "localhost")
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().plain_port(), log);
    co_return co_await pop3::async_connect(executor, pop3::without_tls, host, options);
}

asio::awaitable<greeted_over<pop3::cleartext_stream>> in_clear_text(test::wire_log& log,
                                                                    std::string host = "localhost")
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().plain_port(), log);
    co_return co_await pop3::async_connect(executor, pop3::allow_cleartext, host, options);
}

/// Calls the coroutine `talk` with a session of each kind.
template <class Talk>
void over_each_kind(test::wire_log& log, Talk talk)
{
    const auto tls = trusting();
    test::run([&]() -> asio::awaitable<void> {
        auto s1 = co_await over_tls(tls, log);
        co_await talk(std::move(s1));
        auto s2 = co_await by_stls(tls, log);
        co_await talk(std::move(s2));
        auto s3 = co_await in_clear(log);
        co_await talk(std::move(s3));
        auto s4 = co_await in_clear_text(log);
        co_await talk(std::move(s4));
    });
}

/// Is this the maildrop with that many messages? Ends the session.
template <class Stream>
asio::awaitable<void> expect_messages(pop3::session<pop3::transaction, Stream> mailbox, std::size_t count)
{
    const auto drop = co_await mailbox.async_stat();
    CHECK(drop.count == count);
    const auto update = co_await std::move(mailbox).async_quit();
    CHECK(update.deletions() == pop3::deletions::committed);
}

void expect_auth_refusal(const pop3::refusal& r, const std::string& verb)
{
    CHECK(r.verb() == verb);
    CHECK(r.code() == pop3::response_code::auth);
    CHECK(r.advice() == pop3::retry_advice::ask_for_credentials);
    CHECK(!r.retry_after());
}

/// A wrong password, and then the right one, on the same session.
template <class Stream>
asio::awaitable<void> twice(greeted_over<Stream> greeted, std::string way, user who)
{
    if (!pop3::may_carry_secrets<Stream> && shows_password(way))
        co_return;
    const pop3::password bad(who.name, wrong);
    auto r = co_await test::enter(std::move(greeted), way, bad);
    REQUIRE(!r);
    expect_auth_refusal(r.error(), test::judging_verb(way));
    auto again = std::move(r).session();
    REQUIRE(again.is_open());

    const pop3::password good(who.name, who.password);
    auto r2 = co_await test::enter(std::move(again), way, good);
    REQUIRE(r2);
    co_await expect_messages(*std::move(r2), 2);
}

} // namespace

TEST_CASE("every mechanism with a password, over every kind of connection: a wrong one, then the right one")
{
    server().make_maildrop("ways", {"Subject: 1\n\n", "Subject: 2\n\n"});
    for (const auto& way : ways) {
        CAPTURE(way);
        auto log = passwords_log();
        over_each_kind(log, [&](auto s) { return twice(std::move(s), way, {"ways", right}); });
        CHECK(log.count("C: STAT") == (shows_password(way) ? 3 : 4));
    }
}

TEST_CASE("every mechanism with a password: names and passwords with spaces, quotes, commas, '=' and UTF-8")
{
    for (const user& who : {odd, escaped}) {
        server().make_maildrop(who.name, {"Subject: 1\n\n", "Subject: 2\n\n"});
        for (const auto& way : ways) {
            CAPTURE(who.name);
            CAPTURE(way);
            auto log = passwords_log();
            over_each_kind(log, [&](auto s) { return twice(std::move(s), way, who); });
        }
    }
}

TEST_CASE("what the log shows of a login")
{
    server().make_maildrop("logged");
    const auto seen = [&](const std::string& way) {
        auto log = passwords_log();
        const auto tls = trusting();
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await over_tls(tls, log);
            log.clear();
            const pop3::password good("logged", right);
            const auto r = co_await test::enter(std::move(greeted), way, good);
            CHECK(r.has_value());
        });
        auto found = log.lines();
        REQUIRE(!found.empty());
        CHECK(found.back().starts_with("S: +OK"));
        found.pop_back();
        return found;
    };
    CHECK(seen("PLAIN") == lines{"C: AUTH PLAIN ****"});
    CHECK(seen("LOGIN") == lines{"C: AUTH LOGIN", "S: + ****", "C: ****", "S: + ****", "C: ****"});
    CHECK(seen("CRAM-MD5") == lines{"C: AUTH CRAM-MD5", "S: + ****", "C: ****"});
    // The signature comes as a challenge that wants an empty answer.
    CHECK(seen("SCRAM-SHA-256") ==
          lines{"C: AUTH SCRAM-SHA-256 ****", "S: + ****", "C: ****", "S: + ****", "C: "});
    CHECK(seen("APOP") == lines{"C: APOP logged ****"});
    auto user_and_pass = seen("USER");
    CHECK(user_and_pass.at(1).starts_with("S: +OK"));
    user_and_pass.erase(user_and_pass.begin() + 1);
    CHECK(user_and_pass == lines{"C: USER logged", "C: PASS ****"});
}

TEST_CASE("async_login: takes SCRAM, over TLS and without")
{
    server().make_maildrop("chooser", {"Subject: 1\n\n"});
    auto log = passwords_log();
    over_each_kind(log, [&]<class Stream>(greeted_over<Stream> greeted) -> asio::awaitable<void> {
        constexpr bool secure = pop3::is_secure_stream<Stream>;
        const std::string best =
            secure && server().has_channel_binding() ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256";
        log.clear();
        const pop3::password bad("chooser", wrong);
        auto r = co_await std::move(greeted).async_login(bad, asio::use_awaitable);
        REQUIRE(!r);
        expect_auth_refusal(r.error(), "AUTH");
        auto again = std::move(r).session();
        CHECK(again.login_mechanism() == best);
        // CAPA once, and one try only.
        CHECK(log.count("C: CAPA") == 1);
        CHECK(log.logins() == lines{"C: AUTH " + best + " ****"});

        const pop3::password good("chooser", right);
        auto mailbox = co_await std::move(again).async_login(good);
        CHECK(mailbox.login_mechanism() == best);
        CHECK(log.count("C: CAPA") == 1);
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 1);
        // It is another thing after the login.
        CHECK(!mailbox.capabilities());
        const auto can = co_await mailbox.async_capa();
        CHECK(can.uidl);
        CHECK(!can.stls);
        CHECK(mailbox.capabilities() == can);
    });
}

TEST_CASE("async_login: in the one way that is wanted")
{
    server().make_maildrop("wanted");
    for (const std::string way : {"PLAIN", "login", "CRAM-MD5", "SCRAM-SHA-1", "+APOP", "USER"}) {
        CAPTURE(way);
        auto log = passwords_log();
        over_each_kind(log, [&]<class Stream>(greeted_over<Stream> greeted) -> asio::awaitable<void> {
            log.clear();
            const pop3::password good("wanted", right);
            const pop3::login_options options(way);
            std::error_code ec;
            auto r = co_await std::move(greeted).async_login(good, options, into(ec));
            if (!pop3::may_carry_secrets<Stream> && (shows_password(way) || way == "login")) {
                CHECK(ec == errc::no_shared_mechanism);
                CHECK(log.logins().empty());
                CHECK(std::move(r).session().is_open());
                co_return;
            }
            REQUIRE(!ec);
            REQUIRE(r);
            CHECK(r->login_mechanism() == (way == "login" ? "LOGIN" : way));
            CHECK(log.logins().size() == (way == "USER" ? 2u : 1u));
        });
    }
}

TEST_CASE("async_login: a server that takes no passwords without TLS")
{
    server().make_maildrop("guarded");
    auto log = passwords_log();
    test::run([&]() -> asio::awaitable<void> {
        const pop3::password good("guarded", right);
        auto clear = co_await in_clear_text(log, server().tls_required_host());
        auto r = co_await test::enter(std::move(clear), "PLAIN", good);
        REQUIRE(!r);
        expect_auth_refusal(r.error(), "AUTH");
        // It announces no PLAIN; even who may send the password does not.
        const auto mailbox = co_await std::move(r).session().async_login(good);
        CHECK(mailbox.login_mechanism() == "SCRAM-SHA-256");
    });
}

TEST_CASE("channel binding")
{
    server().make_maildrop("bound");
    auto log = passwords_log();
    const pop3::password good("bound", right);
    const pop3::password bad("bound", wrong);
    pop3::login_options demanding;
    demanding.require_channel_binding = true;
    test::run([&]() -> asio::awaitable<void> {
        // Without TLS there is nothing to bind to.
        auto clear = co_await in_clear(log);
        std::error_code ec;
        auto none = co_await std::move(clear).async_auth(pop3::sasl::scram_sha_256_plus(good), into(ec));
        CHECK(ec == errc::no_channel_binding);
        none = co_await std::move(none).session().async_login(good, demanding, into(ec));
        CHECK(ec == errc::no_shared_mechanism);
        CHECK(log.logins().empty());
        auto unbound = co_await std::move(none).session().async_login(good);
        co_await expect_messages(std::move(unbound), 0);
    });
    const auto tls = trusting();
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await over_tls(tls, log);
        if (!server().has_channel_binding()) {
            std::error_code ec;
            auto none = co_await std::move(greeted).async_login(good, demanding, into(ec));
            CHECK(ec == errc::no_shared_mechanism);
            // Not announced, but asked for: it is up to the server to say no.
            auto r = co_await test::enter(std::move(none).session(), "SCRAM-SHA-256-PLUS", good);
            REQUIRE(!r);
            CHECK(r.error().verb() == "AUTH");
            // "I could have bound" is no attack to a server that cannot.
            auto again = std::move(r).session();
            CHECK(again.capabilities());
            auto unbound = co_await test::enter(std::move(again), "SCRAM-SHA-256", good);
            REQUIRE(unbound);
            co_await expect_messages(*std::move(unbound), 0);
            co_return;
        }
        auto refused = co_await std::move(greeted).async_login(bad, demanding, asio::use_awaitable);
        REQUIRE(!refused);
        expect_auth_refusal(refused.error(), "AUTH");
        auto bound = co_await std::move(refused).session().async_login(good, demanding);
        CHECK(bound.login_mechanism() == "SCRAM-SHA-256-PLUS");
        co_await expect_messages(std::move(bound), 0);
        for (const std::string way : {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}) {
            CAPTURE(way);
            auto direct = co_await over_tls(tls, log);
            auto r = co_await test::enter(std::move(direct), way, bad);
            REQUIRE(!r);
            expect_auth_refusal(r.error(), "AUTH");
            auto in = co_await test::enter(std::move(r).session(), way, good);
            REQUIRE(in);
            co_await expect_messages(*std::move(in), 0);
        }
        // Resumed or not, the binding is of this connection.
        auto resuming = co_await over_tls(tls, log);
        CHECK(resuming.tls().resumed);
        auto in = co_await std::move(resuming).async_login(good, demanding);
        co_await expect_messages(std::move(in), 0);
    });
    // What TLS 1.2 has is not tried unasked.
    const auto old = up_to(TLS1_2_VERSION);
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await over_tls(old, log);
        const auto mailbox = co_await std::move(greeted).async_login(good);
        CHECK(mailbox.login_mechanism() == "SCRAM-SHA-256");
    });
}

TEST_CASE("XOAUTH2 and OAUTHBEARER: tokens that are good, expired or forged")
{
    const std::string name = "bearer";
    server().make_maildrop(name, {"Subject: 1\n\n", "Subject: 2\n\n"});
    const auto good = server().token(name);
    const auto expired = server().expired_token(name);
    const auto forged = server().forged_token(name);
    test::wire_log log({good, expired, forged});
    const auto talk = [&]<class Stream, class Mechanism>(greeted_over<Stream> greeted,
                                                         const Mechanism&) -> asio::awaitable<void> {
        for (const auto& token : {expired, forged}) {
            Mechanism m{pop3::access_token(name, token)};
            auto r = co_await std::move(greeted).async_auth(std::move(m), asio::use_awaitable);
            REQUIRE(!r);
            expect_auth_refusal(r.error(), "AUTH");
            CHECK(r.error().details().starts_with('{'));
            CHECK(r.error().details().find("\"status\"") != std::string::npos);
            CHECK(pop3::sasl::says_token_expired(r.error().details()));
            greeted = std::move(r).session();
            REQUIRE(greeted.is_open());
        }
        Mechanism m{pop3::access_token(name, good)};
        auto mailbox = co_await std::move(greeted).async_auth(std::move(m));
        CHECK(mailbox.login_mechanism() == Mechanism::name);
        co_await expect_messages(std::move(mailbox), 2);
    };
    const auto tls = trusting();
    const auto all = [&]<class Mechanism>(const Mechanism& mechanism) {
        test::run([&]() -> asio::awaitable<void> {
            auto s1 = co_await over_tls(tls, log);
            co_await talk(std::move(s1), mechanism);
            auto s2 = co_await by_stls(tls, log);
            co_await talk(std::move(s2), mechanism);
            auto s3 = co_await in_clear_text(log);
            co_await talk(std::move(s3), mechanism);
        });
    };
    const pop3::access_token any(name, good);
    all(pop3::sasl::xoauth2(any));
    all(pop3::sasl::oauthbearer(any, "localhost", server().tls_port()));
}

TEST_CASE("XOAUTH2 and OAUTHBEARER: a token goes with AUTH if the line stays short, and in a line of its own "
          "if not")
{
    const auto tls = trusting();
    const auto logins = [&]<class Mechanism>(const Mechanism& mechanism, const std::string& token,
                                             bool good) {
        test::wire_log log({token});
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await over_tls(tls, log);
            log.clear();
            auto r = co_await std::move(greeted).async_auth(mechanism, asio::use_awaitable);
            CHECK(r.has_value() == good);
            if (!r)
                CHECK(r.error().details().starts_with('{'));
        });
        auto found = log.lines();
        REQUIRE(!found.empty());
        found.pop_back();
        return found;
    };
    const auto both = [&]<class Mechanism>(const Mechanism&, const std::string& answer_to_json) {
        const std::string verb = "C: AUTH " + std::string(Mechanism::name);
        const std::string name(60, 'n');
        server().make_maildrop(name);
        const auto token = server().token(name);
        REQUIRE(token.size() > 190); // In base64 it is over 255.
        CHECK(logins(Mechanism(pop3::access_token(name, token)), token, true) ==
              lines{verb, "S: + ", "C: ****"});
        CHECK(logins(Mechanism(pop3::access_token(name, server().forged_token(name))), "eyJ", false) ==
              lines{verb, "S: + ", "C: ****", "S: + ****", answer_to_json});
        CHECK(logins(Mechanism(pop3::access_token("n", "not.a.token")), "not.a.token", false) ==
              lines{verb + " ****", "S: + ****", answer_to_json});
    };
    const pop3::access_token any("n", "t");
    both(pop3::sasl::xoauth2(any), "C: ");
    both(pop3::sasl::oauthbearer(any), "C: ****");
}

TEST_CASE("OAUTHBEARER and XOAUTH2: a name with a comma, '=' and UTF-8")
{
    server().make_maildrop(escaped.name, {"Subject: 1\n\n", "Subject: 2\n\n"});
    const auto token = server().token(escaped.name);
    test::wire_log log({token});
    const auto tls = trusting();
    test::run([&]() -> asio::awaitable<void> {
        const pop3::access_token credentials(escaped.name, token);
        auto s1 = co_await over_tls(tls, log);
        auto m1 = co_await std::move(s1).async_auth(pop3::sasl::oauthbearer(credentials));
        co_await expect_messages(std::move(m1), 2);
        auto s2 = co_await over_tls(tls, log);
        auto m2 = co_await std::move(s2).async_auth(pop3::sasl::xoauth2(credentials));
        co_await expect_messages(std::move(m2), 2);
    });
}

TEST_CASE("async_login with a token, and with a provider that is asked once more when it has expired")
{
    const std::string name = "provided";
    server().make_maildrop(name, {"Subject: 1\n\n", "Subject: 2\n\n"});
    const auto good = server().token(name);
    const auto expired = server().expired_token(name);
    test::wire_log log({good, expired});
    const auto tls = trusting();

    std::vector<bool> asked;
    std::string first;
    std::string second;
    const pop3::token_provider provider(name, [&](bool renew, pop3::token_provider::callback done) {
        asked.push_back(renew);
        done({}, pop3::secret(renew ? second : first));
    });
    test::run([&]() -> asio::awaitable<void> {
        auto s1 = co_await over_tls(tls, log);
        const pop3::access_token value(name, good);
        auto m1 = co_await std::move(s1).async_login(value);
        CHECK(m1.login_mechanism() == "OAUTHBEARER");
        co_await expect_messages(std::move(m1), 2);

        first = good;
        auto s2 = co_await by_stls(tls, log);
        auto m2 = co_await std::move(s2).async_login(provider);
        CHECK(asked == std::vector<bool>{false});
        co_await expect_messages(std::move(m2), 2);

        asked.clear();
        first = expired;
        second = good;
        auto s3 = co_await over_tls(tls, log);
        log.clear();
        const pop3::login_options xoauth2("XOAUTH2");
        auto m3 = co_await std::move(s3).async_login(provider, xoauth2);
        CHECK(m3.login_mechanism() == "XOAUTH2");
        CHECK(asked == std::vector<bool>{false, true});
        CHECK(log.count("C: CAPA") == 1);
        CHECK(log.logins().size() == 2);
        co_await expect_messages(std::move(m3), 2);

        asked.clear();
        second = expired;
        auto s4 = co_await over_tls(tls, log);
        auto refused = co_await std::move(s4).async_login(provider, asio::use_awaitable);
        CHECK(asked == std::vector<bool>{false, true});
        REQUIRE(!refused);
        expect_auth_refusal(refused.error(), "AUTH");
        CHECK(pop3::sasl::says_token_expired(refused.error().details()));
        const auto m4 = co_await std::move(refused).session().async_login(value);
        CHECK(m4.is_open());
    });
}

TEST_CASE("ANONYMOUS")
{
    server().make_maildrop("anonymous", {"Subject: 1\n\n", "Subject: 2\n\n"});
    auto log = passwords_log();
    over_each_kind(log, [&]<class Stream>(greeted_over<Stream> greeted) -> asio::awaitable<void> {
        auto mailbox = co_await std::move(greeted).async_auth(pop3::sasl::anonymous("guest@example.org"));
        CHECK(mailbox.login_mechanism() == "ANONYMOUS");
        co_await expect_messages(std::move(mailbox), 2);
    });
}

TEST_CASE("EXTERNAL: as whom the client's certificate names")
{
    server().make_maildrop("alice", {"Subject: 1\n\n", "Subject: 2\n\n"});
    const auto host = server().client_certificate_host();
    auto log = passwords_log();
    const auto alice = showing(server().client_certificate(), server().client_key());
    test::run([&]() -> asio::awaitable<void> {
        // One after the other with one context: the server would fail if a TLS session were resumed here.
        for (int i = 0; i != 3; ++i) {
            auto greeted = co_await over_tls(alice, log, host);
            CHECK(!greeted.tls().resumed);
            auto mailbox = co_await std::move(greeted).async_auth(pop3::sasl::external());
            CHECK(mailbox.login_mechanism() == "EXTERNAL");
            co_await expect_messages(std::move(mailbox), 2);
        }
        CHECK(log.logins() == lines(3, "C: AUTH EXTERNAL ****"));
        auto s1 = co_await by_stls(alice, log, host);
        auto m1 = co_await std::move(s1).async_auth(pop3::sasl::external());
        co_await expect_messages(std::move(m1), 2);
        auto s2 = co_await over_tls(alice, log, host);
        auto m2 = co_await std::move(s2).async_auth(pop3::sasl::external("alice"));
        co_await expect_messages(std::move(m2), 2);
        // Where nobody asks for it, it is not shown, and is no way in.
        auto s3 = co_await over_tls(alice, log);
        const auto unasked = co_await std::move(s3).async_auth(pop3::sasl::external(), asio::use_awaitable);
        CHECK(!unasked);
    });
}

TEST_CASE("EXTERNAL: without a certificate, or with one that nobody has signed")
{
    server().make_maildrop("alice");
    const auto host = server().client_certificate_host();
    auto log = passwords_log();
    const auto nobody = trusting();
    const auto stranger = showing(server().stranger_certificate(), server().stranger_key());
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await over_tls(nobody, log, host);
        auto r = co_await std::move(greeted).async_auth(pop3::sasl::external(), asio::use_awaitable);
        REQUIRE(!r);
        expect_auth_refusal(r.error(), "AUTH");
        const pop3::password password("alice", right);
        const auto mailbox = co_await std::move(r).session().async_login(password);
        CHECK(mailbox.is_open());
    });
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await over_tls(stranger, log, host);
        const auto r = co_await std::move(greeted).async_auth(pop3::sasl::external(), asio::use_awaitable);
        CHECK(!r);
    });
}

TEST_CASE("STLS as a step, after a refused login, and a whole session after it")
{
    const std::string message = "Subject: 1\n\n.a dot\n";
    server().make_maildrop("stepping", {message, "Subject: 2\n\n"});
    auto log = passwords_log();
    const auto tls = trusting();
    test::run([&]() -> asio::awaitable<void> {
        auto clear = co_await in_clear(log);
        const auto before = co_await clear.async_capa();
        CHECK(before.stls);
        const auto timestamp = clear.greeting().timestamp;
        const pop3::password bad("stepping", wrong);
        auto r = co_await test::enter(std::move(clear), "APOP", bad);
        REQUIRE(!r);

        tls_session secure = co_await std::move(r).session().async_stls(tls);
        CHECK(secure.tls().version == "TLSv1.3");
        CHECK(!secure.capabilities());
        CHECK(secure.greeting().timestamp == timestamp);
        const auto after = co_await secure.async_capa();
        CHECK(!after.stls);
        const pop3::password good("stepping", right);
        auto mailbox = co_await std::move(secure).async_login(good);
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 2);
        const auto first = co_await mailbox.async_retr(1);
        CHECK(first.octets() == "Subject: 1\r\n\r\n.a dot\r\n");
        co_await mailbox.async_dele(2);
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(server().maildrop("stepping") == lines{message});
    const auto logins = log.logins();
    REQUIRE(logins.size() == 3);
    CHECK(logins[0] == "C: APOP stepping ****");
    CHECK(logins[1] == "C: STLS");
}

TEST_CASE("STLS: certificates that are not to be trusted")
{
    auto log = passwords_log();
    const auto verdict = [&](const pop3::tls_context& tls, const std::string& host) {
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            const auto options = at(server().plain_port(), log);
            const auto r = co_await pop3::async_connect(executor, pop3::stls(tls), host, options, into(ec));
            CHECK(r.has_value() == !ec);
        });
        return ec;
    };
    const auto tls = trusting();
    CHECK(!verdict(tls, server().host()));
    CHECK(verdict(tls, server().expired_host()) ==
          std::error_code(X509_V_ERR_CERT_HAS_EXPIRED, pop3::certificate_category()));
    // What OpenSSL says first of a name that does not fit differs between its versions.
    const auto mismatch = verdict(tls, server().wrong_host());
    CAPTURE(mismatch.message());
    CHECK(mismatch.category() == pop3::certificate_category());
    CHECK(verdict(pop3::tls_context(), server().host()).category() == pop3::certificate_category());
}

TEST_CASE("the second connection resumes the TLS session of the first")
{
    server().make_maildrop("resuming");
    auto log = passwords_log();
    const pop3::password good("resuming", right);
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(version);
        auto tls = up_to(version);
        test::run([&]() -> asio::awaitable<void> {
            for (const bool resumed : {false, true, true}) {
                auto greeted = co_await over_tls(tls, log);
                const auto about = greeted.tls();
                CHECK(about.version == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
                CHECK(about.resumed == resumed);
                CHECK(about.certificate_sha256.size() == 64);
                auto mailbox = co_await std::move(greeted).async_login(good);
                co_await expect_messages(std::move(mailbox), 0);
            }
            tls.set_session_resumption(false);
            for (int i = 0; i != 2; ++i) {
                auto greeted = co_await over_tls(tls, log);
                CHECK(!greeted.tls().resumed);
            }
            tls.set_session_resumption(true);
            // By STLS as well.
            for (const bool resumed : {false, true}) {
                auto greeted = co_await by_stls(tls, log);
                CHECK(greeted.tls().resumed == resumed);
                auto mailbox = co_await std::move(greeted).async_login(good);
                co_await expect_messages(std::move(mailbox), 0);
            }
        });
    }
}

TEST_CASE("by a pop URL")
{
    server().make_maildrop(escaped.name, {"Subject: 1\n\n", "Subject: 2\n\n"});
    auto log = passwords_log();
    const auto tls = trusting();
    pop3::connect_options watched;
    watched.observer = log.observer();
    const auto url = [](std::string_view auth, std::uint16_t port) {
        return pop3::parse_url("pop://a%3D1%2Cb%3D%C3%A4;AUTH=" + std::string(auth) +
                               "@LOCALHOST:" + std::to_string(port) + "/");
    };
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto where = url("SCRAM-SHA-1", server().tls_port());
        CHECK(where.user == escaped.name);
        CHECK(pop3::parse_url(pop3::to_string(where)) == where);
        auto s1 = co_await pop3::async_connect(executor, tls, where, watched);
        const pop3::password credentials(where.user, escaped.password);
        const pop3::login_options scram(where.auth);
        auto m1 = co_await std::move(s1).async_login(credentials, scram);
        CHECK(m1.login_mechanism() == "SCRAM-SHA-1");
        co_await expect_messages(std::move(m1), 2);

        where = url("PLAIN", server().plain_port());
        auto s2 = co_await pop3::async_connect(executor, pop3::stls(tls), where, watched);
        const pop3::login_options plain(where.auth);
        auto m2 = co_await std::move(s2).async_login(credentials, plain);
        CHECK(m2.login_mechanism() == "PLAIN");
        co_await expect_messages(std::move(m2), 2);

        where = url("+APOP", server().plain_port());
        auto s3 = co_await pop3::async_connect(executor, pop3::without_tls, where, watched);
        const pop3::login_options apop(where.auth);
        auto m3 = co_await std::move(s3).async_login(credentials, apop);
        CHECK(m3.login_mechanism() == "+APOP");
        co_await expect_messages(std::move(m3), 2);

        where = url("*", server().plain_port());
        auto s4 = co_await pop3::async_connect(executor, pop3::allow_cleartext, where, watched);
        const pop3::login_options any(where.auth);
        auto m4 = co_await std::move(s4).async_login(credentials, any);
        CHECK(m4.login_mechanism() == "SCRAM-SHA-256");
        co_await expect_messages(std::move(m4), 2);
    });
}

} // namespace ways_in_tests
