// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What is said to a proxy, and what it answers, without I/O: send what is to be sent, then read no more than is wanted, and
/// so on until nothing is wanted. So no octet is read that is not the proxy's: what follows is the server's.
class negotiation {
public:
    negotiation(const negotiation&) = delete;
    negotiation& operator=(const negotiation&) = delete;
    virtual ~negotiation() = default;

    /// What is to be sent before anything is read; empty if nothing is.
    std::string_view to_send() const noexcept
    {
        return std::string_view(output_.data(), output_.size()).substr(sent_);
    }

    void sent(std::size_t octets) noexcept
    {
        sent_ += octets;
        if (sent_ == output_.size())
            say({});
    }

    /// How many octets will surely come yet. 0: what follows is the server's.
    virtual std::size_t wanted() const noexcept = 0;

    /// octets: no more than are wanted.
    virtual std::error_code receive(std::string_view octets) = 0;

    /// How the proxy has put its no: untrusted input.
    const std::string& said() const noexcept
    {
        return said_;
    }

protected:
    negotiation() = default;

    void say(wiped_octets octets) noexcept
    {
        output_ = std::move(octets); // what was there is wiped
        sent_ = 0;
    }

    std::string said_;

private:
    wiped_octets output_;
    std::size_t sent_ = 0;
};

/// Whom a proxy is to connect to.
struct proxy_target {
    proxy_target(std::string name, std::string octets, std::uint16_t tcp_port)
        : host(std::move(name)), address(std::move(octets)), port(tcp_port)
    {
    }

    std::string host;
    /// The octets of the IP address, 4 or 16, if the host is one.
    std::string address;
    std::uint16_t port;
};

} // namespace pop3::detail
