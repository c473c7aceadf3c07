// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>
#include <pop3/response_code.hpp>

#include <string_view>

namespace pop3::grammar {

/// The text of a reply, taken apart: `[IN-USE] Do you have another POP session running?`
struct coded_text {
    response_code code = response_code::none;
    std::string_view code_text; ///< without the brackets
    std::string_view text;      ///< without the code and the space behind it
};

/// Takes a response code (RFC 2449, section 8) off the start of `text`, if there is one. Servers use them without
/// having announced RESP-CODES, so they are read always.
constexpr coded_text split_response_code(std::string_view text) noexcept
{
    const auto end = text.find(']');
    if (!text.starts_with('[') || end == std::string_view::npos || end == 1)
        return {response_code::none, {}, text};

    coded_text result{response_code::other, text.substr(1, end - 1), text.substr(end + 1)};
    // A code has no spaces; "[sic] " and the like is the text of people.
    if (result.code_text.find(' ') != std::string_view::npos)
        return {response_code::none, {}, text};
    if (result.text.starts_with(' '))
        result.text.remove_prefix(1);

    struct row {
        std::string_view name;
        response_code code;
    };
    constexpr row known[] = {
        {"IN-USE", response_code::in_use},     {"LOGIN-DELAY", response_code::login_delay},
        {"AUTH", response_code::auth},         {"SYS/TEMP", response_code::sys_temp},
        {"SYS/PERM", response_code::sys_perm}, {"UTF8", response_code::utf8},
    };
    for (const auto& [name, code] : known)
        if (is_keyword(result.code_text, name))
            result.code = code;
    return result;
}

} // namespace pop3::grammar
