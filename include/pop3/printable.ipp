// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/printable.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace pop3 {

POP3_DECL std::string printable(std::string text)
{
    for (std::size_t i = 0; i != text.size();) {
        const auto length = detail::printable_character(std::string_view(text).substr(i));
        if (length == 0)
            text[i] = '?';
        i += (std::max<std::size_t>)(length, 1);
    }
    return text;
}

} // namespace pop3
