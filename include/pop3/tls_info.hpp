// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>

namespace pop3 {

/// What the handshake of a TLS connection came to.
struct tls_info {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    tls_info()
    {
    }

    /// "TLSv1.3" or "TLSv1.2"; empty if there was no handshake yet.
    std::string version;
    /// Cipher suite, by its name in the RFCs: "TLS_AES_256_GCM_SHA384".
    std::string cipher;
    /// The group that the keys were agreed on in: "x25519". Empty if there was none (RSA key exchange, TLS 1.2), or OpenSSL
    /// does not know it.
    std::string group;
    /// A session of an earlier connection was resumed: the server's certificate was verified then.
    bool resumed = false;
    /// SHA-256 fingerprint of the server's certificate, in hexadecimal: what `tls_context::pin_certificate` takes.
    std::string certificate_sha256;
    /// SHA-256 of the server's public key, in base64: what `tls_context::pin_public_key` takes.
    std::string public_key_sha256;
};

} // namespace pop3
