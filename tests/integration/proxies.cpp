// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Dovecot through real proxies: microsocks and Tinyproxy.

#include "proxies/proxies.hpp"
#include "dovecot/dovecot.hpp"
#include "support/run.hpp"
#include "support/scratch.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

namespace real_proxies_tests {
namespace {

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

pop3::connect_options through(pop3::proxy p, std::uint16_t port)
{
    pop3::connect_options options;
    options.port = port;
    options.proxy = std::move(p);
    return options;
}

/// Logs in, and reads.
template <class How>
void read_through(const How& how, const std::string& host, const pop3::connect_options& options)
{
    const std::string mail = "Subject: one\r\n\r\n" + std::string(100'000, 'x') + "\r\n";
    server().make_maildrop("proxied", {mail});
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_connect(executor, how, host, options);
        const pop3::password login("proxied", test::dovecot::password);
        auto mailbox = co_await std::move(greeted).async_login(login);
        const auto message = co_await mailbox.async_retr(1);
        CHECK(message.octets() == mail);
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
}

/// What the default token throws.
std::system_error failure(const std::string& host, const pop3::connect_options& options)
{
    std::system_error result{std::error_code()};
    const auto tls = trusting();
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        try {
            const auto greeted = co_await pop3::async_connect(executor, tls, host, options);
        } catch (const std::system_error& e) {
            result = e;
        }
    });
    return result;
}

bool says(const std::system_error& e, const std::string& text)
{
    INFO(e.what());
    const bool does = std::string(e.what()).find(text) != std::string::npos;
    CHECK(does);
    return does;
}

} // namespace

TEST_CASE("microsocks: TLS, STLS and no TLS, by name and by address")
{
    const test::microsocks open;
    const pop3::socks5_proxy proxy("127.0.0.1", open.port());
    const auto tls = trusting();
    for (const std::string host : {"localhost", "127.0.0.1"}) {
        read_through(tls, host, through(proxy, server().tls_port()));
        read_through(pop3::stls(tls), host, through(proxy, server().plain_port()));
        read_through(pop3::allow_cleartext, host, through(proxy, server().plain_port()));
    }
    const auto e = failure("localhost", through(proxy, 1));
    CHECK(e.code() == pop3::errc::proxy_refused);
    says(e, "localhost:1 through 127.0.0.1:" + std::to_string(open.port()) +
                ", which said \"connection refused\": ");
    CHECK(failure("no-such-host.invalid", through(proxy, 995)).code() == pop3::errc::proxy_refused);
    CHECK(failure("localhost", through(pop3::http_proxy("127.0.0.1", open.port()), server().tls_port()))
              .code() == pop3::errc::proxy_malformed);
}

TEST_CASE("microsocks: with a name and a password")
{
    const test::microsocks guarded("gatekeeper", "sesame");
    const auto tls = trusting();
    const auto at = guarded.port();
    const auto port = server().tls_port();
    read_through(tls, "localhost",
                 through(pop3::socks5_proxy("127.0.0.1", at, pop3::password("gatekeeper", "sesame")), port));
    for (const auto& wrong :
         {pop3::socks5_proxy("127.0.0.1", at),
          pop3::socks5_proxy("127.0.0.1", at, pop3::password("gatekeeper", "simsalabim"))}) {
        const auto e = failure("localhost", through(wrong, port));
        CHECK(e.code() == pop3::errc::proxy_authentication);
        CHECK(std::string(e.what()).find("simsalabim") == std::string::npos);
    }
}

TEST_CASE("Tinyproxy: TLS and STLS, by name and by address")
{
    const test::scratch folder;
    const auto tls = trusting();
    for (const bool by_stls : {false, true}) {
        const auto port = by_stls ? server().plain_port() : server().tls_port();
        const test::tinyproxy open(folder.path(), port);
        const pop3::http_proxy proxy("localhost", open.port());
        for (const std::string host : {"localhost", "127.0.0.1"}) {
            if (by_stls)
                read_through(pop3::stls(tls), host, through(proxy, port));
            else
                read_through(tls, host, through(proxy, port));
        }
        const auto e = failure("localhost", through(proxy, 1));
        CHECK(e.code() == pop3::errc::proxy_refused);
        says(e, ", which said \"403 ");
    }
}

TEST_CASE("Tinyproxy: with a name and a password")
{
    const test::scratch folder;
    const auto tls = trusting();
    const auto port = server().tls_port();
    const test::tinyproxy guarded(folder.path(), port, "gatekeeper", "sesame");
    const auto at = guarded.port();
    read_through(tls, "localhost",
                 through(pop3::http_proxy("127.0.0.1", at, pop3::password("gatekeeper", "sesame")), port));
    CHECK(failure("localhost", through(pop3::http_proxy("127.0.0.1", at), port)).code() ==
          pop3::errc::proxy_authentication);
    const pop3::http_proxy wrong("127.0.0.1", at, pop3::password("gatekeeper", "simsalabim"));
    // It says 401 to this, which is for servers.
    const auto e = failure("localhost", through(wrong, port));
    const bool refused =
        e.code() == pop3::errc::proxy_authentication || e.code() == pop3::errc::proxy_refused;
    CHECK(refused);
    CHECK(std::string(e.what()).find("simsalabim") == std::string::npos);
}

TEST_CASE("a mail account that is reached through a proxy")
{
    server().make_maildrop("fetched", {"Subject: one\r\n\r\nbody\r\n"});
    const test::microsocks open;
    pop3::mail_account account(
        trusting(), pop3::parse_url("pop://fetched@localhost:" + std::to_string(server().tls_port())),
        pop3::password("fetched", test::dovecot::password));
    account.connect.proxy = pop3::socks5_proxy("127.0.0.1", open.port());
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto mailbox = co_await account.async_open(executor, pop3::pipelining::automatic);
        const auto drop = co_await mailbox.async_stat();
        CHECK(drop.count == 1);
    });
}

} // namespace real_proxies_tests
