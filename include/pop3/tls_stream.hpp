// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/first_buffer.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/tls_operation.hpp>
#include <pop3/stream.hpp>
#include <pop3/tls_context.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/ssl/stream_base.hpp>

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pop3 {

class tls_stream;

namespace detail {

// What the driver reads a `tls_stream` by.
void wait_to_read(tls_stream& stream, step handler);
void stop_waiting(tls_stream& stream) noexcept;

} // namespace detail

/// TLS over TCP, for a client that knows whom it wants to talk to. Models Asio's AsyncReadStream and AsyncWriteStream, and
/// is used as `asio::ssl::stream` is; but it reads from the socket 256 KiB at a time, and keeps no buffer while it waits
/// (unless part of a record has come, or something could not be sent yet).
///
/// One operation that reads and one that writes may run at once, handshake and shutdown only alone. They must not run in
/// two threads at once, nor may a function here: use a strand. What an operation works with stays where it is: the stream
/// may be moved while one runs, and when it is destroyed, or the socket is closed, the operation completes with
/// `asio::error::operation_aborted`. It must be destroyed before the context of its executor, as any socket. One that was
/// moved from can only be assigned to or destroyed.
///
/// Errors: `asio::error::eof` is the end that the peer has announced (close_notify),
/// `asio::ssl::error::stream_truncated` one that it has not, so that something may be missing. Those of the socket come as
/// they are; those of TLS, alerts of the peer among them, are of `asio::error::get_ssl_category()`, and final.
class tls_stream : public asio::ssl::stream_base {
public:
    /// What Asio asks of a stream.
    using executor_type = asio::any_io_executor;
    using next_layer_type = asio::ip::tcp::socket;
    using lowest_layer_type = next_layer_type::lowest_layer_type;
    using native_handle_type = SSL*;

    /// A socket that is not open yet. context: what is trusted; it need not outlive the stream.
    tls_stream(const executor_type& executor, const tls_context& context);

    tls_stream(tls_stream&&) noexcept = default;

    /// Drops the connection that it had.
    tls_stream& operator=(tls_stream&& other) noexcept;

    ~tls_stream();

    /// That of the socket.
    executor_type get_executor() const noexcept;

    /// The socket. To be connected before the handshake, which makes it one that does not block.
    next_layer_type& next_layer() noexcept;

    /// The socket, as Asio has it below all layers.
    lowest_layer_type& lowest_layer() noexcept;

    /// OpenSSL's own object, for what this class does not do. It is valid while the stream is, and not moved.
    native_handle_type native_handle() noexcept;

    /// Sets whom the handshake must find: the name (or IP address) that the certificate must be for, in its
    /// subjectAltName. A name is also sent to the server (SNI), which may have several certificates; one that is not
    /// ASCII must be given as it is in the DNS (`xn--...`). Until this is called every handshake fails. Call it before
    /// the handshake: it also looks for a TLS session with that host to resume.
    [[nodiscard]] std::error_code expect_host(const std::string& host);

    /// What a failed handshake failed for: the verdict on the certificate if it was that, `errc::tls_not_spoken` if what
    /// answered does not speak TLS, else `ec`.
    std::error_code handshake_error(std::error_code ec);

    /// Does the handshake, as the client that this is: completes with `void(std::error_code)`. `server` is refused.
    template <class Token>
    auto async_handshake(handshake_type type, Token&& token)
    {
        return start<void(std::error_code)>(type == client ? action::handshake : action::refused, token);
    }

    /// Reads into the first buffer that is not empty: completes with `void(std::error_code, std::size_t)`. When it was
    /// cancelled, nothing is lost.
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return start<void(std::error_code, std::size_t)>(detail::first_buffer<asio::mutable_buffer>(buffers),
                                                         token);
    }

    /// Writes some of the first buffer that is not empty: completes with `void(std::error_code, std::size_t)` when that has
    /// been sent. If it is cancelled, nobody knows how much of it has been.
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return start<void(std::error_code, std::size_t)>(detail::first_buffer<asio::const_buffer>(buffers),
                                                         token);
    }

    /// Announces the end (close_notify), and waits until the peer has done so: completes with `void(std::error_code)`. What
    /// the peer still sends before is dropped. If it just hangs up, that is `asio::ssl::error::stream_truncated`, and to be
    /// expected of many.
    template <class Token>
    auto async_shutdown(Token&& token)
    {
        return start<void(std::error_code)>(action::shutdown, token);
    }

    /// Announces the end, if that can be done at once, and waits for nothing. For when all is known to have come.
    void say_goodbye() noexcept;

    // ---- Reading and writing without a handler, where it can be done at once ----------------------------

    /// Reads what can be had without waiting: the next of what is at hand, or else what one read from the socket brings.
    /// `asio::error::would_block` if that is nothing; wait with `async_readable` then, also if the peer has sent more: so
    /// none can keep a reader busy for ever with what is no data. Gives back all buffers that are empty.
    std::size_t read_now(asio::mutable_buffer buffer, std::error_code& ec) noexcept;

    /// Looks whether `read_now` would surely say `asio::error::would_block`, without reading.
    bool is_quiet() noexcept;

    /// Writes what can be written without waiting. Returns how much of it was taken: all, or the first 64 KiB.
    /// `asio::error::would_block` if nothing was, since what was taken before could not be sent yet; wait with
    /// `async_writable` then. What was taken needs no more calls of this one: each `read_now`, and each wait
    /// that is begun later (`async_readable`, `async_writable`, ...), goes on sending it. One that was begun before does not.
    std::size_t write_now(asio::const_buffer buffer, std::error_code& ec) noexcept;

    /// Waits until it is worth while to call `read_now`: completes with `void(std::error_code)`. Meanwhile what was written
    /// is sent.
    template <class Token>
    auto async_readable(Token&& token)
    {
        return start<void(std::error_code)>(action::wait_to_read, token);
    }

    /// Waits until all that was taken has been sent, and `write_now` is worth while: completes with `void(std::error_code)`.
    template <class Token>
    auto async_writable(Token&& token)
    {
        return start<void(std::error_code)>(action::wait_to_write, token);
    }

private:
    friend void detail::wait_to_read(tls_stream& stream, detail::step handler);
    friend void detail::stop_waiting(tls_stream& stream) noexcept;

    using action = detail::tls_operation::action;

    /// what: an action, or a buffer.
    template <class Signature, class What, class Token>
    auto start(What what, Token& token)
    {
        return asio::async_initiate<Token, Signature>(detail::begin(get_executor(), true), token,
                                                      detail::which<detail::tls_operation_with<Signature>>(),
                                                      engine_, what);
    }

    void close() noexcept;

    std::shared_ptr<detail::tls_engine> engine_;
};

void detail::wait_to_read(tls_stream& stream, step handler);

void detail::stop_waiting(tls_stream& stream) noexcept;

template <>
inline constexpr bool detail::is_own_stream<tls_stream> = true;

template <>
inline constexpr bool is_secure_stream<tls_stream> = true;

template <class Next>
inline constexpr bool is_secure_stream<asio::ssl::stream<Next>> = true;

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/tls_stream.ipp>
#endif
