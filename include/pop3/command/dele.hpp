// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/message_number.hpp>
#include <pop3/state.hpp>

#include <string_view>

namespace pop3::command {

/// DELE msg: marks a message as deleted (RFC 1939, section 5).
class dele {
public:
    static constexpr std::string_view verb = "DELE";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = states<transaction>;

    /// number: from 1.
    explicit dele(message_number number) : number_(number)
    {
    }

    bool is_sendable() const noexcept
    {
        return number_.valid();
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(number_);
    }

private:
    message_number number_;
};

} // namespace pop3::command
