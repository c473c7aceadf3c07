// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace pop3::grammar {

/// Printable ASCII without spaces.
constexpr bool is_visible(std::string_view text) noexcept
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Says whether `word` looks like a language tag (RFC 5646): subtags of letters and digits, of which the first is a
/// code of two or three letters, or `i` or `x`. Longer ones are allowed, but none was ever registered, and an English
/// word would pass.
constexpr bool is_language_tag(std::string_view word) noexcept
{
    const auto is_letter = [](char c) {
        return to_upper(c) >= 'A' && to_upper(c) <= 'Z';
    };
    const auto is_digit = [](char c) {
        return c >= '0' && c <= '9';
    };

    std::size_t in_subtag = 0;
    for (const char c : word) {
        if (c == '-' ? in_subtag == 0 : !is_letter(c) && !is_digit(c))
            return false;
        in_subtag = c == '-' ? 0 : in_subtag + 1;
        if (in_subtag > 8)
            return false;
    }
    const auto primary = word.substr(0, word.find('-'));
    return in_subtag != 0 && std::all_of(primary.begin(), primary.end(), is_letter) &&
           (primary.size() == 2 || primary.size() == 3 ||
            (primary != word && (is_keyword(primary, "I") || is_keyword(primary, "X"))));
}

/// Says whether a server may choose the language `tag` when it is asked for the range `range` (RFC 4647, sections 3.3.1
/// and 3.4): the same, or narrower, or wider; anything for "*".
constexpr bool answers_range(std::string_view tag, std::string_view range) noexcept
{
    const auto common = (std::min)(tag.size(), range.size());
    const auto longer = tag.size() > range.size() ? tag : range;
    for (std::size_t i = 0; i != common; ++i)
        if (range != "*" && to_upper(tag[i]) != to_upper(range[i]))
            return false;
    return range == "*" || longer.size() == common || longer[common] == '-';
}

} // namespace pop3::grammar
