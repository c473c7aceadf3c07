// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>
#include <pop3/password.hpp>
#include <pop3/proxy/address.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace pop3 {

namespace detail {
class dial;
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
class proxy {
public:
    /// A SOCKS5 proxy.
    proxy(socks5_proxy p) : address_(std::move(p)), negotiate_(&detail::negotiate_socks5)
    {
    }

    /// An HTTP proxy.
    proxy(http_proxy p) : address_(std::move(p)), negotiate_(&detail::negotiate_http)
    {
    }

    /// Its name or IP address.
    const std::string& host() const noexcept
    {
        return address_.host();
    }

    /// Its TCP port.
    std::uint16_t port() const noexcept
    {
        return address_.port();
    }

private:
    friend class detail::dial;

    detail::proxy_address address_;
    // A program without a proxy has no code for it: what is not made is not named.
    detail::boxed<detail::negotiation> (*negotiate_)(const detail::proxy_address&,
                                                     const detail::proxy_target&);
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/proxy/http_negotiation.ipp>
#include <pop3/proxy/socks5_negotiation.ipp>
#endif
