// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The library against Cyrus: see cyrus/cyrus.hpp for what it does unlike Dovecot.

#include "cyrus/cyrus.hpp"
#include "support/run.hpp"
#include "support/ways_in.hpp"
#include "support/wire_log.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace cyrus_tests {
namespace {

test::cyrus& server()
{
    return test::cyrus::instance();
}

/// What the server sends from here to `end`, which is included.
template <class Stream>
std::string read_to(Stream& stream, const std::string& end)
{
    std::string text;
    const std::size_t size = asio::read_until(stream, asio::dynamic_buffer(text), end);
    CHECK(text.size() == size); // nothing behind it
    return text;
}

template <class Stream>
std::string tell(Stream& stream, const std::string& command, const std::string& end = "\r\n")
{
    asio::write(stream, asio::buffer(command + "\r\n"));
    return read_to(stream, end);
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

using pop3::errc;
using lines = std::vector<std::string>;
using tls_session = pop3::session<pop3::authorization>;

const std::string right = test::cyrus::password;
const std::string wrong = "another one";

test::wire_log passwords_log()
{
    return test::wire_log({right, wrong, test::cyrus::odd_password});
}

pop3::tls_context trusting()
{
    pop3::tls_context tls;
    tls.load_verify_file(server().ca_file());
    return tls;
}

pop3::connect_options at(std::uint16_t port, test::wire_log& log)
{
    pop3::connect_options options;
    options.port = port;
    options.observer = log.observer();
    return options;
}

asio::awaitable<tls_session> over_tls(const pop3::tls_context& tls, test::wire_log& log)
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().tls_port(), log);
    co_return co_await pop3::async_connect(executor, tls, "localhost", options);
}

asio::awaitable<tls_session> by_stls(const pop3::tls_context& tls, test::wire_log& log)
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = at(server().plain_port(), log);
    co_return co_await pop3::async_connect(executor, pop3::stls(tls), "localhost", options);
}

/// Calls the coroutine `talk` with a session over TLS, and one by STLS.
void over_both_kinds(const pop3::tls_context& tls, test::wire_log& log,
                     const std::function<asio::awaitable<void>(tls_session)>& talk)
{
    test::run([&]() -> asio::awaitable<void> {
        auto s1 = co_await over_tls(tls, log);
        co_await talk(std::move(s1));
        auto s2 = co_await by_stls(tls, log);
        co_await talk(std::move(s2));
    });
}

template <class Stream>
asio::awaitable<void> leave(pop3::session<pop3::transaction, Stream> mailbox)
{
    const auto drop = co_await mailbox.async_stat();
    CHECK(drop.count == 0);
    // No close_notify follows; +OK is the end all the same.
    const auto update = co_await std::move(mailbox).async_quit();
    CHECK(update.deletions() == pop3::deletions::committed);
}

void expect_auth_refusal(const pop3::refusal& r, const std::string& verb)
{
    CHECK(r.verb() == verb);
    CHECK(r.code() == pop3::response_code::auth);
    CHECK(r.advice() == pop3::retry_advice::ask_for_credentials);
}

} // namespace

// Without the library: it is the server that is looked at, whether it is what the other tests take it for.
TEST_CASE("what Cyrus offers in the clear and by STLS")
{
    server().deliver("alice", {"Subject: one\r\n\r\n.a dot\r\n"});

    asio::io_context context;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.load_verify_file(server().ca_file());
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.set_verify_callback(asio::ssl::host_name_verification("localhost"));
    asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
    auto& plain = stream.next_layer();
    plain.connect({asio::ip::make_address(server().host()), server().plain_port()});

    CHECK(contains(read_to(plain, "\r\n"), " Cyrus POP3 "));
    const std::string before = tell(plain, "CAPA", "\r\n.\r\n");
    CHECK(contains(before, "\r\nSTLS\r\n"));
    CHECK(contains(before, " SCRAM-SHA-512"));
    CHECK(!contains(before, "-PLUS"));

    CHECK(tell(plain, "STLS").starts_with("+OK"));
    stream.handshake(asio::ssl::stream_base::client);
    const std::string after = tell(stream, "CAPA", "\r\n.\r\n");
    CHECK(!contains(after, "\r\nSTLS\r\n"));
    CHECK(contains(after, " SCRAM-SHA-512-PLUS"));
    CHECK(!contains(after, " EXTERNAL"));

    CHECK(tell(stream, "USER alice").starts_with("+OK"));
    CHECK(tell(stream, std::string("PASS ") + test::cyrus::password).starts_with("+OK"));
    CHECK(tell(stream, "STAT").starts_with("+OK 1 "));
    CHECK(contains(tell(stream, "RETR 1", "\r\n.\r\n"), "\r\n\r\n..a dot\r\n.\r\n"));
    CHECK(tell(stream, "QUIT").starts_with("+OK"));
}

TEST_CASE("Cyrus: every mechanism with a password, over TLS and by STLS: a wrong one, then the right one")
{
    const auto tls = trusting();
    for (const std::string way :
         {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "APOP", "USER"}) {
        CAPTURE(way);
        for (const std::string name : {"bob", "odd"}) {
            const std::string secret = name == "odd" ? test::cyrus::odd_password : right;
            CAPTURE(name);
            auto log = passwords_log();
            over_both_kinds(tls, log, [&](tls_session greeted) -> asio::awaitable<void> {
                const pop3::password bad(name, wrong);
                auto r = co_await test::enter(std::move(greeted), way, bad);
                REQUIRE(!r);
                expect_auth_refusal(r.error(), test::judging_verb(way));

                const pop3::password good(name, secret);
                auto r2 = co_await test::enter(std::move(r).session(), way, good);
                REQUIRE(r2);
                co_await leave(*std::move(r2));
            });
        }
    }
}

// It announces -PLUS, but takes none of the bindings that are current.
TEST_CASE("Cyrus: async_login tries to bind, is refused, and logs in unbound")
{
    const auto tls = trusting();
    auto log = passwords_log();
    over_both_kinds(tls, log, [&](tls_session greeted) -> asio::awaitable<void> {
        CHECK(greeted.tls().version == "TLSv1.3");
        const auto can = co_await greeted.async_capa();
        CHECK(std::find(can.sasl.begin(), can.sasl.end(), "SCRAM-SHA-512-PLUS") != can.sasl.end());
        log.clear();
        const pop3::password good("carol", right);
        auto mailbox = co_await std::move(greeted).async_login(good);
        CHECK(mailbox.login_mechanism() == "SCRAM-SHA-512");
        const auto& seen = log.lines();
        REQUIRE(seen.size() == 10);
        CHECK(lines(seen.begin(), seen.begin() + 3) ==
              lines{"C: AUTH SCRAM-SHA-512-PLUS ****", "S: + ****", "C: ****"});
        CHECK(seen[3].starts_with("S: -ERR"));
        CHECK(lines(seen.begin() + 4, seen.begin() + 9) ==
              lines{"C: AUTH SCRAM-SHA-512 ****", "S: + ****", "C: ****", "S: + ****", "C: "});
        CHECK(seen[9].starts_with("S: +OK"));
        co_await leave(std::move(mailbox));
    });

    // It need not be asked again.
    over_both_kinds(tls, log, [&](tls_session greeted) -> asio::awaitable<void> {
        log.clear();
        const pop3::password good("carol", right);
        auto mailbox = co_await std::move(greeted).async_login(good);
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-512 ****"});
        co_await leave(std::move(mailbox));
    });
}

TEST_CASE("Cyrus: a wrong password is one refusal, and so is a binding that is demanded")
{
    const auto tls = trusting();
    auto log = passwords_log();
    over_both_kinds(tls, log, [&](tls_session greeted) -> asio::awaitable<void> {
        log.clear();
        const pop3::password bad("carol", wrong);
        auto r = co_await std::move(greeted).async_login(bad, asio::use_awaitable);
        REQUIRE(!r);
        expect_auth_refusal(r.error(), "AUTH");
        // How the two are told apart.
        CHECK(!contains(r.error().text(), "bad protocol"));
        auto again = std::move(r).session();
        CHECK(again.login_mechanism() == "SCRAM-SHA-512");
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-512-PLUS ****", "C: AUTH SCRAM-SHA-512 ****"});

        log.clear();
        const pop3::password good("carol", right);
        pop3::login_options demanding;
        demanding.require_channel_binding = true;
        auto r2 = co_await std::move(again).async_login(good, demanding, asio::use_awaitable);
        REQUIRE(!r2);
        CHECK(r2.error().verb() == "AUTH");
        CHECK(contains(r2.error().text(), "bad protocol"));
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-512-PLUS ****"});

        // Asked for by name, -PLUS is not given up either.
        log.clear();
        const pop3::login_options named("SCRAM-SHA-256-PLUS");
        auto r3 = co_await std::move(r2).session().async_login(good, named, asio::use_awaitable);
        REQUIRE(!r3);
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-256-PLUS ****"});

        auto mailbox = co_await std::move(r3).session().async_login(good);
        co_await leave(std::move(mailbox));
    });
}

TEST_CASE("Cyrus: async_login without TLS, and over TLS 1.2, does not try to bind")
{
    auto log = passwords_log();
    auto tls = trusting();
    REQUIRE(SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_2_VERSION) == 1);
    const pop3::password good("dave", right);
    over_both_kinds(tls, log, [&](tls_session greeted) -> asio::awaitable<void> {
        CHECK(greeted.tls().version == "TLSv1.2");
        log.clear();
        auto mailbox = co_await std::move(greeted).async_login(good);
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-512 ****"});
        co_await leave(std::move(mailbox));
    });
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        const auto options = at(server().plain_port(), log);
        auto clear = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options);
        log.clear();
        auto mailbox = co_await std::move(clear).async_login(good);
        CHECK(log.logins() == lines{"C: AUTH SCRAM-SHA-512 ****"});
        co_await leave(std::move(mailbox));
    });
}

TEST_CASE("Cyrus: EXTERNAL, as whom the client's certificate names")
{
    auto log = passwords_log();
    const auto nobody = trusting();
    auto alice = trusting();
    alice.use_certificate_chain_file(server().client_certificate());
    alice.use_private_key_file(server().client_key());
    over_both_kinds(alice, log, [&](tls_session greeted) -> asio::awaitable<void> {
        const auto can = co_await greeted.async_capa();
        CHECK(std::find(can.sasl.begin(), can.sasl.end(), "EXTERNAL") != can.sasl.end());
        auto mailbox = co_await std::move(greeted).async_auth(pop3::sasl::external());
        CHECK(mailbox.login_mechanism() == "EXTERNAL");
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count < 1000);
    });
    over_both_kinds(nobody, log, [&](tls_session greeted) -> asio::awaitable<void> {
        auto r = co_await std::move(greeted).async_auth(pop3::sasl::external(), asio::use_awaitable);
        REQUIRE(!r);
        CHECK(r.error().verb() == "AUTH");
        CHECK(std::move(r).session().is_open());
    });
}

TEST_CASE("Cyrus: three connections with one context, and messages that were delivered")
{
    server().deliver("erin", {"Subject: one\r\n\r\n.a dot\r\n.\r\n", "Subject: two\r\n\r\n\xC3\xA4\r\n"});
    auto log = passwords_log();
    const auto tls = trusting();
    const pop3::password good("erin", right);
    test::run([&]() -> asio::awaitable<void> {
        auto clear_options = at(server().plain_port(), log);
        auto executor = co_await asio::this_coro::executor;
        auto clear = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", clear_options);
        const auto before = co_await clear.async_capa();
        CHECK(before.stls);
        tls_session secure = co_await std::move(clear).async_stls(tls);
        auto mailbox = co_await std::move(secure).async_login(good);
        const auto list = co_await mailbox.async_list();
        REQUIRE(list.size() == 2);
        const auto first = co_await mailbox.async_retr(1);
        CHECK(first.octets().ends_with("\r\n\r\n.a dot\r\n.\r\n"));
        const auto second = co_await mailbox.async_retr(2);
        CHECK(second.octets().ends_with("\r\n\r\n\xC3\xA4\r\n"));
        const auto after = co_await mailbox.async_capa();
        CHECK(!after.stls);
        CHECK(after.uidl);
        co_await mailbox.async_dele(1);
        co_await mailbox.async_dele(2);
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);

        for (int i = 0; i != 2; ++i) {
            auto again = co_await over_tls(tls, log);
            auto empty = co_await std::move(again).async_login(good);
            co_await leave(std::move(empty));
        }
    });
}

TEST_CASE("Cyrus: by a pop URL")
{
    auto log = passwords_log();
    const auto tls = trusting();
    pop3::connect_options watched;
    watched.observer = log.observer();
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto where =
            pop3::parse_url("pop://dave;AUTH=SCRAM-SHA-256@localhost:" + std::to_string(server().tls_port()));
        const pop3::password good(where.user, right);
        auto s1 = co_await pop3::async_connect(executor, tls, where, watched);
        const pop3::login_options scram(where.auth);
        auto m1 = co_await std::move(s1).async_login(good, scram);
        CHECK(m1.login_mechanism() == "SCRAM-SHA-256");
        co_await leave(std::move(m1));

        where = pop3::parse_url("pop://dave@127.0.0.1:" + std::to_string(server().plain_port()));
        auto s2 = co_await pop3::async_connect(executor, pop3::stls(tls), where, watched);
        auto m2 = co_await std::move(s2).async_login(good);
        CHECK(m2.login_mechanism() == "SCRAM-SHA-512");
        co_await leave(std::move(m2));
    });
}

} // namespace cyrus_tests
