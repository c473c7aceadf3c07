// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A server in a thread that does what a test says, and clients that log in to it over streams of every kind.

#include "support/peer.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace test {

/// Over which sessions run: the library's TLS; and, where the tests are thorough, without TLS, and over Asio's.
#if defined(POP3_THOROUGH_TESTS)
#define POP3_TEST_STREAMS pop3::cleartext_stream, pop3::tls_stream, test::tls_peer_stream
#else
#define POP3_TEST_STREAMS pop3::tls_stream
#endif

template <class Stream>
using peer_of = std::conditional_t<std::same_as<Stream, pop3::cleartext_stream>, tcp_peer, tls_peer>;

template <class Stream>
using peer_stream_of =
    std::conditional_t<std::same_as<Stream, pop3::cleartext_stream>, asio::ip::tcp::socket, tls_peer_stream>;

/// The server's end of a connection, line by line.
template <class Stream>
class server_end {
public:
    explicit server_end(Stream& s) : stream(s)
    {
    }

    /// The next one, without its CRLF; empty if the client has gone.
    std::string line()
    {
        for (;;) {
            const auto end = heard_.find("\r\n", at_);
            if (end != std::string::npos) {
                auto next = heard_.substr(at_, end - at_);
                at_ = end + 2;
                return next;
            }
            heard_.erase(0, at_);
            at_ = 0;
            char octets[65536];
            std::error_code ec;
            const auto n = stream.read_some(asio::buffer(octets), ec);
            if (ec)
                return {};
            heard_.append(octets, n);
        }
    }

    /// False if the client has gone.
    bool say(std::string_view text)
    {
        std::error_code ec;
        asio::write(stream, asio::buffer(text.data(), text.size()), ec);
        return !ec;
    }

    Stream& stream;

private:
    std::string heard_;
    std::size_t at_ = 0;
};

inline constexpr std::string_view capa_with_pipelining = "+OK\r\nUSER\r\nPIPELINING\r\n.\r\n";

/// Greets, lets everybody in, and gives each other line to `answer`, until the client has gone.
template <class Stream, class Answer>
void serve(Stream& stream, Answer answer)
{
    server_end<Stream> end(stream);
    end.say("+OK ready\r\n");
    for (;;) {
        const auto line = end.line();
        if (line.empty())
            return;
        if (line == "CAPA")
            end.say(capa_with_pipelining);
        else if (line.starts_with("USER ") || line.starts_with("PASS "))
            end.say("+OK\r\n");
        else
            answer(end, line);
    }
}

/// A stream to `peer`, connected, TLS and all.
template <class Stream, class Peer>
asio::awaitable<Stream> open_to(const Peer& peer)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), peer.port());
    if constexpr (std::same_as<Stream, pop3::cleartext_stream>) {
        Stream stream{executor};
        co_await stream.async_connect(where, asio::use_awaitable);
        co_return stream;
    } else if constexpr (std::same_as<Stream, pop3::tls_stream>) {
        pop3::tls_context tls;
        tls.add_certificate_authority(peer.identity.pem());
        Stream stream(executor, tls);
        if (const auto ec = stream.expect_host("localhost"))
            throw std::system_error(ec);
        co_await stream.next_layer().async_connect(where, asio::use_awaitable);
        co_await stream.async_handshake(Stream::client, asio::use_awaitable);
        co_return stream;
    } else {
        asio::ssl::context tls(asio::ssl::context::tls_client);
        Stream stream(executor, tls);
        co_await stream.next_layer().async_connect(where, asio::use_awaitable);
        co_await stream.async_handshake(Stream::client, asio::use_awaitable);
        co_return stream;
    }
}

/// Logs in to `peer`, by CAPA, USER and PASS.
template <class Stream, class Peer>
asio::awaitable<pop3::session<pop3::transaction, Stream>> log_in_to(const Peer& peer,
                                                                    pop3::connect_options options = {})
{
    auto stream = co_await open_to<Stream>(peer);
    auto greeted = co_await pop3::async_greet(std::move(stream), options);
    const pop3::password alice("alice", "secret");
    co_return co_await std::move(greeted).async_login(alice);
}

} // namespace test
