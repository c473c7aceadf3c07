// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstddef>

namespace pop3::detail {

struct sha256_digest {
    unsigned char octets[32];
};

/// Computes the fingerprint of a certificate. False if there is no memory for it.
inline bool certificate_sha256(const X509* certificate, sha256_digest& digest)
{
    unsigned int size = 0;
    return X509_digest(certificate, EVP_sha256(), digest.octets, &size) == 1 && size == sizeof digest.octets;
}

/// That of the SubjectPublicKeyInfo, which stays the same when a certificate is renewed for the same key.
inline bool public_key_sha256(const X509* certificate, sha256_digest& digest)
{
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0)
        return false;
    const bool done =
        EVP_Digest(der, static_cast<std::size_t>(length), digest.octets, nullptr, EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    return done;
}

} // namespace pop3::detail
