// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/message_number.hpp>
#include <pop3/unique_id.hpp>

#include <cstdint>
#include <string_view>

namespace pop3 {

/// The reply to STAT: how many messages the maildrop has, and their size (RFC 1939, section 5). Messages marked
/// as deleted are not counted.
struct drop_listing {
    /// Messages.
    std::uint64_t count = 0;
    /// Sum of the sizes, in octets as the server counts them.
    std::uint64_t octets = 0;

    friend bool operator==(const drop_listing&, const drop_listing&) = default;
};

/// An entry of the reply to LIST (RFC 1939, section 5). Deleted messages leave gaps: numbers need not follow
/// one another.
struct scan_listing {
    /// From 1, for this session.
    message_number number = 0;
    /// Size in octets as the server counts them. Many servers count otherwise than they send: advice, no promise.
    std::uint64_t octets = 0;

    friend bool operator==(const scan_listing&, const scan_listing&) = default;
};

/// An entry of the reply to UIDL (RFC 1939, section 7).
struct unique_id_listing {
    /// From 1, for this session.
    message_number number = 0;
    /// Names the message over sessions. Identical copies of a message may share one.
    pop3::unique_id unique_id;

    friend bool operator==(const unique_id_listing&, const unique_id_listing&) = default;
};

/// The same, as a sink is given it: the unique-id is valid during the call only.
struct unique_id_view {
    /// As of `unique_id_listing`.
    message_number number = 0;
    std::string_view unique_id;
};

} // namespace pop3
