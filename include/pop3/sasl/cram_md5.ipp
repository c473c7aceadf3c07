// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/hmac.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <openssl/evp.h>

#include <string_view>
#include <system_error>

namespace pop3::sasl {

POP3_DECL std::error_code cram_md5::respond(std::string_view challenge, octets& response, const limits&)
{
    const auto secret = credentials_.secret().expose();
    for (const auto part : {std::string_view(credentials_.name()), secret})
        if (part.empty() || part.find('\0') != part.npos)
            return errc::invalid_argument;
    if (answered_ || challenge.empty())
        return errc::malformed_challenge;
    octets digest;
    if (!hmac(EVP_md5(), secret, challenge, digest))
        return std::make_error_code(std::errc::not_supported);
    answered_ = true;

    append(response, credentials_.name());
    response.push_back(' ');
    for (const char c : digest) {
        constexpr std::string_view hex = "0123456789abcdef";
        const auto octet = static_cast<unsigned char>(c);
        response.push_back(hex[octet >> 4]);
        response.push_back(hex[octet & 0xfu]);
    }
    return {};
}

} // namespace pop3::sasl
