// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/reply.hpp>

#include <string_view>
#include <system_error>
#include <type_traits>

namespace pop3::detail {

/// The command that an exchange is about, if it says so.
template <class Exchange>
std::string_view busy_with([[maybe_unused]] const Exchange& exchange) noexcept
{
    if constexpr (requires { exchange.current_verb(); })
        return exchange.current_verb();
    else if constexpr (requires { std::string_view(Exchange::verb); })
        return Exchange::verb;
    else
        return {};
}

/// Finish of a command that stays in its state.
template <class Result>
struct stay : finish_defaults {
    using reply_type = reply<Result>;

    template <class Connection, class Exchange>
    reply_type succeed([[maybe_unused]] const Connection& c, Exchange& exchange)
    {
        auto said = exchange.take();
        if constexpr (std::is_same_v<Result, capabilities>)
            c->learn(said.value_or(capabilities()));
        return said;
    }

    template <class Connection, class Exchange>
    reply_type fail(const Connection&, const Exchange& exchange, std::error_code, bool)
    {
        return reply_type(no_reply(detail::busy_with(exchange)));
    }
};

} // namespace pop3::detail
