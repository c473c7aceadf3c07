// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// `connect_options::capabilities`: what is known of a server is not asked again, and is no more than what an answer would be.

#include "support/greeted.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace {

namespace command = pop3::command;

pop3::connect_options knowing(std::string_view mechanism)
{
    pop3::capabilities can;
    can.user = true;
    can.pipelining = true;
    if (!mechanism.empty())
        can.sasl.emplace_back(mechanism);
    pop3::connect_options options;
    options.capabilities = can;
    return options;
}

/// The endpoint of `peer`, and its name in its certificate.
template <class Peer>
pop3::connect_options to(const Peer& peer, pop3::connect_options options)
{
    options.endpoints.emplace_back(asio::ip::address_v4::loopback(), peer.port());
    return options;
}

} // namespace

TEST_SUITE_BEGIN("known capabilities");

TEST_CASE("neither the login nor a pipeline asks")
{
    const auto talk = test::greeting();
    talk->client("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n")
        .server("+OK\r\n")
        .client("STAT\r\nNOOP\r\n")
        .server("+OK 2 320\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk, knowing("PLAIN"));
        REQUIRE(greeted.capabilities());
        CHECK(greeted.capabilities()->pipelining);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        CHECK(!mailbox.capabilities()); // those of this state may be others
        auto [stat, noop] = co_await mailbox.async_pipeline(command::stat(), command::noop());
        CHECK(stat->count == 2);
        CHECK(noop.has_value());
    });
    CHECK(talk->finished());
}

TEST_CASE("what the server says itself comes before it")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n")
        .server("+OK\r\nUSER\r\n.\r\n")
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n")
        .client("STAT\r\n")
        .server("+OK 2 320\r\n")
        .client("NOOP\r\n")
        .server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk, knowing("PLAIN"));
        const auto can = co_await greeted.async_capa();
        CHECK(!can.pipelining);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        auto [stat, noop] = co_await mailbox.async_pipeline(command::stat(), command::noop());
        CHECK(stat->count == 2);
        CHECK(noop.has_value());
    });
    CHECK(talk->finished());
}

TEST_CASE("a server that has changed refuses, and nothing weaker is tried")
{
    const auto talk = test::greeting();
    talk->client("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n")
        .server("-ERR unknown mechanism\r\n")
        .client("AUTH PLAIN\r\n") // the same in its other form
        .server("-ERR unknown mechanism\r\n")
        .client("CAPA\r\n")
        .server("+OK\r\nUSER\r\n.\r\n")
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk, knowing("PLAIN"));
        const pop3::password alice("alice", "secret");
        auto refused = co_await std::move(greeted).async_login(alice, asio::use_awaitable);
        REQUIRE(!refused);
        auto back = std::move(refused).session();
        co_await back.async_capa(); // the cure
        auto mailbox = co_await std::move(back).async_login(alice);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("with TLS from the first octet")
{
    std::string heard;
    {
        test::tls_peer server([&](test::tls_peer_stream& stream) {
            test::server_end<test::tls_peer_stream> end(stream);
            end.say("+OK ready\r\n");
            for (std::string line; !(line = end.line()).empty();) {
                heard += line.substr(0, 10) + '/';
                end.say("+OK\r\n");
            }
        });
        test::run([&]() -> asio::awaitable<void> {
            pop3::tls_context tls;
            tls.add_certificate_authority(server.identity.pem());
            const auto executor = co_await asio::this_coro::executor;
            const auto options = to(server, knowing("PLAIN"));
            auto greeted = co_await pop3::async_connect(executor, tls, "localhost", options);
            const pop3::password alice("alice", "secret");
            auto mailbox = co_await std::move(greeted).async_login(alice);
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::committed);
        });
    }
    CHECK(heard == "AUTH PLAIN/QUIT/");
}

TEST_SUITE_END();
