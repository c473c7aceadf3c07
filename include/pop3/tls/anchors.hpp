// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/identity.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pointer.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509err.h>

#include <string>

namespace pop3::detail {

/// Has a store trust the certificates of a PEM file, and know the revocation lists in it. If one of them cannot be read, it
/// is none of them.
inline void add_anchors(X509_STORE* store, const tls_input& input, const std::string& what)
{
    constexpr auto free_all = [](STACK_OF(X509_INFO) * all) {
        sk_X509_INFO_pop_free(all, X509_INFO_free);
    };
    const tls_pointer<STACK_OF(X509_INFO), free_all> found(
        PEM_X509_INFO_read_bio(input.get(), nullptr, no_password, nullptr));
    tls_require(found != nullptr, what.c_str());
    bool any = false;
    for (int i = 0; i != sk_X509_INFO_num(found.get()); ++i) {
        const X509_INFO* const one = sk_X509_INFO_value(found.get(), i);
        if (one->x509 != nullptr)
            tls_require(X509_STORE_add_cert(store, one->x509) == 1, what.c_str());
        if (one->crl != nullptr)
            tls_require(X509_STORE_add_crl(store, one->crl) == 1, what.c_str());
        any = any || one->x509 != nullptr || one->crl != nullptr;
    }
    if (!any)
        ERR_raise(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
    tls_require(any, what.c_str());
    ERR_clear_error();
}

} // namespace pop3::detail
