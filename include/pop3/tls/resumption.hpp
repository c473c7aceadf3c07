// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/tls/pointer.hpp>
#include <pop3/tls/sessions.hpp>
#include <pop3/tls/state.hpp>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstdint>
#include <string>
#include <utility>

namespace pop3::detail {

/// The `tls_sessions::epoch` that a connection was told its host in; none if it was not.
inline int tls_epoch_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

/// Whether the server asked for a certificate.
inline int tls_asked_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

/// OpenSSL wants to know which certificate to show: the server has asked for one. No change to what was set up.
inline int on_certificate_request(SSL* ssl, void*) noexcept
{
    static char yes = 0;
    SSL_set_ex_data(ssl, tls_asked_index(), &yes);
    return 1;
}

/// Whom the certificate is verified to be for: taken from where OpenSSL itself takes it, so that a session can be resumed for
/// nobody else. Empty if that is not exactly one name or address.
inline std::string verified_server(SSL* ssl)
{
    X509_VERIFY_PARAM* const checked = SSL_get0_param(ssl);
    const char* const name = X509_VERIFY_PARAM_get0_host(checked, 0);
    // OpenSSL 3.0 takes it for an error that there is no address.
    ERR_set_mark();
    constexpr auto free_text = [](char* text) {
        OPENSSL_free(text);
    };
    const tls_pointer<char, free_text> address(X509_VERIFY_PARAM_get1_ip_asc(checked));
    ERR_pop_to_mark();
    std::string server;
    if (name != nullptr && address == nullptr && X509_VERIFY_PARAM_get0_host(checked, 1) == nullptr)
        server = std::string("name ") + name;
    else if (name == nullptr && address != nullptr)
        server = std::string("address ") + address.get();
    return server;
}

/// Keeps a session for the next connection, if it is one that this context verified in full.
inline void keep_session(SSL* ssl, SSL_SESSION* session) noexcept
{
    SSL_CTX* const context = SSL_get_SSL_CTX(ssl);
    auto* const state = tls_state_of(ssl);
    const auto epoch = reinterpret_cast<std::uintptr_t>(SSL_get_ex_data(ssl, tls_epoch_index()));
    const bool on = (SSL_CTX_get_session_cache_mode(context) & SSL_SESS_CACHE_CLIENT) != 0;
    // Somebody may have given the stream another idea of what is verified.
    const bool verified = SSL_get_verify_result(ssl) == X509_V_OK &&
                          SSL_get_verify_callback(ssl) == SSL_CTX_get_verify_callback(context);
    // A server that asks for certificates may not have been told how to tell whose session it is that is resumed
    // (SSL_CTX_set_session_id_context); Dovecot 2.3 and 2.4 then fail the handshake.
    const bool asked = SSL_get_ex_data(ssl, tls_asked_index()) != nullptr;
    if (state == nullptr || !on || epoch == 0 || !verified || asked || SSL_SESSION_is_resumable(session) != 1)
        return;
    // This may be inside a read, which would take an error that is left behind for its own.
    ERR_set_mark();
    POP3_TRY
    {
        const auto server = verified_server(ssl);
        const bool wanted = !server.empty() && !state->sessions.has_plenty(server);
        // A copy: OpenSSL marks the original as not to be resumed when the connection ends without a close_notify, which
        // is just when a client comes back.
        tls_session copy(wanted ? SSL_SESSION_dup(session) : nullptr);
        if (copy)
            state->sessions.keep(server, std::move(copy), epoch);
    }
    POP3_CATCH(...)
    {
        // Without memory there is nothing to resume.
    }
    ERR_pop_to_mark();
}

/// OpenSSL has a new session: with TLS 1.3 a ticket came, some time after the handshake.
inline int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept
{
    keep_session(ssl, session);
    return 0; // the original stays OpenSSL's
}

/// A session of TLS 1.2 may be used again, and is then not new: it goes back once it has proved to work. (One that makes a
/// server fail is gone for good.)
inline void on_tls_event(const SSL* ssl, int event, int) noexcept
{
    if (event == SSL_CB_HANDSHAKE_DONE && SSL_version(ssl) < TLS1_3_VERSION && SSL_session_reused(ssl) == 1)
        keep_session(const_cast<SSL*>(ssl), SSL_get_session(ssl)); // OpenSSL's getters take it as not const
}

/// Prepares for the handshake with the server that was set to be verified: with a session of it, if there is one.
inline void offer_session(SSL* ssl)
{
    auto* const state = tls_state_of(ssl);
    if (state == nullptr || SSL_in_before(ssl) != 1)
        return;
    const auto epoch = state->sessions.epoch();
    const auto session = state->sessions.take(verified_server(ssl));
    SSL_set_session(ssl, session.get()); // null: none, also if there was one for another server
    SSL_set_ex_data(ssl, state->epoch_index, reinterpret_cast<void*>(epoch));
}

/// A handshake failed. Should it be that the server cannot resume sessions, the next one begins without.
inline void forget_sessions_of(SSL* ssl)
{
    if (auto* const state = tls_state_of(ssl))
        state->sessions.forget(verified_server(ssl));
}

/// OpenSSL's own cache is for servers.
inline void keep_sessions(SSL_CTX* context, bool on)
{
    SSL_CTX_set_session_cache_mode(context, on ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                               : SSL_SESS_CACHE_OFF);
}

/// Sets a context up to keep sessions, as long as `keep_sessions` says so. For the constructor of a context, since what
/// belongs together must be of one shared library.
inline void set_up_resumption(SSL_CTX* context, tls_state& state)
{
    state.epoch_index = tls_epoch_index();
    SSL_CTX_sess_set_new_cb(context, on_new_session);
    SSL_CTX_set_info_callback(context, on_tls_event);
    SSL_CTX_set_cert_cb(context, on_certificate_request, nullptr);
    keep_sessions(context, true);
}

} // namespace pop3::detail
