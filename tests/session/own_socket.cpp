// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions over a socket that the user connected.

#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/connect_any.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

namespace own_socket_tests {
namespace {

using asio::ip::tcp;

tcp::socket connected(const asio::any_io_executor& executor, std::uint16_t port)
{
    tcp::socket socket(executor);
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
}

pop3::testing::server_options served(bool tls)
{
    pop3::testing::server_options options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    options.tls = tls;
    return options;
}

template <class Session>
asio::awaitable<void> look_around(Session greeted)
{
    const pop3::password alice("alice", "secret");
    auto mailbox = co_await std::move(greeted).async_login(alice);
    const auto drop = co_await mailbox.async_stat();
    CHECK(drop.count == 5);
    const auto update = co_await std::move(mailbox).async_quit();
    CHECK(update.deletions() == pop3::deletions::committed);
}

} // namespace

TEST_CASE("a socket of the user's own, with every security")
{
    const pop3::testing::background_server secure(served(true));
    const pop3::testing::background_server clear(served(false));
    pop3::tls_context tls;
    tls.add_certificate_authority(secure.identity().pem());
    tls.add_certificate_authority(clear.identity().pem());
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto s1 = connected(executor, secure.port());
        co_await look_around(co_await pop3::async_connect(std::move(s1), tls, "localhost"));
        auto s2 = connected(executor, clear.port());
        co_await look_around(co_await pop3::async_connect(std::move(s2), pop3::stls(tls), "localhost"));
        auto s3 = connected(executor, clear.port());
        co_await look_around(co_await pop3::async_connect(std::move(s3), pop3::allow_cleartext, "localhost"));
        auto s4 = connected(executor, clear.port());
        auto plain = co_await pop3::async_connect(std::move(s4), pop3::without_tls, "localhost");
        const auto end = co_await std::move(plain).async_quit();
        (void)end;
        auto s5 = connected(executor, secure.port());
        const pop3::security how(pop3::security_kind::tls, tls);
        co_await look_around(co_await pop3::async_connect(std::move(s5), how, "localhost"));
    });
}

TEST_CASE("a socket of the user's own: the certificate must be for the host")
{
    const pop3::testing::background_server secure(served(true));
    pop3::tls_context tls;
    tls.add_certificate_authority(secure.identity().pem());
    pop3::connect_options options;
    options.proxy = pop3::http_proxy("127.0.0.1", 1); // of no meaning
    options.endpoints = {{asio::ip::address_v4::loopback(), 1}};
    test::run([&]() -> asio::awaitable<void> {
        auto socket = connected(co_await asio::this_coro::executor, secure.port());
        try {
            const auto greeted =
                co_await pop3::async_connect(std::move(socket), tls, "pop.example.org", options);
            FAIL_CHECK("it is not that host");
        } catch (const std::system_error& e) {
            CHECK(e.code().category() == pop3::certificate_category());
            CHECK(std::string(e.what()).starts_with("pop.example.org:995: "));
        }
    });
}

TEST_CASE("a socket that leads nowhere")
{
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        for (const bool open : {false, true}) {
            tcp::socket socket(executor);
            if (open)
                socket.open(tcp::v4());
            try {
                const auto greeted =
                    co_await pop3::async_connect(std::move(socket), pop3::without_tls, "localhost");
                FAIL_CHECK("there is no connection");
            } catch (const std::system_error& e) {
                const bool told =
                    e.code() == asio::error::bad_descriptor || e.code() == asio::error::not_connected;
                CHECK(told);
            }
        }
    });
}

TEST_CASE("a socket of a thread pool gets a strand of the session's own")
{
    const pop3::testing::background_server secure(served(true));
    pop3::tls_context tls;
    tls.add_certificate_authority(secure.identity().pem());
    asio::thread_pool pool(4);
    auto greeted =
        pop3::async_connect(connected(pool.get_executor(), secure.port()), tls, "localhost", asio::use_future)
            .get();
    REQUIRE(greeted);
    CHECK((*greeted).get_executor() != asio::any_io_executor(pool.get_executor()));
    CHECK((*greeted).async_capa(asio::use_future).get().has_value());
    tcp::socket unconnected(pool.get_executor());
    std::error_code ec;
    pop3::async_connect(std::move(unconnected), tls, "localhost",
                        [&](std::error_code e, const auto&) { ec = e; });
    pool.join();
    CHECK(ec == asio::error::bad_descriptor);
}

} // namespace own_socket_tests
