// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>

#include <utility>

namespace pop3 {

/// TCP without TLS. Commands that would show a password do not exist on a session over it.
class tcp_stream : public asio::ip::tcp::socket {
public:
    using asio::ip::tcp::socket::socket;

    /// Takes over a socket.
    explicit tcp_stream(asio::ip::tcp::socket&& socket) : asio::ip::tcp::socket(std::move(socket))
    {
    }
};

/// TCP without TLS, over which passwords may be sent all the same: made by `async_connect` with
/// `allow_cleartext`, so that it stands in the type of the session, and can be searched for.
class cleartext_stream : public tcp_stream {
public:
    /// The constructors of `tcp_stream`.
    using tcp_stream::tcp_stream;
};

template <>
inline constexpr bool detail::is_own_stream<tcp_stream> = true;

template <>
inline constexpr bool detail::is_own_stream<cleartext_stream> = true;

template <>
inline constexpr bool allows_cleartext<cleartext_stream> = true;

} // namespace pop3
