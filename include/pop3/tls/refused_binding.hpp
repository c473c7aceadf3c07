// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/tls/info.hpp>

#include <openssl/types.h>

#include <cstdint>
#include <system_error>

namespace pop3::detail {

// What a `tls_context` remembers of servers that refuse to bind a login to the TLS channel. It is for connections of that
// context only: one over Asio's own stream remembers nothing.

bool refuses_binding(SSL* ssl, std::uint16_t port);
void remember_binding(SSL* ssl, std::uint16_t port, bool refuses) noexcept;

/// A stream whose server is known by its port.
template <class Stream>
concept has_remote_port = has_ssl<Stream> && requires(Stream& stream, std::error_code& ec) {
    stream.lowest_layer().remote_endpoint(ec).port();
};

/// 0 if it is not known.
template <has_remote_port Stream>
std::uint16_t remote_port(Stream& stream)
{
    std::error_code ec;
    const auto port = stream.lowest_layer().remote_endpoint(ec).port();
    return ec ? std::uint16_t(0) : port;
}

/// Whether this server is known to refuse.
template <class Stream>
bool refuses_binding([[maybe_unused]] Stream& stream)
{
    if constexpr (has_remote_port<Stream>)
        return detail::refuses_binding(stream.native_handle(), detail::remote_port(stream));
    else
        return false;
}

/// A login has shown whether it does.
template <class Stream>
void remember_binding([[maybe_unused]] Stream& stream, [[maybe_unused]] bool refuses) noexcept
{
    if constexpr (has_remote_port<Stream>)
        detail::remember_binding(stream.native_handle(), detail::remote_port(stream), refuses);
}

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/tls/refused_binding.ipp>
#endif
