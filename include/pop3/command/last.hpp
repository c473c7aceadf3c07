// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/limits.hpp>
#include <pop3/message_number.hpp>
#include <pop3/state.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// LAST: the highest number of a message that was accessed (RFC 1460, section 5; not in RFC 1939). Nothing if
/// none was.
class last {
public:
    static constexpr std::string_view verb = "LAST";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = std::optional<message_number>;
    using permitted_in = states<transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_status(std::string_view text, result_type& into, const limits&) const
    {
        const auto number = grammar::decimal<std::uint32_t>(grammar::take_word(text));
        if (!number)
            return errc::malformed_value;
        if (*number != 0)
            into = message_number(*number);
        return {};
    }
};

} // namespace pop3::command
