// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/stream.hpp>
#include <pop3/tls_context.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <system_error>

namespace pop3 {

namespace detail {

class certificate_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3.certificate";
    }

    std::string message(int value) const override
    {
        return std::string("the server's certificate was rejected: ") + X509_verify_cert_error_string(value);
    }
};

} // namespace detail

/// The category of errors that say why a server's certificate was rejected; values are OpenSSL's `X509_V_ERR_...`.
inline const std::error_category& certificate_category() noexcept
{
    static const detail::certificate_category instance;
    return instance;
}

/// TLS over TCP, for a client that knows whom it wants to talk to.
class tls_stream : public asio::ssl::stream<asio::ip::tcp::socket> {
public:
    tls_stream(const asio::any_io_executor& executor, const tls_context& context)
        : asio::ssl::stream<asio::ip::tcp::socket>(executor, context.context_)
    {
        // A server that is nobody's: until it is said whom to expect, every handshake fails.
        SSL_set1_host(native_handle(), "nobody.invalid");
    }

    /// Sets whom the handshake must find: the name (or IP address) that the certificate must be for, in its
    /// subjectAltName. A name is also sent to the server (SNI), which may have several certificates; one that is not
    /// ASCII must be given as it is in the DNS (`xn--...`). Until this is called every handshake fails.
    std::error_code expect_host(const std::string& host)
    {
        SSL* const ssl = native_handle();
        std::error_code not_an_address;
        asio::ip::make_address(host, not_an_address);
        // A NUL would cut the name short, and to OpenSSL a dot in front means any host below.
        if (host.empty() || host.front() == '.' || host.find('\0') != std::string::npos)
            return std::make_error_code(std::errc::invalid_argument);

        ERR_clear_error();
        bool done = false;
        if (!not_an_address)
            done = SSL_set1_host(ssl, nullptr) == 1 &&
                   X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
        else {
            // The dot that ends an absolute name is for the resolver only (RFC 6066, section 3).
            std::string name = host.substr(0, host.size() - (host.back() == '.' ? 1 : 0));
            // RFC 9525, section 6.3: a wildcard is a whole label, and only subjectAltName counts.
            SSL_set_hostflags(ssl,
                              X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
            done = !name.empty() && SSL_set1_host(ssl, name.c_str()) == 1 &&
                   SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
        }
        return done ? std::error_code() : last_error();
    }

    /// What a failed handshake failed for: the verdict on the certificate if it was that, else `ec`.
    std::error_code handshake_error(std::error_code ec)
    {
        const long verdict = SSL_get_verify_result(native_handle());
        if (ec.category() == asio::error::get_ssl_category() && verdict != X509_V_OK)
            return {static_cast<int>(verdict), certificate_category()};
        return ec;
    }

private:
    static std::error_code last_error()
    {
        const auto code = static_cast<int>(ERR_get_error());
        if (code == 0)
            return std::make_error_code(std::errc::invalid_argument);
        return {code, asio::error::get_ssl_category()};
    }
};

template <>
inline constexpr bool is_secure_stream<tls_stream> = true;

template <class Next>
inline constexpr bool is_secure_stream<asio::ssl::stream<Next>> = true;

} // namespace pop3
