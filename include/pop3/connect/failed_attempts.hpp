// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/ip/tcp.hpp>

#include <optional>
#include <system_error>

namespace pop3::detail {

/// How much an error of one address says about the server, where others of its addresses failed in another way. Many
/// machines have no way to IPv6 addresses, and servers have such all the same; that is rarely what the user must know.
int telling(std::error_code ec) noexcept;

/// The addresses of a host that could not be connected to: which of their errors is told.
class failed_attempts {
public:
    void add(const asio::ip::tcp::endpoint& where, std::error_code why);

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

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/connect/failed_attempts.ipp>
#endif
