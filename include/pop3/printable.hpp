// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>
#include <string>

namespace pop3 {

/// What a server sent, made fit for a terminal or a log: control characters, by which it could command the terminal,
/// become '?', those above ASCII (U+0080 to U+009F in UTF-8) as well.
inline std::string printable(std::string text)
{
    for (std::size_t i = 0; i != text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        const auto after = i + 1 != text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
        if (octet < 0x20 || octet == 0x7f)
            text[i] = '?';
        else if (octet == 0xc2 && after >= 0x80 && after < 0xa0)
            text[i] = text[i + 1] = '?';
    }
    return text;
}

} // namespace pop3
