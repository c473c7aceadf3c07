// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/reply.hpp>

#include <system_error>
#include <type_traits>

namespace pop3::detail {

/// Finish of a command that stays in its state.
template <class Result>
struct stay {
    using reply_type = reply<Result>;
    static constexpr bool ends_session = false;

    template <class Connection, class Exchange>
    reply_type succeed([[maybe_unused]] const Connection& c, Exchange& exchange)
    {
        auto said = exchange.take();
        if constexpr (std::is_same_v<Result, capabilities>)
            c->learn(said.value_or(capabilities()));
        return said;
    }

    template <class Connection>
    reply_type fail(const Connection&, std::error_code, bool)
    {
        return {};
    }
};

} // namespace pop3::detail
