// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/server.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>

#include <openssl/ssl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace test {

/// The server's end of one connection, done by hand in a thread of its own: for what no decent server does.
template <class Stream>
class peer {
public:
    using conversation = std::function<void(Stream&)>;

    /// Accepts so many connections, one after the other; does the TLS handshake if there is TLS, and calls `talk`. Shows
    /// `identity` if `set_up` chooses no other certificate.
    explicit peer(conversation talk, std::function<void(asio::ssl::context&)> set_up = {},
                  int connections = 1)
        : talk_(std::move(talk)), acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
          connections_(connections)
    {
        if (set_up)
            set_up(tls_);
        if (SSL_CTX_get0_certificate(tls_.native_handle()) == nullptr)
            identity.load_into(tls_);
        thread_ = std::thread([this] { run(); });
    }

    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    ~peer()
    {
        if (connections_ > 1) {
            // It may wait for one that a failed test did not make.
            stopping_ = true;
            std::error_code ignored;
            asio::ip::tcp::socket(context_).connect(acceptor_.local_endpoint(), ignored);
        }
        thread_.join();
    }

    std::uint16_t port() const
    {
        return acceptor_.local_endpoint().port();
    }

    pop3::testing::certificate identity;

private:
    void run()
    {
        for (int i = 0; i != connections_ && !stopping_; ++i)
            serve_one();
    }

    void serve_one()
    {
        std::error_code ec;
        auto socket = acceptor_.accept(ec);
        if (ec || stopping_)
            return;
        socket.set_option(asio::ip::tcp::no_delay(true), ec); // or some tests wait for acknowledgements
        if constexpr (requires(Stream& s) { s.handshake(Stream::server, ec); }) {
            Stream stream(std::move(socket), tls_);
            stream.handshake(Stream::server, ec);
            if (!ec)
                talk_(stream);
        } else {
            talk_(socket);
        }
    }

    conversation talk_;
    asio::io_context context_;
    asio::ssl::context tls_{asio::ssl::context::tls_server};
    asio::ip::tcp::acceptor acceptor_;
    int connections_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

using tls_peer_stream = asio::ssl::stream<asio::ip::tcp::socket>;
using tls_peer = peer<tls_peer_stream>;
using tcp_peer = peer<asio::ip::tcp::socket>;

/// Says something. That the client has gone is for the client to know.
template <class Stream>
void say(Stream& stream, std::string_view text)
{
    std::error_code ignored;
    asio::write(stream, asio::buffer(text.data(), text.size()), ignored);
}

/// Reads until a line has come, or the end.
template <class Stream>
std::string hear(Stream& stream)
{
    std::string line;
    std::error_code ec;
    char octet = 0;
    while (!line.ends_with('\n') && stream.read_some(asio::buffer(&octet, 1), ec) == 1 && !ec)
        line += octet;
    return line;
}

/// Reads until the client has gone. (A socket that is closed with something unread may take back what it said.)
template <class Stream>
void linger(Stream& stream)
{
    std::error_code ec;
    char octets[512];
    while (!ec)
        stream.read_some(asio::buffer(octets), ec);
}

} // namespace test
