// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>

#include <cstddef>
#include <string_view>

namespace pop3::sasl {

/// Well-formed UTF-8 (RFC 3629, section 4) without control characters, those above ASCII (U+0080 to U+009F) included.
/// True of an empty text.
constexpr bool is_utf8_text(std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto lead = static_cast<unsigned char>(text.front());
        if (lead < 0x80) {
            if (grammar::is_control(text.front()))
                return false;
            text.remove_prefix(1);
            continue;
        }
        const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (lead < 0xc0 || lead > 0xf4 || text.size() < length)
            return false;
        char32_t character = lead & (0x7fu >> length);
        for (std::size_t i = 1; i != length; ++i) {
            const auto octet = static_cast<unsigned char>(text[i]);
            if ((octet & 0xc0u) != 0x80)
                return false;
            character = (character << 6) | (octet & 0x3fu);
        }
        // Longer than need be, a surrogate, beyond Unicode. Of two octets: a control character too.
        if (character < (length == 2   ? 0xa0u
                         : length == 3 ? 0x800u
                                       : 0x10000u) ||
            character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
            return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace pop3::sasl
