// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <concepts>

namespace pop3 {

/// The server has greeted, and wants to know who you are (RFC 1939, section 4).
struct authorization {};

/// USER was accepted; the server waits for PASS (RFC 1939, section 7).
struct awaiting_password {};

/// Logged in: the maildrop is locked, and its messages can be read and marked as deleted (RFC 1939, section 5).
struct transaction {};

/// TRANSACTION, in the middle of a message that the user reads piece by piece: no other command may come in between.
struct receiving {};

/// QUIT was sent from TRANSACTION: the server removes what was marked as deleted (RFC 1939, section 6).
struct update {};

/// QUIT was sent before the login: the connection is closed, nothing was changed.
struct closed {};

/// The states in which a command is permitted: `using permitted_in = states<authorization, transaction>;`.
template <class... State>
struct states {
    /// Whether `S` is one of them.
    template <class S>
    static constexpr bool contain = (std::same_as<S, State> || ...);
};

} // namespace pop3
