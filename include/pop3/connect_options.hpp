// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/pipelining.hpp>
#include <pop3/proxy.hpp>

#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace pop3 {

/// What can be chosen when a connection is made.
struct connect_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    connect_options()
    {
    }

    /// TCP port; 0 means that of the protocol: 995 with TLS from the first octet, else 110.
    std::uint16_t port = 0;
    /// Where to connect to, instead of to the addresses that the host's name stands for: of a resolver of your own,
    /// or from SRV records (RFC 6186). Tried in this order; they have ports of their own. The certificate must be for the
    /// host all the same. Not with a proxy, which looks up the name itself: `std::errc::invalid_argument`.
    std::vector<asio::ip::tcp::endpoint> endpoints;
    /// How long one address is waited for until the next is tried as well (RFC 8305, section 5). The first is not given up
    /// then: whichever answers first is taken. Less than 10 ms is 10 ms. If `limits::connect_time` would end before all
    /// addresses had their turn, they have it sooner.
    std::chrono::milliseconds attempt_delay{250};
    /// What stands between this machine and the server. The certificate must be the server's all the same.
    std::optional<pop3::proxy> proxy;
    /// Of this connection, also in the states to come.
    pop3::limits limits;
    /// Is shown each line that is sent and received. Not what is said to a proxy.
    pop3::observer observer;
    /// What the server says to CAPA before the login, and with the same security, if that is known from a session before:
    /// a login then saves the round trip to ask, and so does the first pipeline. If the server has changed since, the login
    /// may fail with `errc::no_shared_mechanism` or be refused: try again without.
    std::optional<pop3::capabilities> capabilities;
    /// Whether `async_pipeline` sends commands ahead of their replies. With `never` it does not ask for CAPA either. The cure
    /// for `errc::pipeline_out_of_step` and `errc::pipeline_timed_out`.
    pop3::pipelining pipelining = pop3::pipelining::automatic;
};

} // namespace pop3
