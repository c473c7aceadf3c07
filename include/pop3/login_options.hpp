// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/initial_response.hpp>

#include <string>
#include <string_view>

namespace pop3 {

/// What can be demanded of a login.
struct login_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    login_options()
    {
    }

    /// The one mechanism that may be used: see `mechanism`.
    explicit login_options(std::string_view m) : mechanism(m)
    {
    }

    /// The one way to log in that is wanted: a SASL mechanism ("SCRAM-SHA-256"), "+APOP" (as RFC 2384 writes it), or "USER"
    /// for USER and PASS. (EXTERNAL and ANONYMOUS, which need neither password nor token, are for `async_auth`.) It is used whether or not the server announces it. Empty, or "*": the safest that the server
    /// announces. What would show the secret to anyone on the way is not used, wanted or not.
    std::string mechanism;
    /// Only mechanisms that are bound to the TLS channel (SCRAM-...-PLUS). Unasked they are used over TLS 1.3 only, where all
    /// agree on how to bind ("tls-exporter"); TLS 1.2 has "tls-server-end-point", which not every server can do. Somebody in between, even with a certificate
    /// that this client trusts, can then do nothing with the login.
    bool require_channel_binding = false;
    /// Whether a response may go with AUTH. In either form the mechanism is the same.
    pop3::initial_response initial_response = pop3::initial_response::automatic;
};

} // namespace pop3
