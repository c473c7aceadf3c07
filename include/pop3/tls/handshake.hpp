// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/certificate_error.hpp>
#include <pop3/error.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/resumption.hpp>

#include <asio/ip/address.hpp>
#include <asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/tls1.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <string>
#include <system_error>

namespace pop3::detail {

/// Until it is said whom to expect, every handshake fails.
inline void expect_nobody(SSL* ssl)
{
    X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), "nobody.invalid", 0);
}

/// The zone of a link-local address (fe80::1%eth0) is this machine's own affair: no certificate has it.
inline asio::ip::address without_zone(const asio::ip::address& address)
{
    if (!address.is_v6())
        return address;
    auto v6 = address.to_v6();
    v6.scope_id(0);
    return v6;
}

/// Sets whom the handshake must find, and tells the server. See `tls_stream::expect_host`.
[[nodiscard]] inline std::error_code expect_host(SSL* ssl, const std::string& host)
{
    std::error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    // A NUL would cut the name short, and to OpenSSL a dot in front means any host below.
    if (host.empty() || host.front() == '.' || host.find('\0') != std::string::npos)
        return std::make_error_code(std::errc::invalid_argument);

    ERR_clear_error();
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
    bool done = false;
    // Not by SSL_set1_host: from OpenSSL 3.5 on it takes what looks like an address for one, and with a null pointer clears
    // address and names.
    if (!not_an_address)
        done = X509_VERIFY_PARAM_set1_ip_asc(expected, without_zone(address).to_string().c_str()) == 1 &&
               X509_VERIFY_PARAM_set1_host(expected, nullptr, 0) == 1;
    else {
        // The dot that ends an absolute name is for the resolver only (RFC 6066, section 3).
        std::string name = host.substr(0, host.size() - (host.back() == '.' ? 1 : 0));
        // RFC 9525, section 6.3: a wildcard is a whole label, and only subjectAltName counts.
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        done = !name.empty() && X509_VERIFY_PARAM_set1_ip(expected, nullptr, 0) == 1 &&
               X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size()) == 1 &&
               SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
    }
    // Whatever OpenSSL made of it: nobody must not become anybody.
    if (!done || verified_server(ssl).empty()) {
        const auto ec = tls_last_error();
        expect_nobody(ssl);
        return ec;
    }
    offer_session(ssl);
    return {};
}

/// What a failed handshake failed for: the verdict on the certificate if it was that, `errc::tls_not_spoken` if what came
/// in return for the first message is no TLS, else `ec`, which is OpenSSL's error or another.
inline std::error_code handshake_error(SSL* ssl, std::error_code ec)
{
    forget_sessions_of(ssl);
    if (ec.category() != asio::error::get_ssl_category())
        return ec;
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
        return {static_cast<int>(verdict), certificate_category()};
    const auto code = static_cast<unsigned long>(static_cast<unsigned int>(ec.value()));
    // Once there is a cipher the server has answered, and a wrong version is a fault in what does speak TLS.
    if (ERR_GET_LIB(code) != ERR_LIB_SSL || SSL_get_pending_cipher(ssl) != nullptr)
        return ec;
    switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return errc::tls_not_spoken;
    default:
        return ec;
    }
}

} // namespace pop3::detail
