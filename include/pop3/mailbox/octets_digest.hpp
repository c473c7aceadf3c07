// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <openssl/evp.h>

#include <memory>
#include <span>
#include <string>

namespace pop3::detail {

/// The SHA-256 of octets that come in pieces.
class octets_digest {
public:
    /// Forgets what came before.
    void begin();

    void add(std::span<const char> octets);

    /// In 64 lower-case hexadecimal digits; empty if OpenSSL has no memory for it.
    std::string end();

private:
    struct deleter {
        void operator()(EVP_MD_CTX* context) const noexcept
        {
            EVP_MD_CTX_free(context);
        }
    };

    std::unique_ptr<EVP_MD_CTX, deleter> context_;
    bool good_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/octets_digest.ipp>
#endif
