// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>
#include <string_view>

namespace pop3::grammar {

// The RFCs compare keywords as ASCII; the C locale functions would not.

constexpr char to_upper(char c) noexcept
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// `keyword` must be in upper case.
constexpr bool is_keyword(std::string_view text, std::string_view keyword) noexcept
{
    if (text.size() != keyword.size())
        return false;
    for (std::size_t i = 0; i != text.size(); ++i)
        if (to_upper(text[i]) != keyword[i])
            return false;
    return true;
}

/// Takes the next word off `text`: what stands before the next space. Spaces before and behind it go as well.
constexpr std::string_view take_word(std::string_view& text) noexcept
{
    const auto skip_spaces = [&] {
        while (text.starts_with(' '))
            text.remove_prefix(1);
    };
    skip_spaces();
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    skip_spaces();
    return word;
}

} // namespace pop3::grammar
