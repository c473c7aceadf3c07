// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <cerrno>
#include <optional>
#include <system_error>

namespace pop3::detail {

/// How much an error of one address says about the server, where others of its addresses failed in another way. Many
/// machines have no way to IPv6 addresses, and servers have such all the same; that is rarely what the user must know.
inline int telling(std::error_code ec) noexcept
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

/// The addresses of a host that could not be connected to: which of their errors is told.
class failed_attempts {
public:
    void add(const asio::ip::tcp::endpoint& where, std::error_code why)
    {
        if (where_ && telling(why) <= telling(why_))
            return;
        where_ = where;
        why_ = why;
    }

    /// None if nothing was tried. Of several that say as much it is the first, which the resolver puts before the others.
    std::error_code why() const noexcept
    {
        return why_;
    }

    const std::optional<asio::ip::tcp::endpoint>& where() const noexcept
    {
        return where_;
    }

private:
    std::optional<asio::ip::tcp::endpoint> where_;
    std::error_code why_;
};

} // namespace pop3::detail
