// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>

#include <optional>
#include <string_view>

namespace pop3::grammar {

/// How the first line of a reply begins.
enum class status {
    ok,      ///< +OK
    err,     ///< -ERR
    proceed, ///< + (the server wants more: RFC 5034, section 4)
};

struct status_line {
    grammar::status status = status::err;
    std::string_view text; ///< what follows, without the space between
};

/// Reads the first line of a reply, given without its CRLF. Only the indicator counts (RFC 1957): no text need
/// follow, and no space. Nothing if the line is not the start of a reply.
constexpr std::optional<status_line> parse_status_line(std::string_view line) noexcept
{
    const auto rest = [&](std::size_t indicator) {
        auto text = line;
        text.remove_prefix(indicator);
        if (text.starts_with(' '))
            text.remove_prefix(1);
        return text;
    };
    // How nearly all of them begin.
    if (line.size() >= 3 && line[0] == '+' && line[1] == 'O' && line[2] == 'K')
        return status_line{status::ok, rest(3)};
    if (is_keyword(line.substr(0, 3), "+OK"))
        return status_line{status::ok, rest(3)};
    if (is_keyword(line.substr(0, 4), "-ERR"))
        return status_line{status::err, rest(4)};
    if (line == "+" || line.starts_with("+ "))
        return status_line{status::proceed, rest(1)};
    return std::nullopt;
}

} // namespace pop3::grammar
