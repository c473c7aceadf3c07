// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/hello.hpp>
#include <pop3/error.hpp>
#include <pop3/greeting.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

/// The greeting, or the sign that what answers speaks TLS: a server that waits for a ClientHello sends nothing, or, when
/// it loses patience, an alert.
class await_greeting final : public any_exchange {
public:
    using result_type = greeting;

    exchange_traits traits() const override
    {
        return {.first = next::read};
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        // Record types alert and handshake, and the major version of all SSL and TLS (RFC 8446, section 5.1).
        if (input.starts_with("\x15\x03") || input.starts_with("\x16\x03")) {
            ec = errc::tls_expected;
            return next::done;
        }
        return hello_.consume(input, bounds, ec);
    }

    reply<greeting> take()
    {
        return hello_.take();
    }

private:
    exchange<hello> hello_ = exchange<hello>(hello());
};

} // namespace pop3::command
