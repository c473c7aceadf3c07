// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace pop3::grammar {

/// Whether `input` begins as a reply does: with +OK or -ERR as a word (see `parse_status_line`). Nothing if too little of it
/// is there to say. It looks at five octets at the most.
constexpr std::optional<bool> begins_reply(std::string_view input) noexcept
{
    // How nearly all of them begin.
    if (input.size() >= 4 && std::char_traits<char>::compare(input.data(), "+OK", 3) == 0 &&
        (input[3] == ' ' || input[3] == '\r'))
        return true;
    for (const std::string_view indicator : {"+OK", "-ERR"}) {
        if (input.size() <= indicator.size()) {
            if (is_keyword(input, indicator.substr(0, input.size())))
                return std::nullopt;
        } else if (is_keyword(input.substr(0, indicator.size()), indicator)) {
            const char behind = input[indicator.size()];
            return !is_alphanumeric(behind) && behind != '\n';
        }
    }
    return false;
}

} // namespace pop3::grammar
