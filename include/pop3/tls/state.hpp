// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pins.hpp>
#include <pop3/tls/sessions.hpp>
#include <pop3/tls/unbound_servers.hpp>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <functional>

namespace pop3::detail {

/// What a `tls_context` has beside OpenSSL's settings. It hangs on the `SSL_CTX`, which connections keep alive when the
/// `tls_context` is gone.
struct tls_state {
    tls_pins pins;
    std::function<bool(bool, X509_STORE_CTX*)> verify_callback;
    tls_sessions sessions;
    unbound_servers unbound;

    // Of the shared library that made the context. In a program with several, each has its own if symbols are hidden, and
    // what one has put away, only its own number finds again.
    int (*ask_verify_callback)(int, X509_STORE_CTX*) = nullptr;
    int epoch_index = -1;
};

inline void on_context_freed(void*, void* state, CRYPTO_EX_DATA*, int, long, void*) noexcept
{
    delete static_cast<tls_state*>(state);
}

/// Where an `SSL_CTX` has its `tls_state`. For what belongs to the same shared library as the context's constructor:
/// the context's callbacks. A `tls_context` knows its state.
inline int tls_state_index()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, on_context_freed);
    return index;
}

/// Null if the `SSL_CTX` is not of a `tls_context`.
inline tls_state* tls_state_of(const SSL_CTX* context)
{
    return static_cast<tls_state*>(SSL_CTX_get_ex_data(context, tls_state_index()));
}

inline tls_state& attach_tls_state(SSL_CTX* context)
{
    auto* const state = new tls_state;
    const bool attached = SSL_CTX_set_ex_data(context, tls_state_index(), state) == 1;
    if (!attached)
        delete state;
    tls_require(attached, "tls_context");
    return *state;
}

/// Where a connection has it, for the shared library that made the connection.
inline int tls_state_of_connection_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

inline void attach_tls_state(SSL* ssl, tls_state& state)
{
    tls_require(SSL_set_ex_data(ssl, tls_state_of_connection_index(), &state) == 1, "tls_stream");
}

/// Null if neither the connection nor its `SSL_CTX` is the library's.
inline tls_state* tls_state_of(const SSL* ssl)
{
    auto* const state = static_cast<tls_state*>(SSL_get_ex_data(ssl, tls_state_of_connection_index()));
    return state != nullptr ? state : tls_state_of(SSL_get_SSL_CTX(ssl));
}

} // namespace pop3::detail
