// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/refused_binding.hpp>

namespace pop3::detail {

/// Keeps what an exchange has learned of the server: what it can do, how the login was done, and whether it
/// refuses to bind one.
template <class Connection, class Exchange>
void remember(Connection& c, const Exchange& exchange)
{
    if constexpr (requires { exchange.known(); })
        if (exchange.known())
            c.learn(exchange.known());
    if constexpr (requires { exchange.chosen(); })
        c.login_mechanism = exchange.chosen();
    if constexpr (requires { exchange.refuses_binding(); })
        if (const auto refuses = exchange.refuses_binding())
            detail::remember_binding(c.stream, *refuses);
}

} // namespace pop3::detail
