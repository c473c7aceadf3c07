// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/failed_attempts.hpp>
#include <pop3/error.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <cerrno>
#include <optional>
#include <system_error>

namespace pop3::detail {

POP3_DECL int telling(std::error_code ec) noexcept
{
    // There was an answer.
    if (ec == asio::error::connection_refused || ec == asio::error::connection_reset ||
        ec == asio::error::connection_aborted)
        return 3;
    if (ec == errc::timed_out || ec == asio::error::timed_out)
        return 2;
    // Nothing left this machine, or a router had no way.
    if (ec == asio::error::host_unreachable || ec == asio::error::network_unreachable ||
        ec == asio::error::network_down || ec == asio::error::address_family_not_supported ||
        ec == std::error_code(EADDRNOTAVAIL, asio::error::get_system_category()))
        return 0;
    return 1;
}

POP3_DECL void failed_attempts::add(const asio::ip::tcp::endpoint& where, std::error_code why)
{
    if (where_ && telling(why) <= telling(why_))
        return;
    where_ = where;
    why_ = why;
}

} // namespace pop3::detail
