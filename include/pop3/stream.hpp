// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/buffer.hpp>

#include <concepts>
#include <cstddef>
#include <system_error>

namespace pop3 {

class tcp_stream;
class cleartext_stream;

namespace detail {

/// What a session over `Stream` sends and receives by. A `cleartext_stream` differs from a `tcp_stream` in what compiles over it,
/// not in how it runs: they share the code of all operations.
template <class Stream>
struct carrier {
    using type = Stream;
};

template <>
struct carrier<cleartext_stream> {
    using type = tcp_stream;
};

template <class Stream>
using carrier_of = typename carrier<Stream>::type;

/// The library's own. That they are streams need not be found out in each file.
template <class S>
inline constexpr bool is_own_stream = false;

} // namespace detail

/// What a session can run over: Asio's AsyncReadStream and AsyncWriteStream, with a `lowest_layer()` that can be
/// closed. `tls_stream`, `tcp_stream`, `asio::ssl::stream` and Asio's sockets are such streams. If it has
/// `async_shutdown`, that is called after the reply to QUIT.
///
/// What a server says while nothing was asked must not be taken for the reply to the next command. To find it, a stream must
/// be able to read without waiting. The library's own and Asio's sockets can. A stream of your own can if it has
/// `std::size_t read_now(asio::mutable_buffer, std::error_code&)`, which sets `asio::error::would_block` if there is nothing.
/// Over one without it, and over `asio::ssl::stream`, what came unasked is found only if it came together with the reply
/// before.
template <class S>
concept async_stream = detail::is_own_stream<S> ||
                       (std::move_constructible<S> &&
                        requires(S& stream, asio::mutable_buffer in, asio::const_buffer out,
                                 std::error_code& ec, void (*handler)(std::error_code, std::size_t)) {
                            typename S::executor_type;
                            stream.get_executor();
                            stream.lowest_layer().close(ec);
                            stream.async_read_some(in, handler);
                            stream.async_write_some(out, handler);
                        });

/// Says that what is sent over `Stream` can be read by no one but the server. True for TLS. For a stream of
/// your own (a Unix socket, say): `template <> inline constexpr bool pop3::is_secure_stream<my_stream> = true;`
template <class Stream>
inline constexpr bool is_secure_stream = false;

/// Says that passwords may be sent over `Stream` though it is not secure: true for `cleartext_stream`.
template <class Stream>
inline constexpr bool allows_cleartext = false;

/// A stream over which a reusable secret may be sent.
template <class Stream>
concept may_carry_secrets = is_secure_stream<Stream> || allows_cleartext<Stream>;

namespace detail {

// What is known of most streams when they are compiled, and of an `any_stream` when it is connected.

template <class Stream>
constexpr bool is_secure(const Stream&) noexcept
{
    return is_secure_stream<Stream>;
}

template <class Stream>
constexpr bool may_reveal(const Stream&) noexcept
{
    return may_carry_secrets<Stream>;
}

template <class Stream>
    requires requires(const Stream& s) { s.may_carry_secrets(); }
bool is_secure(const Stream& s) noexcept
{
    return s.is_encrypted();
}

template <class Stream>
    requires requires(const Stream& s) { s.may_carry_secrets(); }
bool may_reveal(const Stream& s) noexcept
{
    return s.may_carry_secrets();
}

} // namespace detail

} // namespace pop3
