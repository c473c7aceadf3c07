// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pointer.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace pop3::detail {

/// Somewhere to read PEM from.
using tls_input = tls_pointer<BIO, BIO_free>;

inline tls_input pem_file(const std::string& path)
{
    ERR_clear_error();
    tls_input input(BIO_new_file(path.c_str(), "r"));
    tls_require(input != nullptr, path.c_str());
    return input;
}

inline tls_input pem_text(std::string_view pem)
{
    ERR_clear_error();
    const bool possible = pem.size() <= static_cast<std::size_t>((std::numeric_limits<int>::max)());
    tls_input input(possible ? BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())) : nullptr);
    tls_require(input != nullptr, "PEM");
    return input;
}

/// For an encrypted key. Without it OpenSSL would ask at the terminal.
inline int no_password(char*, int, int, void*) noexcept
{
    return -1;
}

/// Shows the first certificate, and sends the others along. If there is a key without a certificate, it must be for this one.
inline void use_certificate_chain(SSL_CTX* context, const tls_input& input)
{
    const char* const what = "certificate chain";
    const auto read = [&] {
        return tls_pointer<X509, X509_free>(PEM_read_bio_X509(input.get(), nullptr, no_password, nullptr));
    };
    const auto leaf = read();
    tls_require(leaf != nullptr, what);
    constexpr auto free_all = [](STACK_OF(X509) * all) {
        sk_X509_pop_free(all, X509_free);
    };
    const tls_pointer<STACK_OF(X509), free_all> others(sk_X509_new_null());
    tls_require(others != nullptr, what);
    while (auto next = read()) {
        tls_require(sk_X509_push(others.get(), next.get()) > 0, what);
        next.release();
    }
    const auto end = ERR_peek_last_error();
    tls_require(ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE, what);
    ERR_clear_error();

    const EVP_PKEY* const key = SSL_CTX_get0_privatekey(context);
    // OpenSSL would drop the key, and show no certificate at all. With a certificate before, the new key is still to come.
    if (key != nullptr && SSL_CTX_get0_certificate(context) == nullptr)
        tls_require(X509_check_private_key(leaf.get(), key) == 1, what);
    tls_require(SSL_CTX_use_certificate(context, leaf.get()) == 1 &&
                    SSL_CTX_set1_chain(context, others.get()) == 1,
                what);
}

/// Takes the key. If there is a certificate, it must be for that.
inline void use_private_key(SSL_CTX* context, const tls_input& input)
{
    const char* const what = "private key";
    const tls_pointer<EVP_PKEY, EVP_PKEY_free> key(
        PEM_read_bio_PrivateKey(input.get(), nullptr, no_password, nullptr));
    tls_require(key != nullptr, what);
    const X509* const certificate = SSL_CTX_get0_certificate(context);
    if (certificate != nullptr)
        tls_require(X509_check_private_key(certificate, key.get()) == 1, what);
    tls_require(SSL_CTX_use_PrivateKey(context, key.get()) == 1, what);
}

} // namespace pop3::detail
