// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/state.hpp>

#include <string_view>

namespace pop3::command {

/// NOOP (RFC 1939, section 5).
class noop {
public:
    static constexpr std::string_view verb = "NOOP";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = states<transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }
};

} // namespace pop3::command
