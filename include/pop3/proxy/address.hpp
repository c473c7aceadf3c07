// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>
#include <pop3/password.hpp>
#include <pop3/proxy/negotiation.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace pop3::detail {

/// What is the same of all kinds of proxies.
class proxy_address {
public:
    const std::string& host() const noexcept
    {
        return host_;
    }

    std::uint16_t port() const noexcept
    {
        return port_;
    }

    /// None if it is used without.
    const std::optional<password>& login() const noexcept
    {
        return login_;
    }

protected:
    proxy_address(std::string host, std::uint16_t port, std::optional<password> login)
        : host_(std::move(host)), port_(port), login_(std::move(login))
    {
    }

private:
    std::string host_;
    std::uint16_t port_;
    std::optional<password> login_;
};

// Null if what would be sent cannot be sent.
boxed<negotiation> negotiate_socks5(const proxy_address& with, const proxy_target& target);
boxed<negotiation> negotiate_http(const proxy_address& with, const proxy_target& target);

} // namespace pop3::detail
