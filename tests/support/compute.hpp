// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/exchange.hpp>

#include <cstddef>
#include <system_error>

namespace test {

/// Has an exchange that wants to compute do so, until it wants something else. Returns how many turns that took.
template <class Exchange>
std::size_t compute([[maybe_unused]] Exchange& exchange, [[maybe_unused]] pop3::command::next& wants,
                    [[maybe_unused]] std::error_code& ec)
{
    std::size_t turns = 0;
    if constexpr (requires { exchange.compute(ec); })
        for (; wants == pop3::command::next::compute && !ec; ++turns)
            wants = exchange.compute(ec);
    return turns;
}

} // namespace test
