// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/delivered.hpp>
#include <pop3/command/message_reader.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/message_number.hpp>
#include <pop3/state.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace pop3::command {

/// RETR msg: a message, read into memory (RFC 1939, section 5).
class retr : public message_reader {
public:
    static constexpr std::string_view verb = "RETR";
    using permitted_in = states<transaction>;

    /// number: from 1.
    explicit retr(message_number number) : number_(number)
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

/// RETR msg, the octets of which go to `sink(std::span<const char>)` as they come.
template <sink_for<std::span<const char>> Sink>
delivered<retr, Sink> retr_to(message_number number, Sink sink)
{
    return {retr(number), std::move(sink)};
}

} // namespace pop3::command
