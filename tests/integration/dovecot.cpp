// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The library against Dovecot.

#include "dovecot/dovecot.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace dovecot_tests {
namespace {

using namespace std::chrono_literals;

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

pop3::connect_options at(std::uint16_t port)
{
    pop3::connect_options options;
    options.port = port;
    return options;
}

asio::awaitable<pop3::session<pop3::authorization>> connect(std::string host = "localhost")
{
    auto tls = trusting();
    auto executor = co_await asio::this_coro::executor;
    co_return co_await pop3::async_connect(executor, tls, host, at(server().tls_port()));
}

asio::awaitable<pop3::session<pop3::transaction>> log_in(std::string user, std::string host = "localhost")
{
    auto greeted = co_await connect(host);
    const pop3::password credentials(user, test::dovecot::password);
    co_return co_await std::move(greeted).async_login(credentials);
}

std::string sha256(std::string_view text)
{
    std::string digest(32, '\0');
    REQUIRE(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                       EVP_sha256(), nullptr) == 1);
    return digest;
}

/// As it travels: a bare LF, which ends the lines of a file, becomes CRLF.
std::string on_the_wire(std::string_view file)
{
    std::string wire;
    wire.reserve(file.size() + file.size() / 32);
    char before = 0;
    for (const char c : file) {
        if (c == '\n' && before != '\r')
            wire += '\r';
        wire += c;
        before = c;
    }
    return wire;
}

/// Messages that have gone wrong in one client or another.
std::vector<std::string> awkward_messages()
{
    const std::string header = "From: a@example.org\nTo: b@example.org\nSubject: awkward\n\n";
    std::string octets = header;
    for (int c = 1; c != 256; ++c)
        if (c != '\n' && c != '\r')
            octets += static_cast<char>(c);
    std::string large = header;
    while (large.size() < 3u << 20)
        large += "." + std::to_string(large.size()) + " a line, which begins with a dot\n";
    return {
        header + "one line\n",
        header + ".\n..\n...\n.x\n.\n",
        header + ".\n",
        header,
        octets + "\n",
        header + std::string(20'000, 'x') + "\n." + std::string(12'000, 'y') + "\n",
        header + "a bare CR\rin a line\n",
        large,
    };
}

} // namespace

TEST_CASE("every command")
{
    const auto messages = awkward_messages();
    server().make_maildrop("commands", messages);
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await connect();
        CHECK(greeted.greeting().timestamp.starts_with('<'));
        auto can = co_await greeted.async_capa();
        CHECK(can.top);
        CHECK(can.uidl);
        CHECK(can.user);
        CHECK(can.resp_codes);
        CHECK(can.auth_resp_code);
        CHECK(can.pipelining);
        CHECK(!can.stls); // there is TLS already
        CHECK(!can.sasl.empty());

        auto named = co_await std::move(greeted).async_user("commands");
        auto mailbox = co_await std::move(named).async_pass(test::dovecot::password);
        can = co_await mailbox.async_capa();
        CHECK(can.pipelining);
        const auto last_before = co_await mailbox.async_last();
        CHECK(!last_before);

        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == messages.size());
        const auto list = co_await mailbox.async_list();
        const auto ids = co_await mailbox.async_uidl();
        REQUIRE(list.size() == messages.size());
        REQUIRE(ids.size() == messages.size());
        std::uint64_t octets = 0;
        for (std::size_t i = 0; i != messages.size(); ++i) {
            CAPTURE(i);
            CHECK(list[i].number == i + 1);
            octets += list[i].octets;
            const auto wire = on_the_wire(messages[i]);
            CHECK(list[i].octets == wire.size());
            const auto one = co_await mailbox.async_list(i + 1);
            CHECK(one == list[i]);
            const auto id = co_await mailbox.async_uidl(i + 1);
            CHECK(id == ids[i]);
            const auto message = co_await mailbox.async_retr(i + 1);
            CHECK(message.octets().size() == wire.size());
            CHECK(sha256(message.octets()) == sha256(wire));
            const auto top = co_await mailbox.async_top(i + 1, 1);
            CHECK(wire.starts_with(top.octets()));
            CHECK(top.header() == message.header());
        }
        CHECK(octets == drop.octets);
        const auto last = co_await mailbox.async_last();
        CHECK(last == pop3::message_number(messages.size()));

        co_await mailbox.async_dele(2);
        const auto gaps = co_await mailbox.async_list();
        CHECK(gaps.size() == messages.size() - 1);
        CHECK(gaps[1].number == 3);
        const auto gone = co_await mailbox.async_retr(2, asio::use_awaitable);
        CHECK(!gone.has_value());
        const auto twice = co_await mailbox.async_dele(2, asio::use_awaitable);
        CHECK(!twice.has_value());
        co_await mailbox.async_rset();
        const auto again = co_await mailbox.async_list();
        CHECK(again == list);
        co_await mailbox.async_noop();
        const auto no_such = co_await mailbox.async_list(messages.size() + 1, asio::use_awaitable);
        CHECK(!no_such.has_value());
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(server().maildrop("commands") == messages);
}

TEST_CASE("deletions go with QUIT, and stay without it")
{
    server().make_maildrop("deletions",
                           {"Subject: 1\n\none\n", "Subject: 2\n\ntwo\n", "Subject: 3\n\nthree\n"});
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("deletions");
        co_await mailbox.async_dele(1);
        co_await mailbox.async_dele(3);
    });
    CHECK(server().maildrop("deletions").size() == 3);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("deletions");
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 3);
        co_await mailbox.async_dele(1);
        co_await mailbox.async_dele(3);
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(server().maildrop("deletions") == std::vector<std::string>{"Subject: 2\n\ntwo\n"});
}

TEST_CASE("a wrong password, and then the right one on the same connection")
{
    server().make_maildrop("forgetful");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await connect();
        const pop3::password wrong("forgetful", "wrong");
        auto r = co_await std::move(greeted).async_login(wrong, asio::use_awaitable);
        REQUIRE(!r.has_value());
        CHECK(r.error().code() == pop3::response_code::auth);
        const pop3::password right("forgetful", test::dovecot::password);
        auto mailbox = co_await std::move(r).session().async_login(right);
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop == pop3::drop_listing{0, 0});
    });
}

TEST_CASE("a password that cannot be sent leaves the session where USER can follow")
{
    server().make_maildrop("controls");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await connect();
        auto named = co_await std::move(greeted).async_user("controls");
        std::error_code ec;
        auto r = co_await std::move(named).async_pass("a\nb", asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == pop3::errc::invalid_argument);
        const pop3::password right("controls", test::dovecot::password);
        const auto mailbox = co_await std::move(r).session().async_login(right);
        CHECK(mailbox.is_open());
    });
}

TEST_CASE("spaces, quotes and 8-bit octets in a password")
{
    server().make_maildrop("odd");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await connect();
        const pop3::password odd("odd", "pass word \"\\ \xC3\xA4\xC3\xB6\xC3\xBC");
        const auto mailbox = co_await std::move(greeted).async_login(odd);
        CHECK(mailbox.is_open());
    });
}

TEST_CASE("[IN-USE], [SYS/TEMP], and [AUTH] before the password is sent")
{
    server().make_maildrop("busy");
    test::run([&]() -> asio::awaitable<void> {
        const auto first = co_await log_in("busy");
        // Dovecot waits some ten seconds for the first session to end, before it says no.
        auto executor = co_await asio::this_coro::executor;
        auto second = co_await connect();
        const pop3::password credentials("busy", test::dovecot::password);
        auto r = co_await std::move(second).async_login(credentials, asio::use_awaitable);
        CHECK(!r.has_value());
        CHECK(r.error().code() == pop3::response_code::in_use);
        CHECK(r.error().verb() == "AUTH");
        CHECK(r.error().advice() == pop3::retry_advice::wait);
        CHECK(!r.error().retry_after());

        auto greeted = co_await connect();
        const pop3::password broken("broken", test::dovecot::password);
        auto r2 = co_await std::move(greeted).async_login(broken, asio::use_awaitable);
        CHECK(!r2.has_value());
        CHECK(r2.error().code() == pop3::response_code::sys_temp);
        CHECK(r2.error().verb() == "AUTH");
        CHECK(r2.error().advice() == pop3::retry_advice::wait);
        CHECK(!r2.error().retry_after());
        // Dovecot has closed the connection behind that; the next command finds out.
        auto left = std::move(r2).session();
        std::error_code ec;
        const auto gone = co_await left.async_capa(asio::redirect_error(asio::use_awaitable, ec));
        CHECK(!gone.has_value());
        CHECK(pop3::is_fatal(ec));
        CHECK(!left.is_open());

        auto clear = co_await pop3::async_connect(executor, pop3::allow_cleartext,
                                                  server().tls_required_host(), at(server().plain_port()));
        auto r3 = co_await std::move(clear).async_user("busy", asio::use_awaitable);
        CHECK(!r3.has_value());
        CHECK(r3.error().code() == pop3::response_code::auth);
        CHECK(r3.error().verb() == "USER");
        CHECK(r3.error().advice() == pop3::retry_advice::ask_for_credentials);
    });
}

TEST_CASE("certificates that are not to be trusted")
{
    const auto verdict = [](pop3::tls_context& tls, const std::string& address) {
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto options = at(server().tls_port());
            options.endpoints = {{asio::ip::make_address(address), server().tls_port()}};
            const auto r = co_await pop3::async_connect(executor, tls, "localhost", options,
                                                        asio::redirect_error(asio::use_awaitable, ec));
            CHECK(r.has_value() == !ec);
        });
        return ec;
    };
    auto tls = trusting();
    CHECK(!verdict(tls, server().host()));
    CHECK(verdict(tls, server().expired_host()) ==
          std::error_code(X509_V_ERR_CERT_HAS_EXPIRED, pop3::certificate_category()));
    CHECK(verdict(tls, server().wrong_host()) ==
          std::error_code(X509_V_ERR_HOSTNAME_MISMATCH, pop3::certificate_category()));
    pop3::tls_context system_only;
    CHECK(verdict(system_only, server().host()).category() == pop3::certificate_category());
}

TEST_CASE("IPv6")
{
    // A machine may be without; the ones that check changes may not.
    REQUIRE((server().has_ipv6() || std::getenv("CI") == nullptr));
    if (!server().has_ipv6()) {
        MESSAGE("there is no IPv6 here: it is not tested");
        return;
    }
    server().make_maildrop("ipv6", {"Subject: 6\n\n"});
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("ipv6", "::1");
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 1);
    });
}

TEST_CASE("a message of 30 MiB")
{
    std::string large = "Subject: large\n\n";
    while (large.size() < 30u << 20)
        large += std::to_string(large.size()) + " octets came before this line.\n";
    server().make_maildrop("large", {large});
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("large");
        const auto message = co_await mailbox.async_retr(1);
        CHECK(sha256(message.octets()) == sha256(on_the_wire(large)));

        pop3::limits limits;
        limits.message_octets = 1u << 20;
        mailbox.set_limits(limits);
        std::error_code ec;
        const auto r = co_await mailbox.async_retr(1, asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == pop3::errc::message_octets_limit);
        co_await mailbox.async_noop();
    });
}

TEST_CASE("an empty maildrop")
{
    server().make_maildrop("empty");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("empty");
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop == pop3::drop_listing{0, 0});
        const auto list = co_await mailbox.async_list();
        CHECK(list.empty());
        const auto ids = co_await mailbox.async_uidl();
        CHECK(ids.empty());
        const auto r = co_await mailbox.async_retr(1, asio::use_awaitable);
        CHECK(!r.has_value());
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
}

TEST_CASE("a maildrop of 10,000 messages")
{
    std::vector<std::string> messages;
    for (int i = 0; i != 10'000; ++i)
        messages.push_back("Subject: " + std::to_string(i) + "\n\nbody\n");
    server().make_maildrop("many", messages);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in("many");
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 10'000);
        const auto list = co_await mailbox.async_list();
        const auto ids = co_await mailbox.async_uidl();
        REQUIRE(list.size() == 10'000);
        REQUIRE(ids.size() == 10'000);
        CHECK(ids.back().number == 10'000);
        CHECK(ids.front().unique_id != ids.back().unique_id);
        const auto last = co_await mailbox.async_retr(10'000);
        CHECK(last.octets() == on_the_wire(messages.back()));
    });
}

TEST_CASE("without TLS, and over asio::ssl::stream")
{
    server().make_maildrop("streams", {"Subject: 1\n\n.\n"});
    const auto look_around = [](auto greeted) -> asio::awaitable<void> {
        const pop3::password credentials("streams", test::dovecot::password);
        auto mailbox = co_await std::move(greeted).async_login(credentials);
        const auto message = co_await mailbox.async_retr(1);
        CHECK(message.octets() == "Subject: 1\r\n\r\n.\r\n");
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    };
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto clear = co_await pop3::async_connect(executor, pop3::allow_cleartext, "localhost",
                                                  at(server().plain_port()));
        co_await look_around(std::move(clear));

        asio::ssl::context tls(asio::ssl::context::tls_client);
        tls.set_verify_mode(asio::ssl::verify_peer);
        tls.load_verify_file(server().ca_file());
        asio::ssl::stream<asio::ip::tcp::socket> stream(executor, tls);
        const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server().tls_port());
        co_await stream.lowest_layer().async_connect(endpoint, asio::use_awaitable);
        co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        auto secure = co_await pop3::async_greet(std::move(stream));
        co_await look_around(std::move(secure));
    });
}

} // namespace dovecot_tests
