// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/certificate_error.hpp>
#include <pop3/config.hpp>
#include <pop3/tls/state.hpp>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace pop3::detail {

/// Asks the user's callback. OpenSSL calls this for each certificate of the chain, and for each thing that is wrong.
inline int ask_verify_callback(int preverified, X509_STORE_CTX* store) noexcept
{
    const auto* const ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* const state = ssl == nullptr ? nullptr : tls_state_of(ssl);
    if (state == nullptr || !state->verify_callback)
        return preverified;
    bool accepted = false;
    POP3_TRY
    {
        accepted = state->verify_callback(preverified == 1, store);
    }
    POP3_CATCH(...)
    {
        accepted = false; // no exception may pass through OpenSSL
    }
    // A reason that was overruled must not be reported for a handshake that fails later.
    if (accepted)
        X509_STORE_CTX_set_error(store, X509_V_OK);
    else if (X509_STORE_CTX_get_error(store) == X509_V_OK)
        X509_STORE_CTX_set_error(store, static_cast<int>(certificate_errc::rejected_by_callback));
    return accepted ? 1 : 0;
}

/// The whole verification of a server's certificate. The pins come last, and nobody is asked whether they matter.
inline int verify_certificate(X509_STORE_CTX* store, void* state) noexcept
{
    const int verdict = X509_verify_cert(store);
    if (verdict != 1 || static_cast<const tls_state*>(state)->pins.allow(X509_STORE_CTX_get0_cert(store)))
        return verdict;
    X509_STORE_CTX_set_error(store, static_cast<int>(certificate_errc::not_pinned));
    return 0;
}

} // namespace pop3::detail
