// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What a tls_context remembers of a server that refuses to bind a login to the TLS channel.

#include "support/peer.hpp"
#include "support/run.hpp"
#include "support/scram_server.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream_base.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using lines = std::vector<std::string>;

const pop3::password alice("alice", "tanstaaf");
const lines both = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
const lines unbound = {"SCRAM-SHA-256"};

/// Refuses to bind, as Cyrus does, but does not take its time.
class cyrus {
public:
    cyrus() : peer_([this](auto& stream) { serve(stream); }, {}, 100)
    {
    }

    /// Shows the certificate of `other`.
    explicit cyrus(const cyrus& other)
        : peer_([this](auto& stream) { serve(stream); },
                [&](asio::ssl::context& tls) { other.peer_.identity.load_into(tls); }, 100)
    {
    }

    std::uint16_t port() const
    {
        return peer_.port();
    }

    pop3::tls_context trusting() const
    {
        pop3::tls_context tls;
        tls.add_certificate_authority(peer_.identity.pem());
        return tls;
    }

    /// What was tried since this was last asked.
    lines tried()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(tried_, {});
    }

private:
    void serve(test::tls_peer_stream& stream)
    {
        test::server_end end(stream);
        test::scram_server server("tanstaaf", 4096);
        server.refuses = [](const std::string& name, bool proved) {
            return proved && name.ends_with("-PLUS") ? "-ERR [AUTH] authenticating: bad protocol / cancel\r\n"
                                                     : "";
        };
        end.say("+OK ready\r\n");
        for (;;) {
            const auto line = end.line();
            const auto before = server.tried.size();
            const auto answer = server.answer(line);
            if (server.tried.size() != before) {
                const std::lock_guard lock(mutex_);
                tried_.push_back(server.tried.back());
            }
            if (!end.say(answer) || line.empty())
                return test::linger(stream);
        }
    }

    std::mutex mutex_;
    lines tried_;
    test::tls_peer peer_;
};

/// Logs in through `tls`, and says what the server was asked for.
lines log_in(cyrus& server, const pop3::tls_context& tls, const pop3::login_options& options = {})
{
    test::run([&]() -> asio::awaitable<void> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        pop3::connect_options there;
        there.port = server.port();
        auto greeted = co_await pop3::async_connect(executor, tls, "localhost", there);
        auto reply = co_await std::move(greeted).async_login(alice, options, asio::use_awaitable);
        CHECK(reply.has_value() == !options.require_channel_binding);
    });
    return server.tried();
}

/// The same over a stream that `make` makes.
template <class Make>
lines log_in_over(cyrus& server, Make make)
{
    test::run([&]() -> asio::awaitable<void> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        auto stream = make(executor);
        const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), server.port());
        co_await stream.next_layer().async_connect(where, asio::use_awaitable);
        co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        auto greeted = co_await pop3::async_greet(std::move(stream));
        auto reply = co_await std::move(greeted).async_login(alice, asio::use_awaitable);
        CHECK(reply.has_value());
    });
    return server.tried();
}

} // namespace

TEST_CASE("refused binding: the second login of a tls_context begins unbound")
{
    cyrus server;
    auto tls = server.trusting();
    CHECK(log_in(server, tls) == both);
    CHECK(log_in(server, tls) == unbound);
    // Also when the TLS session is not resumed, and over a stream that was made by hand.
    tls.set_session_resumption(false);
    CHECK(log_in(server, tls) == both);
    CHECK(log_in(server, tls) == unbound);
    CHECK(log_in_over(server, [&](const asio::any_io_executor& executor) {
              pop3::tls_stream stream(executor, tls);
              REQUIRE_FALSE(stream.expect_host("localhost"));
              return stream;
          }) == unbound);
}

TEST_CASE("refused binding: a demand for the binding does not know of it")
{
    cyrus server;
    const auto tls = server.trusting();
    CHECK(log_in(server, tls) == both);
    pop3::login_options demand;
    demand.require_channel_binding = true;
    CHECK(log_in(server, tls, demand) == lines{"SCRAM-SHA-256-PLUS"});
    CHECK(log_in(server, tls) == unbound);
}

TEST_CASE("refused binding: is of one host, one port, and one tls_context")
{
    cyrus server;
    cyrus other(server);
    auto tls = server.trusting();
    CHECK(log_in(server, tls) == both);
    CHECK(log_in(other, tls) == both);
    CHECK(log_in(server, tls) == unbound);
    CHECK(log_in(other, tls) == unbound);
    CHECK(log_in_over(server, [&](const asio::any_io_executor& executor) {
              pop3::tls_stream stream(executor, tls);
              REQUIRE_FALSE(stream.expect_host("127.0.0.1"));
              return stream;
          }) == both);
    CHECK(log_in(server, server.trusting()) == both);
}

TEST_CASE("refused binding: is forgotten when what is trusted changes")
{
    cyrus server;
    auto tls = server.trusting();
    CHECK(log_in(server, tls) == both);
    tls.require_tls_1_3();
    CHECK(log_in(server, tls) == both);
}

TEST_CASE("refused binding: over Asio's stream nothing remembers it")
{
    cyrus server;
    asio::ssl::context tls(asio::ssl::context::tls_client);
    for (int i = 0; i != 2; ++i)
        CHECK(log_in_over(server, [&](const asio::any_io_executor& executor) {
                  return test::tls_peer_stream(executor, tls);
              }) == both);
}
