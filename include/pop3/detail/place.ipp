// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/printable.hpp>
#include <pop3/reply.hpp>

#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pop3::detail {

POP3_DECL std::string place(std::string_view host, std::uint16_t port)
{
    const bool bracketed = host.find(':') != std::string_view::npos;
    std::string text(bracketed ? "[" : "");
    text.append(printable(std::string(host))).append(bracketed ? "]:" : ":").append(std::to_string(port));
    return text;
}

POP3_DECL std::string place(std::string_view host, std::uint16_t port,
                            const std::optional<asio::ip::tcp::endpoint>& tried)
{
    if (!tried)
        return place(host, port);
    const auto address = tried->address().to_string();
    if (host.empty() || host == address)
        return place(address, tried->port());
    return place(host, tried->port()) + " (" + address + ')';
}

POP3_DECL std::string make_account(std::string_view user, std::string_view host, std::uint16_t port)
{
    if (user.empty() || host.empty())
        return {};
    const bool bracketed = host.find(':') != std::string_view::npos;
    std::string text(user);
    text.append(bracketed ? "@[" : "@").append(host).append(bracketed ? "]" : "");
    if (port != 0 && port != 110 && port != 995)
        text.append(":").append(std::to_string(port));
    return text;
}

} // namespace pop3::detail
