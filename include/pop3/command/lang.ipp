// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/language.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/language.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3::command {

POP3_DECL void lang::write(command_line& line) const
{
    // An empty argument is refused, as what is not one word must be.
    line.verb(verb).argument(grammar::is_visible(range_) ? std::string_view(range_) : std::string_view());
}

POP3_DECL std::error_code lang::read_status(std::string_view text, result_type& into, const limits&) const
{
    auto rest = text;
    const auto tag = grammar::take_word(rest);
    if (grammar::is_language_tag(tag) && grammar::answers_range(tag, range_))
        into = {std::string(tag), std::string(rest)};
    else
        into = {std::string(), std::string(text)};
    return {};
}

POP3_DECL void lang_list::write(command_line& line) const
{
    line.verb(verb);
}

POP3_DECL std::error_code lang_list::read_line(std::string_view line, result_type& into,
                                               const limits& bounds) const
{
    if (grammar::is_refusal(line))
        return errc::malformed_reply;
    const auto tag = grammar::take_word(line);
    if (!grammar::is_visible(tag))
        return errc::malformed_value;
    if (into.size() >= bounds.languages)
        return errc::languages_limit;
    into.push_back({std::string(tag), std::string(line)});
    return {};
}

} // namespace pop3::command
