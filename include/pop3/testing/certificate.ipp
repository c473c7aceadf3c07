// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/certificate.hpp>
#include <pop3/testing/certificate_parts.hpp>
#include <pop3/testing/require.hpp>

#include <asio/buffer.hpp>
#include <asio/ssl/context.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace pop3::testing {

namespace detail {

POP3_TESTING_DECL void set_fields(X509* x509, EVP_PKEY* key, std::chrono::seconds from,
                                  std::chrono::seconds until)
{
    // Random, because clients refuse a second certificate with the same issuer and number.
    std::uint32_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
    X509_NAME* name = X509_get_subject_name(x509);
    const auto* text = reinterpret_cast<const unsigned char*>("POP3 test server");
    require(X509_set_version(x509, X509_VERSION_3) == 1 &&
                ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1 &&
                X509_gmtime_adj(X509_getm_notBefore(x509), static_cast<long>(from.count())) &&
                X509_gmtime_adj(X509_getm_notAfter(x509), static_cast<long>(until.count())) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
                X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1,
            "certificate fields");
}

} // namespace detail

POP3_TESTING_DECL certificate::certificate(const std::string& names, std::chrono::seconds valid_from,
                                           std::chrono::seconds valid_until)
{
    using namespace detail;
    const openssl_ptr<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const openssl_ptr<X509, X509_free> x509(X509_new());
    require(key && x509, "key");
    set_fields(x509.get(), key.get(), valid_from, valid_until);
    add_extension(x509.get(), NID_basic_constraints, "critical, CA:TRUE, pathlen:0");
    add_extension(x509.get(), NID_key_usage, "critical, digitalSignature, keyCertSign");
    add_extension(x509.get(), NID_ext_key_usage, "serverAuth");
    add_extension(x509.get(), NID_subject_key_identifier, "hash");
    add_extension(x509.get(), NID_subject_alt_name, names);
    require(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0, "certificate signature");
    pem_ = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); });
    key_pem_ = to_pem([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

POP3_TESTING_DECL void certificate::load_into(asio::ssl::context& context) const
{
    context.use_certificate(asio::buffer(pem_), asio::ssl::context::pem);
    context.use_private_key(asio::buffer(key_pem_), asio::ssl::context::pem);
}

} // namespace pop3::testing
