// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/info.hpp>
#include <pop3/tls/resumption.hpp>
#include <pop3/tls/state.hpp>
#include <pop3/tls/unbound_servers.hpp>

#include <openssl/ssl.h>

#include <string>
#include <system_error>

namespace pop3::detail {

// What a `tls_context` remembers of servers that refuse to bind a login to the TLS channel. It is for connections of that
// context only: one over Asio's own stream remembers nothing.

/// Null if there is nothing that remembers.
template <class Stream>
unbound_servers* unbound_servers_of([[maybe_unused]] Stream& stream)
{
    if constexpr (has_ssl<Stream>)
        if (auto* const state = tls_state_of(SSL_get_SSL_CTX(stream.native_handle())))
            return &state->unbound;
    return nullptr;
}

/// The host that was verified, and the port. Empty if one is not known.
template <class Stream>
std::string login_server([[maybe_unused]] Stream& stream)
{
    if constexpr (has_ssl<Stream> &&
                  requires(std::error_code& ec) { stream.lowest_layer().remote_endpoint(ec).port(); }) {
        std::error_code ec;
        const auto port = stream.lowest_layer().remote_endpoint(ec).port();
        const auto host = ec ? std::string() : verified_server(stream.native_handle());
        if (!host.empty())
            return host + " port " + std::to_string(port);
    }
    return {};
}

/// Whether this server is known to refuse.
template <class Stream>
bool refuses_binding(Stream& stream)
{
    auto* const servers = detail::unbound_servers_of(stream);
    if (servers == nullptr)
        return false;
    const auto server = detail::login_server(stream);
    return !server.empty() && servers->contain(server);
}

/// A login has shown whether it does.
template <class Stream>
void remember_binding(Stream& stream, bool refuses) noexcept
{
    try {
        auto* const servers = detail::unbound_servers_of(stream);
        const auto server = servers == nullptr ? std::string() : detail::login_server(stream);
        if (server.empty())
            return;
        if (refuses)
            servers->add(server);
        else
            servers->forget(server);
    } catch (...) {
        // Without memory it is learned another time.
    }
}

} // namespace pop3::detail
