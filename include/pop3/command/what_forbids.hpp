// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>

#include <concepts>
#include <system_error>

namespace pop3::command {

/// What forbids to send `command`, a command or an exchange: that it says so, or what its line shows. `scratch` is an empty
/// line, and is that again. Of a command that knows that it can be sent nothing is written: there may be 100,000.
template <class Command>
std::error_code what_forbids(const Command& command, command_line& scratch)
{
    if constexpr (requires {
                      { command.is_sendable() } -> std::same_as<bool>;
                  })
        if (command.is_sendable())
            return {};
    auto ec = (pop3::command::check)(command);
    command.write(scratch);
    if (const auto invalid = scratch.end(); !ec)
        ec = invalid;
    scratch.clear();
    return ec;
}

} // namespace pop3::command
