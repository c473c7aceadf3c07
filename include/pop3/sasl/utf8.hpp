// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/printable.hpp>

#include <string_view>

namespace pop3::sasl {

/// Well-formed UTF-8 (RFC 3629, section 4) without control characters, those above ASCII (U+0080 to U+009F) included.
/// True of an empty text.
constexpr bool is_utf8_text(std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto length = pop3::detail::printable_character(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace pop3::sasl
