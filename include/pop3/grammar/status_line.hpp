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
/// follow, and no space. But it is a word (RFC 1939, section 3): a letter or a digit right behind it makes another word of
/// it, and +OKAY is no +OK. (Nothing is known of a server that writes one there. What else may stand there, such as the '<'
/// of a timestamp or the '[' of a response code, is text.) Nothing if the line is not the start of a reply.
constexpr std::optional<status_line> parse_status_line(std::string_view line) noexcept
{
    const auto rest = [&](std::size_t indicator) {
        auto text = line;
        text.remove_prefix(indicator);
        if (text.starts_with(' '))
            text.remove_prefix(1);
        return text;
    };
    const auto is_word = [&](std::size_t indicator) {
        return line.size() == indicator || line[indicator] == ' ' || !is_alphanumeric(line[indicator]);
    };
    // How nearly all of them begin.
    if (line.size() >= 3 && line[0] == '+' && line[1] == 'O' && line[2] == 'K' && is_word(3))
        return status_line{status::ok, rest(3)};
    if (is_keyword(line.substr(0, 3), "+OK") && is_word(3))
        return status_line{status::ok, rest(3)};
    if (is_keyword(line.substr(0, 4), "-ERR") && is_word(4))
        return status_line{status::err, rest(4)};
    if (line == "+" || line.starts_with("+ "))
        return status_line{status::proceed, rest(1)};
    return std::nullopt;
}

/// Says whether a line is a refusal where none belongs.
constexpr bool is_refusal(std::string_view line) noexcept
{
    if (!line.starts_with('-'))
        return false;
    const auto status = parse_status_line(line);
    return status && status->status == status::err;
}

} // namespace pop3::grammar
