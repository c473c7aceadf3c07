// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/tls/fingerprint.hpp>
#include <pop3/tls/info.hpp>
#include <pop3/tls_info.hpp>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <string>

namespace pop3::detail {

inline std::string to_hex(const sha256_digest& digest)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char octet : digest.octets) {
        text += digits[octet / 16];
        text += digits[octet % 16];
    }
    return text;
}

inline std::string to_base64(const sha256_digest& digest)
{
    unsigned char text[45];
    const int length = EVP_EncodeBlock(text, digest.octets, sizeof digest.octets);
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

POP3_DECL tls_info make_tls_info(SSL* ssl)
{
    tls_info info;
    if (ssl == nullptr)
        return info;
    const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl);
    if (cipher == nullptr || SSL_in_before(ssl) == 1)
        return info;
    info.version = SSL_get_version(ssl);
    info.cipher = SSL_CIPHER_standard_name(cipher);
    const int group = static_cast<int>(SSL_get_negotiated_group(ssl));
    const char* const group_name = group == 0 ? nullptr : SSL_group_to_name(ssl, group);
    info.group = group_name == nullptr ? "" : group_name;
    info.resumed = SSL_session_reused(ssl) == 1;
    if (const X509* const certificate = SSL_get0_peer_certificate(ssl)) {
        sha256_digest digest;
        if (certificate_sha256(certificate, digest))
            info.certificate_sha256 = to_hex(digest);
        if (public_key_sha256(certificate, digest))
            info.public_key_sha256 = to_base64(digest);
    }
    return info;
}

} // namespace pop3::detail
