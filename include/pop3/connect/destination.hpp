// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace pop3::detail {

/// Whom a session is to be with, and by which executor.
struct destination {
    destination(const asio::any_io_executor& on, std::string name, std::uint16_t tcp_port);

    /// Over a socket that is connected.
    destination(asio::ip::tcp::socket connected, std::string name, std::uint16_t tcp_port);

    asio::any_io_executor executor;
    std::string host;
    /// 0: that of the protocol.
    std::uint16_t port;
    /// That of the user's own, or one that is to be connected yet.
    asio::ip::tcp::socket socket;
    bool connected;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/connect/destination.ipp>
#endif
