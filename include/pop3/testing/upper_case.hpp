// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>
#include <string_view>

namespace pop3::testing::detail {

/// Not by std::toupper, which depends on the locale.
inline std::string upper_case(std::string_view text)
{
    std::string result(text);
    for (char& c : result)
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    return result;
}

} // namespace pop3::testing::detail
