// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/password.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace pop3 {

namespace detail {

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

} // namespace detail

/// A SOCKS5 proxy (RFC 1928), which resolves the server's name. Name and password (RFC 1929) have 1 to 255 octets each; the
/// proxy gets them in clear, and only if it asks for them.
class socks5_proxy : public detail::proxy_address {
public:
    /// host: name or IP address of the proxy.
    explicit socks5_proxy(std::string host, std::uint16_t port = 1080)
        : proxy_address(std::move(host), port, std::nullopt)
    {
    }

    /// login: for a proxy that asks for a name and a password.
    socks5_proxy(std::string host, std::uint16_t port, password login)
        : proxy_address(std::move(host), port, std::move(login))
    {
    }
};

/// An HTTP proxy that knows CONNECT (RFC 9110, section 9.3.6), and resolves the server's name. Name and password go by Basic
/// (RFC 7617), with the first request and in clear; a name with a colon cannot. Proxies have no port of their own: 8080, 3128
/// (Squid) and 8888 (Tinyproxy) are usual.
class http_proxy : public detail::proxy_address {
public:
    /// host: name or IP address of the proxy.
    explicit http_proxy(std::string host, std::uint16_t port = 8080)
        : proxy_address(std::move(host), port, std::nullopt)
    {
    }

    /// login: is sent with the first request.
    http_proxy(std::string host, std::uint16_t port, password login)
        : proxy_address(std::move(host), port, std::move(login))
    {
    }
};

/// A proxy of either kind: for `connect_options::proxy`.
using proxy = std::variant<socks5_proxy, http_proxy>;

} // namespace pop3
