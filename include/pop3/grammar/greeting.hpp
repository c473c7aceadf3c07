// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/response_code.hpp>
#include <pop3/greeting.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace pop3::grammar {

/// Finds the timestamp of APOP in the text of a greeting (RFC 2449, section 3: "<" *VCHAR ">"); empty if none.
constexpr std::string_view find_timestamp(std::string_view text) noexcept
{
    for (auto open = text.find('<'); open != std::string_view::npos; open = text.find('<', open + 1)) {
        const auto close = text.find_first_of("<>", open + 1);
        if (close == std::string_view::npos || text[close] != '>')
            continue;
        const auto stamp = text.substr(open, close - open + 1);
        if (std::all_of(stamp.begin(), stamp.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
            return stamp;
    }
    return {};
}

/// Reads the text behind the +OK of a greeting.
inline greeting parse_greeting(std::string_view text)
{
    const auto coded = split_response_code(text);
    return {std::string(coded.text), coded.code, std::string(coded.code_text),
            std::string(find_timestamp(text))};
}

} // namespace pop3::grammar
