// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3::detail {

/// Keeps what an exchange has learned of the server: what it can do, and how the login was done.
template <class Connection, class Exchange>
void remember(Connection& c, const Exchange& exchange)
{
    if constexpr (requires { exchange.known(); })
        if (exchange.known())
            c.learn(exchange.known());
    if constexpr (requires { exchange.chosen(); })
        c.login_mechanism = exchange.chosen();
}

} // namespace pop3::detail
