// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/sasl/token_error.hpp>

#include <cstddef>
#include <string_view>

namespace pop3::sasl {

POP3_DECL bool says_token_expired(std::string_view json) noexcept
{
    // Enough of JSON (RFC 8259) to tell a member of the outermost object from whatever else reads like one.
    constexpr std::string_view space = " \t\r\n";
    const auto skip_space = [&] {
        const auto end = json.find_first_not_of(space);
        json.remove_prefix(end == json.npos ? json.size() : end);
    };
    skip_space();
    if (!json.starts_with('{'))
        return false;
    std::size_t depth = 0;
    bool at_key = false;    // A string that comes now is the name of a member.
    bool of_status = false; // A string that comes now is the value of "status".
    for (; !json.empty(); skip_space()) {
        const char c = json.front();
        json.remove_prefix(1);
        if (c == '"') {
            std::size_t size = 0;
            while (size < json.size() && json[size] != '"')
                size += json[size] == '\\' ? 2u : 1u;
            if (size >= json.size())
                return false;
            const auto text = json.substr(0, size);
            json.remove_prefix(size + 1);
            if (of_status)
                return text == "invalid_token" || text == "400" || text == "401";
            if (at_key) {
                skip_space();
                of_status = text == "status" && json.starts_with(':');
                if (of_status)
                    json.remove_prefix(1);
            }
            at_key = false;
            continue;
        }
        of_status = false;
        if (c == '{' || c == '[') {
            ++depth;
            at_key = c == '{' && depth == 1;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return false;
        } else
            at_key = c == ',' && depth == 1;
    }
    return false;
}

} // namespace pop3::sasl
