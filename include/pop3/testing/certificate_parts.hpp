// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/require.hpp>

#include <openssl/bio.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <string>

namespace pop3::testing::detail {

template <auto Free>
struct free_with {
    void operator()(auto* object) const
    {
        Free(object);
    }
};

template <class T, auto Free>
using openssl_ptr = std::unique_ptr<T, free_with<Free>>;

inline void add_extension(X509* x509, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    const openssl_ptr<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
    require(extension && X509_add_ext(x509, extension.get(), -1) == 1, "certificate extension");
}

std::string to_pem(auto write)
{
    const openssl_ptr<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
    require(memory && write(memory.get()) == 1, "PEM");
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

} // namespace pop3::testing::detail
