// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/grammar/greeting.hpp>
#include <pop3/greeting.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

/// The greeting, read like the reply to a command that need not be sent (RFC 1939, section 4).
class hello {
public:
    static constexpr std::string_view verb = "";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = greeting;
    using permitted_in = states<>;

    void write(command_line&) const
    {
    }

    std::error_code read_status(std::string_view text, result_type& into, const limits&) const
    {
        into = grammar::parse_greeting(text);
        return {};
    }
};

} // namespace pop3::command
