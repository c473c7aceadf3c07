// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/sasl/mechanism.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string_view>

namespace pop3::sasl {

/// Makes `into` the HMAC (RFC 2104) of `data`. False if OpenSSL does not have the digest: its FIPS provider has no MD5.
inline bool hmac(const EVP_MD* digest, std::string_view key, std::string_view data, octets& into)
{
    into.assign(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    const auto* const made = HMAC(digest, key.data(), static_cast<int>(key.size()),
                                  reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                                  reinterpret_cast<unsigned char*>(into.data()), &size);
    into.resize(made == nullptr ? 0 : size);
    return made != nullptr;
}

} // namespace pop3::sasl
