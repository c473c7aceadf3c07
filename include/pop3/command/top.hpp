// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/delivered.hpp>
#include <pop3/command/message_reader.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/line_count.hpp>
#include <pop3/message_number.hpp>
#include <pop3/state.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace pop3::command {

/// TOP msg n: the header of a message, and the first `lines` lines of its body (RFC 1939, section 7).
class top : public message_reader {
public:
    static constexpr std::string_view verb = "TOP";
    using permitted_in = states<transaction>;

    /// number: from 1. lines: how many of the body, from 0.
    top(message_number number, line_count lines) : number_(number), lines_(lines)
    {
    }

    bool is_sendable() const noexcept
    {
        return number_.valid() && lines_.valid();
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(number_);
        if (lines_.valid())
            line.number(lines_.value());
        else
            line.argument(std::string_view()); // nothing that can be sent
    }

private:
    message_number number_;
    line_count lines_;
};

/// TOP msg n, the octets of which go to `sink(std::span<const char>)` as they come.
template <sink_for<std::span<const char>> Sink>
delivered<top, Sink> top_to(message_number number, line_count lines, Sink sink)
{
    return {top(number, lines), std::move(sink)};
}

} // namespace pop3::command
