// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/proxy.hpp>
#include <pop3/proxy/http_negotiation.hpp>
#include <pop3/proxy/negotiate.hpp>
#include <pop3/proxy/negotiation.hpp>
#include <pop3/proxy/socks5_negotiation.hpp>

#include <memory>
#include <variant>

namespace pop3::detail {

POP3_DECL std::unique_ptr<negotiation> negotiate(const proxy& with, const proxy_target& target)
{
    if (const auto* const socks5 = std::get_if<socks5_proxy>(&with)) {
        if (!socks5_negotiation::can_say(*socks5, target))
            return nullptr;
        return std::make_unique<socks5_negotiation>(*socks5, target);
    }
    const auto& http = *std::get_if<http_proxy>(&with);
    if (!http_negotiation::can_say(http, target))
        return nullptr;
    return std::make_unique<http_negotiation>(http, target);
}

} // namespace pop3::detail
