// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>

#include <asio/ssl/context.hpp>

#include <chrono>
#include <string>

namespace pop3::testing {

/// A key (EC P-256) and a self-signed certificate for it, both new. A client that trusts `pem()`, and nothing
/// else, can verify the server in full: there is no reason to switch verification off.
class certificate {
public:
    /// names: as OpenSSL writes them in a subjectAltName.
    /// valid_from, valid_until: counted from now. An expired certificate is
    /// `certificate("DNS:localhost", -std::chrono::hours(48), -std::chrono::hours(24))`.
    /// Throws `std::system_error` with OpenSSL's error.
    explicit certificate(const std::string& names = "DNS:localhost, IP:127.0.0.1, IP:::1",
                         std::chrono::seconds valid_from = -std::chrono::hours(1),
                         std::chrono::seconds valid_until = std::chrono::hours(7 * 24));

    /// The certificate without the key: what a client has to trust.
    const std::string& pem() const noexcept
    {
        return pem_;
    }

    /// The private key, not encrypted.
    const std::string& key_pem() const noexcept
    {
        return key_pem_;
    }

    /// Gives a server's context the certificate and the key.
    void load_into(asio::ssl::context& context) const;

private:
    std::string pem_;
    std::string key_pem_;
};

} // namespace pop3::testing

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/certificate.ipp>
#endif
