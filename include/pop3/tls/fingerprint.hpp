// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <optional>

namespace pop3::detail {

using sha256_digest = std::array<unsigned char, 32>;

/// The fingerprint of a certificate. Nothing if there is no memory for it.
inline std::optional<sha256_digest> certificate_sha256(const X509* certificate)
{
    sha256_digest digest;
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1 || size != digest.size())
        return std::nullopt;
    return digest;
}

/// Of the SubjectPublicKeyInfo, which stays the same when a certificate is renewed for the same key.
inline std::optional<sha256_digest> public_key_sha256(const X509* certificate)
{
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0)
        return std::nullopt;
    sha256_digest digest;
    const bool done =
        EVP_Digest(der, static_cast<std::size_t>(length), digest.data(), nullptr, EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    if (!done)
        return std::nullopt;
    return digest;
}

} // namespace pop3::detail
