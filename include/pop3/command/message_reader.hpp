// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/message.hpp>

#include <span>
#include <system_error>

namespace pop3::command {

/// What RETR and TOP share: the reply is a message, read into memory. Its size is the number of octets that
/// came: what the server says about it (here, or in LIST) is often wrong.
class message_reader {
public:
    static constexpr reply_shape shape = reply_shape::octets;
    using result_type = message;

    std::error_code read_octets(std::span<const char> piece, message& into, const limits& bounds) const
    {
        const auto so_far = into.octets().size();
        // The limit may have been lowered since the last piece.
        if (so_far > bounds.message_octets || piece.size() > bounds.message_octets - so_far)
            return errc::message_octets_limit;
        into.append(piece);
        return {};
    }
};

} // namespace pop3::command
