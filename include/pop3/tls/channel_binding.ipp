// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/tls/channel_binding.hpp>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::detail {

/// RFC 9266, section 2.
inline sasl::channel_binding tls_exporter(SSL* ssl)
{
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    const unsigned char no_context = 0;
    unsigned char octets[32];
    if (SSL_export_keying_material(ssl, octets, sizeof octets, label.data(), label.size(), &no_context, 0,
                                   1) != 1)
        return {};
    return {"tls-exporter", std::string(reinterpret_cast<const char*>(octets), sizeof octets)};
}

/// RFC 5929, section 4.1.
inline sasl::channel_binding tls_server_end_point(const SSL* ssl)
{
    X509* const certificate = SSL_get0_peer_certificate(ssl);
    int signature_hash = NID_undef;
    if (certificate == nullptr)
        return {};
    X509_get_signature_info(certificate, &signature_hash, nullptr, nullptr, nullptr);
    if (signature_hash == NID_md5 || signature_hash == NID_sha1)
        signature_hash = NID_sha256;
    // None for Ed25519 and Ed448: the RFC has no answer for a signature without a hash of its own.
    const EVP_MD* const hash = signature_hash == NID_undef ? nullptr : EVP_get_digestbynid(signature_hash);
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (hash == nullptr || X509_digest(certificate, hash, octets, &size) != 1)
        return {};
    return {"tls-server-end-point", std::string(reinterpret_cast<const char*>(octets), size)};
}

POP3_DECL sasl::channel_binding channel_binding_of(SSL* ssl)
{
    if (ssl == nullptr || SSL_in_before(ssl) == 1)
        return {};
    // From TLS 1.3 on a part of a ticket that was read counts as a handshake again; but OpenSSL exports nothing before the
    // server has finished the first.
    if (SSL_version(ssl) >= TLS1_3_VERSION)
        return tls_exporter(ssl);
    if (SSL_is_init_finished(ssl) != 1)
        return {};
    return tls_server_end_point(ssl);
}

} // namespace pop3::detail
