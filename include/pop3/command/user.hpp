// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/state.hpp>

#include <string>
#include <string_view>

namespace pop3::command {

/// USER name (RFC 1939, section 7).
class user {
public:
    static constexpr std::string_view verb = "USER";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = states<authorization>;
    using on_ok = awaiting_password;
    using on_refusal = authorization;

    /// name: copied.
    explicit user(std::string_view name) : name_(name)
    {
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(name_);
    }

private:
    std::string name_;
};

} // namespace pop3::command
