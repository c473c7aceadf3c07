// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/secret.hpp>
#include <pop3/state.hpp>

#include <string_view>
#include <utility>

namespace pop3::command {

/// PASS password (RFC 1939, section 7). Spaces are a part of the password.
class pass {
public:
    static constexpr std::string_view verb = "PASS";
    static constexpr reply_shape shape = reply_shape::single_line;
    static constexpr bool reveals_secret = true;
    static constexpr std::string_view way_in = "USER";
    using result_type = void;
    using permitted_in = states<awaiting_password>;
    using on_ok = transaction;
    using on_refusal = authorization;

    /// The password; wiped with the command.
    explicit pass(secret password) : password_(std::move(password))
    {
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(password_);
    }

private:
    secret password_;
};

} // namespace pop3::command
