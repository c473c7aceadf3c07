// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace pop3 {

/// What a seen store says of a message.
enum class seen_state : std::uint8_t {
    delivered, ///< It was delivered, and is durable.
    deletion, ///< The same, and it is to be deleted on the server. It may have been: the server did not say so.
    skipped,    ///< It could not be delivered yet. `attempts` says how often that was tried.
    quarantine, ///< It cannot be delivered: it is not tried again, and never deleted.
    headers,    ///< Only its header was delivered: the policy wants no more of it.
};

/// What a record of a seen store is about.
enum class seen_event : std::uint8_t {
    state,    ///< A message is in the `state` that the record has.
    gone,     ///< A message is on the server no more. The store forgets it.
    absent,   ///< A message is missing in a complete listing. It may come back, since a server can err.
    unstable, ///< The server's sizes are no property of its messages: they changed, and the octets did not. (Of an account.)
};

/// A size that is not known.
inline constexpr std::uint64_t unknown_octets = (std::numeric_limits<std::uint64_t>::max)();

/// How a message is known: the unique-id as the server gives it, octet by octet, and which it is of those that have
/// the same in one listing, from 1. (A message without a unique-id that can be read is known by the SHA-256 of its octets.)
struct seen_key {
    /// Octet by octet; or the SHA-256 of the message.
    std::string_view unique_id;
    /// From 1.
    std::uint32_t ordinal = 1;
};

/// A record of a seen store.
struct seen_record {
    /// What the record says.
    seen_event event = seen_event::state;
    /// Of `seen_event::state`: the state of the message from then on.
    seen_state state = seen_state::delivered;
    /// Whose: `user@host:port`, or as the user calls it. Empty is an error.
    std::string_view account;
    /// Empty in a record that is of the account.
    seen_key key;
    /// When it was delivered, or tried, or missing.
    std::chrono::sys_seconds time{};
    /// The size in octets, as the server listed it.
    std::uint64_t octets = unknown_octets;
    /// How often a delivery was tried and failed.
    std::uint32_t attempts = 0;
};

} // namespace pop3
