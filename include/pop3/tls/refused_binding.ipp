// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/tls/refused_binding.hpp>
#include <pop3/tls/resumption.hpp>
#include <pop3/tls/state.hpp>
#include <pop3/tls/unbound_servers.hpp>

#include <openssl/ssl.h>

#include <cstdint>
#include <string>

namespace pop3::detail {

/// The host that was verified, and the port. Empty if one is not known.
inline std::string login_server(SSL* ssl, std::uint16_t port)
{
    const auto host = port == 0 ? std::string() : verified_server(ssl);
    return host.empty() ? host : host + " port " + std::to_string(port);
}

POP3_DECL bool refuses_binding(SSL* ssl, std::uint16_t port)
{
    auto* const state = ssl == nullptr ? nullptr : tls_state_of(SSL_get_SSL_CTX(ssl));
    if (state == nullptr)
        return false;
    const auto server = detail::login_server(ssl, port);
    return !server.empty() && state->unbound.contain(server);
}

POP3_DECL void remember_binding(SSL* ssl, std::uint16_t port, bool refuses) noexcept
{
    POP3_TRY
    {
        auto* const state = ssl == nullptr ? nullptr : tls_state_of(SSL_get_SSL_CTX(ssl));
        const auto server = state == nullptr ? std::string() : detail::login_server(ssl, port);
        if (server.empty())
            return;
        if (refuses)
            state->unbound.add(server);
        else
            state->unbound.forget(server);
    }
    POP3_CATCH(...)
    {
        // Without memory it is learned another time.
    }
}

} // namespace pop3::detail
