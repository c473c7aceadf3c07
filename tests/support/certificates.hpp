// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Certificates, made without the library, and handshakes with who shows them.

#include <pop3/testing/certificate.hpp>
#include <pop3/testing/certificate_parts.hpp>
#include <pop3/tls/handshake.hpp>
#include <pop3/tls_context.hpp>

#include <asio/buffer.hpp>
#include <asio/ssl/context.hpp>
#include <doctest/doctest.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace test {

template <class T, auto Free>
using owned = pop3::testing::detail::openssl_ptr<T, Free>;

/// A certificate and its key.
struct identity {
    std::shared_ptr<X509> x509;
    std::shared_ptr<EVP_PKEY> key;

    std::string pem() const
    {
        return pop3::testing::detail::to_pem([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); });
    }

    std::string key_pem() const
    {
        return pop3::testing::detail::to_pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    std::string der() const
    {
        unsigned char* octets = nullptr;
        const int size = i2d_X509(x509.get(), &octets);
        REQUIRE(size > 0);
        std::string text(octets, octets + size);
        OPENSSL_free(octets);
        return text;
    }

    std::string public_key_der() const
    {
        unsigned char* octets = nullptr;
        const int size = i2d_PUBKEY(key.get(), &octets);
        REQUIRE(size > 0);
        std::string text(octets, octets + size);
        OPENSSL_free(octets);
        return text;
    }

    void load_into(asio::ssl::context& context) const
    {
        context.use_certificate_chain(asio::buffer(pem()));
        context.use_private_key(asio::buffer(key_pem()), asio::ssl::context::pem);
    }
};

inline std::shared_ptr<EVP_PKEY> new_key(const std::string& type)
{
    EVP_PKEY* key = nullptr;
    if (type == "RSA")
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t(2048));
    else if (type == "EC")
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    else
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str());
    REQUIRE(key != nullptr);
    return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

/// Issues a certificate, signed by `issuer` or by itself. `names` is empty for an authority; all authorities are called
/// "authority" if not by another `common_name`.
inline identity issue(const std::string& names, const std::string& key_type = "EC",
                      const EVP_MD* signature_hash = EVP_sha256(), const identity* issuer = nullptr,
                      std::shared_ptr<EVP_PKEY> key = nullptr, const std::string& common_name = "")
{
    identity made{std::shared_ptr<X509>(X509_new(), X509_free), key ? key : new_key(key_type)};
    X509* const x509 = made.x509.get();
    static std::atomic<std::uint64_t> serial = 1000;
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    const std::string name = !common_name.empty() ? common_name
                             : names.empty()      ? "authority"
                                                  : "server " + std::to_string(serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer == nullptr ? x509 : issuer->x509.get()));
    X509_set_pubkey(x509, made.key.get());
    pop3::testing::detail::add_extension(x509, NID_basic_constraints,
                                         names.empty() ? "critical, CA:TRUE" : "critical, CA:FALSE");
    if (!names.empty())
        pop3::testing::detail::add_extension(x509, NID_subject_alt_name, names);
    // Without these OpenSSL could not tell two authorities of one name.
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer == nullptr ? x509 : issuer->x509.get(), x509, nullptr, nullptr, 0);
    for (const auto& [nid, value] : {std::pair(NID_subject_key_identifier, "hash"),
                                     std::pair(NID_authority_key_identifier, "keyid:always")}) {
        const owned<X509_EXTENSION, X509_EXTENSION_free> extension(
            X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
        REQUIRE(extension);
        REQUIRE(X509_add_ext(x509, extension.get(), -1) == 1);
    }
    REQUIRE(X509_sign(x509, issuer == nullptr ? made.key.get() : issuer->key.get(), signature_hash) > 0);
    return made;
}

/// An authority with a name of its own.
inline identity authority(const std::string& name, const identity* issuer = nullptr)
{
    return issue("", "EC", EVP_sha256(), issuer, nullptr, name);
}

/// A server called localhost.
inline identity server_of(const identity& issuer)
{
    return issue("DNS:localhost", "EC", EVP_sha256(), &issuer);
}

/// What a client with this context finds, in a handshake in memory with a server called `host` that shows `shown`, and
/// `between` along with it: X509_V_OK, or OpenSSL's reason.
inline long verdict(pop3::tls_context& tls, const identity& shown, const std::vector<identity>& between = {},
                    const std::string& host = "localhost")
{
    asio::ssl::context accepting(asio::ssl::context::tls_server);
    shown.load_into(accepting);
    for (const auto& one : between)
        REQUIRE(SSL_CTX_add1_chain_cert(accepting.native_handle(), one.x509.get()) == 1);
    const owned<SSL, SSL_free> client(SSL_new(tls.native_handle()));
    const owned<SSL, SSL_free> server(SSL_new(accepting.native_handle()));
    BIO* near = nullptr;
    BIO* far = nullptr;
    REQUIRE(BIO_new_bio_pair(&near, 65536, &far, 65536) == 1);
    SSL_set_bio(client.get(), near, near);
    SSL_set_bio(server.get(), far, far);
    REQUIRE(!pop3::detail::expect_host(client.get(), host));
    int done = 0;
    for (int i = 0; i != 10 && done != 1; ++i) {
        done = SSL_connect(client.get());
        SSL_accept(server.get());
    }
    ERR_clear_error();
    const long result = SSL_get_verify_result(client.get());
    CHECK((done == 1) == (result == X509_V_OK));
    return result;
}

} // namespace test
