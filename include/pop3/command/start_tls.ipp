// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/any_exchange.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/start_tls.hpp>
#include <pop3/command/stls.hpp>
#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>
#include <pop3/stls_policy.hpp>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

POP3_DECL std::string_view start_tls::current_verb() const noexcept
{
    return asking_ ? capa::verb : stls::verb;
}

POP3_DECL std::error_code(start_tls::check)()
{
    return asking_ || offered() ? std::error_code() : errc::stls_not_offered;
}

POP3_DECL std::error_code start_tls::write(command_line& line)
{
    if (asking_)
        capa_.write(line);
    else
        stls_.write(line);
    return {};
}

POP3_DECL next start_tls::consume(std::string_view& input, const limits& bounds, std::error_code& ec)
{
    if (!asking_)
        return stls_.consume(input, bounds, ec);
    const auto wants = capa_.consume(input, bounds, ec);
    if (wants != next::done || ec)
        return wants;
    asking_ = false;
    known_ = capa_.take().value_or(capabilities());
    ec = (check)();
    return ec ? next::done : next::write;
}

POP3_DECL reply<void> start_tls::take()
{
    return stls_.take();
}

POP3_DECL bool start_tls::offered() const noexcept
{
    return insists_ || (known_ && known_->stls);
}

} // namespace pop3::command
