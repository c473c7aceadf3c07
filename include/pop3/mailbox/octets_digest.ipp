// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/octets_digest.hpp>

#include <openssl/evp.h>

#include <span>
#include <string>

namespace pop3::detail {

POP3_DECL void octets_digest::begin()
{
    // OpenSSL looks for the function by its name, which takes longer than it does: once is enough.
    const EVP_MD* const function = context_ ? nullptr : EVP_sha256();
    if (!context_)
        context_.reset(EVP_MD_CTX_new());
    good_ = context_ && EVP_DigestInit_ex(context_.get(), function, nullptr) == 1;
    if (!good_)
        context_.reset();
}

POP3_DECL void octets_digest::add(std::span<const char> octets)
{
    good_ = good_ && EVP_DigestUpdate(context_.get(), octets.data(), octets.size()) == 1;
}

POP3_DECL std::string octets_digest::end()
{
    constexpr char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    std::string text;
    if (!good_ || EVP_DigestFinal_ex(context_.get(), digest, &size) != 1)
        return text;
    text.resize(2 * size);
    auto at = text.begin();
    for (const unsigned char octet : std::span(digest, size)) {
        *at++ = digits[octet >> 4];
        *at++ = digits[octet & 15];
    }
    return text;
}

} // namespace pop3::detail
