// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/stream.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <openssl/types.h>

#include <cstddef>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3 {

class any_stream;

namespace detail {

// What the driver reads an `any_stream` by.
void wait_to_read(any_stream& stream, step handler);
void stop_waiting(any_stream& stream) noexcept;

} // namespace detail

/// TCP with TLS or without, as it was connected: for programs that are told at run time which it is. What would show a secret
/// compiles over it, and is refused when it is about to be sent, if there is no TLS and cleartext was not allowed:
/// `errc::cleartext_not_allowed`.
class any_stream {
public:
    /// What Asio asks of a stream.
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = asio::ip::tcp::socket::lowest_layer_type;
    using native_handle_type = SSL*;

    /// With TLS, or without: passwords are sent over the first two only.
    explicit any_stream(tls_stream stream) : stream_(std::move(stream)), may_carry_secrets_(true)
    {
    }

    /// TCP without TLS, but with `allow_cleartext`.
    explicit any_stream(cleartext_stream stream)
        : stream_(static_cast<tcp_stream&&>(stream)), may_carry_secrets_(true)
    {
    }

    /// TCP without TLS.
    explicit any_stream(tcp_stream stream) : stream_(std::move(stream)), may_carry_secrets_(false)
    {
    }

    /// As of any stream of Asio.
    executor_type get_executor() noexcept;
    lowest_layer_type& lowest_layer() noexcept;

    /// Null if there is no TLS.
    native_handle_type native_handle() noexcept;

    /// Whether there is TLS.
    bool is_encrypted() const noexcept
    {
        return std::holds_alternative<tls_stream>(stream_);
    }

    /// Whether a password may be sent.
    bool may_carry_secrets() const noexcept
    {
        return may_carry_secrets_;
    }

    /// Reads some, as the stream in it does.
    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return std::visit([&](auto& s) { return s.async_read_some(buffers, std::forward<Token>(token)); },
                          stream_);
    }

    /// Writes some, as the stream in it does.
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return std::visit([&](auto& s) { return s.async_write_some(buffers, std::forward<Token>(token)); },
                          stream_);
    }

    // ---- Without a handler, as of `tls_stream`

    /// As of `tls_stream`.
    std::size_t read_now(asio::mutable_buffer buffer, std::error_code& ec) noexcept;
    std::size_t write_now(asio::const_buffer buffer, std::error_code& ec) noexcept;
    bool is_quiet() noexcept;
    void say_goodbye() noexcept;

private:
    friend void detail::wait_to_read(any_stream& stream, detail::step handler);
    friend void detail::stop_waiting(any_stream& stream) noexcept;

    std::variant<tcp_stream, tls_stream> stream_;
    bool may_carry_secrets_;
};

template <>
inline constexpr bool detail::is_own_stream<any_stream> = true;

/// What compiles over it is checked when it runs.
template <>
inline constexpr bool allows_cleartext<any_stream> = true;

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/any_stream.ipp>
#endif
