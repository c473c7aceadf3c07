// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/user.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/reply.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

POP3_DECL std::string_view user_pass::current_verb() const noexcept
{
    return named_ || cannot_send_pass_ ? pass::verb : user::verb;
}

POP3_DECL std::error_code(user_pass::check)()
{
    command_line trial;
    pass_.write(trial);
    const auto ec = trial.end();
    cannot_send_pass_ = bool(ec);
    return ec;
}

POP3_DECL std::error_code user_pass::write(command_line& line)
{
    if (named_)
        pass_.write(line);
    else
        user_.write(line);
    return {};
}

POP3_DECL next user_pass::consume(std::string_view& input, const limits& bounds, std::error_code& ec)
{
    if (named_)
        return pass_.consume(input, bounds, ec);
    const auto wants = user_.consume(input, bounds, ec);
    if (wants != next::done || ec || user_.refused())
        return wants;
    named_ = true;
    return next::write;
}

POP3_DECL reply<void> user_pass::take()
{
    return named_ ? pass_.take() : user_.take();
}

} // namespace pop3::command
