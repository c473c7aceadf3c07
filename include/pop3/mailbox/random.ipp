// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/random.hpp>

#include <openssl/rand.h>

#include <cstdint>

namespace pop3::detail {

POP3_DECL std::uint32_t random_bits() noexcept
{
    unsigned char octets[4] = {};
    static_cast<void>(RAND_bytes(octets, sizeof octets));
    return std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 | std::uint32_t{octets[2]} << 8 |
           octets[3];
}

} // namespace pop3::detail
