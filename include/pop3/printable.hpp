// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace pop3 {

namespace detail {

/// Octets of the character that a text begins with: well-formed UTF-8 (RFC 3629, section 4), and no control character,
/// those above ASCII (U+0080 to U+009F) included. 0 if it begins with none.
constexpr std::size_t printable_character(std::string_view text) noexcept
{
    if (text.empty())
        return 0;
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80)
        return lead < 0x20 || lead == 0x7f ? 0 : 1;
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc0 || lead > 0xf4 || text.size() < length)
        return 0;
    char32_t character = lead & (0x7fu >> length);
    for (std::size_t i = 1; i != length; ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if ((octet & 0xc0u) != 0x80)
            return 0;
        character = (character << 6) | (octet & 0x3fu);
    }
    // Longer than need be, a surrogate, beyond Unicode. Of two octets: a control character too.
    if (character < (length == 2   ? 0xa0u
                     : length == 3 ? 0x800u
                                   : 0x10000u) ||
        character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
        return 0;
    return length;
}

} // namespace detail

/// What a server sent, made fit for a terminal or a log. Control characters, by which it could command the terminal, become
/// '?', those above ASCII (U+0080 to U+009F) as well, and so does each octet that is no UTF-8: some terminals take 0x9b for
/// the start of an escape sequence.
std::string printable(std::string text);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/printable.ipp>
#endif
