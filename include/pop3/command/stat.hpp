// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/listing.hpp>
#include <pop3/limits.hpp>
#include <pop3/listing.hpp>
#include <pop3/state.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

/// STAT (RFC 1939, section 5).
class stat {
public:
    static constexpr std::string_view verb = "STAT";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = drop_listing;
    using permitted_in = states<transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_status(std::string_view text, result_type& into, const limits&) const
    {
        const auto listing = grammar::parse_drop_listing(text);
        if (!listing)
            return errc::malformed_value;
        into = *listing;
        return {};
    }
};

} // namespace pop3::command
