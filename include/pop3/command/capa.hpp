// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/capability.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// CAPA: what the server can do (RFC 2449, section 5).
class capa {
public:
    static constexpr std::string_view verb = "CAPA";
    static constexpr reply_shape shape = reply_shape::lines;
    using result_type = capabilities;
    using permitted_in = states<authorization, transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_line(std::string_view line, result_type& into, const limits& bounds)
    {
        if (grammar::is_refusal(line))
            return errc::malformed_reply;
        if (lines_ >= bounds.capabilities)
            return errc::capabilities_limit;
        ++lines_;
        grammar::parse_capability(line, into);
        return {};
    }

private:
    std::size_t lines_ = 0;
};

} // namespace pop3::command
