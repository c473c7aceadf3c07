// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/reply.hpp>

#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pop3::detail {

/// "pop.example.org:995", "[::1]:995".
std::string place(std::string_view host, std::uint16_t port);

/// Where a connection was to go, for a human: with the address that was tried, if the host does not say it,
/// "pop.example.org:995 (192.0.2.1)". port: where no address was tried.
std::string place(std::string_view host, std::uint16_t port,
                  const std::optional<asio::ip::tcp::endpoint>& tried);

/// "mrose@pop.example.org", "mrose@[::1]:8110": without the ports that POP3 has by default. Empty if a part is not known.
std::string make_account(std::string_view user, std::string_view host, std::uint16_t port);

/// Names the place in what came beside an error, which may know more.
template <class Reply>
no_reply failed_at(std::string_view where, const Reply& r)
{
    no_reply result(where);
    result.notice = r.notice();
    result.thrown = r.thrown();
    return result;
}

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/detail/place.ipp>
#endif
