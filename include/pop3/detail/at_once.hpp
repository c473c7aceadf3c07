// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/buffer_pool.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/tcp_stream.hpp>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/socket_base.hpp>

#include <concepts>
#include <cstddef>
#include <system_error>
#include <utility>

namespace pop3 {

class any_stream;
class tls_stream;

} // namespace pop3

namespace pop3::detail {

// What a stream can do without a handler, if it can: then nothing needs a buffer while it waits, and what is there
// already is taken without a turn of the event loop.

template <class S>
inline constexpr bool is_plain_socket = false;

template <class Protocol, class Executor>
inline constexpr bool is_plain_socket<asio::basic_stream_socket<Protocol, Executor>> = true;

template <>
inline constexpr bool is_plain_socket<tcp_stream> = true;

/// Any of Asio's sockets. Not what a user derives from one: that may read and write in a way of its own, such as
/// encrypted, in the functions that `async_stream` names.
template <class S>
concept stream_socket = is_plain_socket<S>;

template <class S>
inline constexpr bool is_buffered_stream = false;

template <>
inline constexpr bool is_buffered_stream<tls_stream> = true;

template <>
inline constexpr bool is_buffered_stream<any_stream> = true;

/// What has `read_now(buffer, ec)` and `write_now(buffer, ec)`, which set `asio::error::would_block` if nothing can be had or
/// sent yet, and `async_readable(handler)`. What `write_now` has taken and could not send is sent by later calls of any of the
/// three. Again not what a user derives from one.
template <class S>
concept buffered_stream = is_buffered_stream<S>;

template <class S>
concept works_at_once = stream_socket<S> || buffered_stream<S>;

/// A user's own stream that can be read without waiting (see `async_stream`).
template <class S>
concept reads_now = works_at_once<S> || requires(S& stream, asio::mutable_buffer into, std::error_code& ec) {
    { stream.read_now(into, ec) } -> std::same_as<std::size_t>;
};

/// How much is read at once.
template <class S>
inline constexpr buffer_size read_size = stream_socket<S> ? buffer_size::bulk : buffer_size::record;

template <buffered_stream S>
std::size_t read_now(S& stream, asio::mutable_buffer into, std::error_code& ec)
{
    return stream.read_now(into, ec);
}

template <buffered_stream S>
std::size_t write_now(S& stream, asio::const_buffer from, std::error_code& ec)
{
    return stream.write_now(from, ec);
}

// Their own (tls_stream.hpp, any_stream.hpp).
void wait_to_read(tls_stream& stream, step handler);
void stop_waiting(tls_stream& stream) noexcept;
void wait_to_read(any_stream& stream, step handler);
void stop_waiting(any_stream& stream) noexcept;

/// Waits until it may be worth while to read. `stop_waiting` must be called when that has ended.
template <buffered_stream S>
void wait_to_read(S& stream, step handler)
{
    stream.async_readable(std::move(handler));
}

template <works_at_once S>
void stop_waiting(S&) noexcept
{
}

/// Whether there is surely nothing to read, nor an end: one look.
template <buffered_stream S>
bool is_quiet(S& stream) noexcept
{
    return stream.is_quiet();
}

template <stream_socket S>
void forbid_to_wait(S& socket, std::error_code& ec)
{
    ec = {};
    if (!socket.non_blocking())
        socket.non_blocking(true, ec);
}

template <stream_socket S>
std::size_t read_now(S& socket, asio::mutable_buffer into, std::error_code& ec)
{
    detail::forbid_to_wait(socket, ec);
    return ec ? 0 : socket.read_some(into, ec);
}

template <stream_socket S>
bool is_quiet(S& socket) noexcept
{
    char octet;
    std::error_code ec;
    detail::forbid_to_wait(socket, ec);
    if (!ec)
        socket.receive(asio::buffer(&octet, 1), asio::socket_base::message_peek, ec);
    return ec == asio::error::would_block;
}

template <stream_socket S>
std::size_t write_now(S& socket, asio::const_buffer from, std::error_code& ec)
{
    detail::forbid_to_wait(socket, ec);
    return ec ? 0 : socket.write_some(from, ec);
}

template <stream_socket S>
void wait_to_read(S& socket, step handler)
{
    socket.async_wait(asio::socket_base::wait_read, std::move(handler));
}

} // namespace pop3::detail
