// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/certificate_error.hpp>
#include <pop3/detail/tls_handshake.hpp>
#include <pop3/stream.hpp>
#include <pop3/tls_context.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream.hpp>

#include <string>
#include <system_error>

namespace pop3 {

/// TLS over TCP, for a client that knows whom it wants to talk to.
class tls_stream : public asio::ssl::stream<asio::ip::tcp::socket> {
public:
    tls_stream(const asio::any_io_executor& executor, const tls_context& context)
        : asio::ssl::stream<asio::ip::tcp::socket>(executor, context.context_)
    {
        detail::expect_nobody(native_handle());
    }

    /// Sets whom the handshake must find: the name (or IP address) that the certificate must be for, in its
    /// subjectAltName. A name is also sent to the server (SNI), which may have several certificates; one that is not
    /// ASCII must be given as it is in the DNS (`xn--...`). Until this is called every handshake fails. Call it before
    /// the handshake: it also looks for a TLS session with that host to resume.
    [[nodiscard]] std::error_code expect_host(const std::string& host)
    {
        return detail::expect_host(native_handle(), host);
    }

    /// What a failed handshake failed for: the verdict on the certificate if it was that, `errc::tls_not_spoken` if what
    /// answered does not speak TLS, else `ec`.
    std::error_code handshake_error(std::error_code ec)
    {
        return detail::handshake_error(native_handle(), ec);
    }
};

template <>
inline constexpr bool is_secure_stream<tls_stream> = true;

template <class Next>
inline constexpr bool is_secure_stream<asio::ssl::stream<Next>> = true;

} // namespace pop3
