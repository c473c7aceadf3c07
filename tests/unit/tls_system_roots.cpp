// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Whom a context trusts because the system does. What OpenSSL would find by itself is what must be found.

#include "support/certificates.hpp"
#include "support/scratch.hpp"

#include <pop3/tls_context.hpp>

#include <doctest/doctest.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using test::authority;
using test::identity;
using test::owned;
using test::server_of;
using test::verdict;

constexpr long unknown_issuer = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;

/// What the two variables say while this lives.
struct system_trust {
    system_trust(const std::optional<std::string>& file, const std::optional<std::string>& folder)
        : file_(X509_get_default_cert_file_env(), file), folder_(X509_get_default_cert_dir_env(), folder)
    {
    }

    test::environment file_;
    test::environment folder_;
};

/// Puts a certificate where OpenSSL looks for it.
void hash_into(const test::scratch& folder, const identity& who, int number = 0)
{
    int done = 0;
    const auto hash = X509_NAME_hash_ex(X509_get_subject_name(who.x509.get()), nullptr, nullptr, &done);
    REQUIRE(done == 1);
    char name[20];
    std::snprintf(name, sizeof name, "%08lx.%d", hash, number);
    folder.file(name, who.pem());
}

long in_new_context(const identity& shown, const std::vector<identity>& between = {})
{
    pop3::tls_context tls;
    return verdict(tls, shown, between);
}

int certificates_in_store(pop3::tls_context& tls)
{
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(tls.native_handle())));
}

} // namespace

TEST_CASE("system roots: the file, the folder, both, and neither")
{
    const test::scratch empty;
    const test::scratch folder;
    const identity in_file = authority("in the file");
    const identity in_folder = authority("in the folder");
    const identity nowhere = authority("nowhere");
    const std::string file = empty.file("ca.pem", in_file.pem());
    hash_into(folder, in_folder);
    const std::string none = empty.path("not there");
    const auto all = [&] {
        return std::vector<long>{in_new_context(server_of(in_file)), in_new_context(server_of(in_folder)),
                                 in_new_context(server_of(nowhere))};
    };
    {
        const system_trust trust(file, none);
        CHECK(all() == std::vector<long>{X509_V_OK, unknown_issuer, unknown_issuer});
    }
    {
        const system_trust trust(none, folder.path());
        CHECK(all() == std::vector<long>{unknown_issuer, X509_V_OK, unknown_issuer});
    }
    {
        const system_trust trust(file, empty.path() + ":" + folder.path());
        CHECK(all() == std::vector<long>{X509_V_OK, X509_V_OK, unknown_issuer});
    }
    {
        const system_trust trust(std::nullopt, folder.path()); // and the system's file
        CHECK(all() == std::vector<long>{unknown_issuer, X509_V_OK, unknown_issuer});
    }
    {
        const system_trust trust(file, std::nullopt); // and the system's folder
        CHECK(all() == std::vector<long>{X509_V_OK, unknown_issuer, unknown_issuer});
    }
    {
        const system_trust trust(std::nullopt, std::nullopt);
        CHECK(all() == std::vector<long>(3, unknown_issuer));
    }
    for (const auto& nothing : {none, std::string(), empty.path()}) {
        CAPTURE(nothing);
        const system_trust trust(nothing, nothing);
        CHECK(all() == std::vector<long>(3, unknown_issuer));
    }
}

TEST_CASE("system roots: a chain with certificates in between")
{
    const test::scratch files;
    const identity root = authority("the root");
    const identity between = authority("between", &root);
    const identity server = server_of(between);
    const system_trust trust(files.file("ca.pem", root.pem()), files.path("none"));
    CHECK(in_new_context(server, {between}) == X509_V_OK);
    CHECK(in_new_context(server, {between, root}) == X509_V_OK);
    CHECK(in_new_context(server) == unknown_issuer);
    // It was signed by somebody else of that name.
    const identity other = authority("the root");
    CHECK(in_new_context(server_of(other)) != X509_V_OK);
}

TEST_CASE("system roots: each certificate of this system has the verdict that it has with OpenSSL alone")
{
    std::ifstream file(X509_get_default_cert_file());
    if (!file)
        return;
    std::ostringstream text;
    text << file.rdbuf();
    const std::string pem = text.str();

    const system_trust trust(std::nullopt, std::nullopt);
    const auto ask = [](SSL_CTX* of, X509* about) {
        const owned<X509_STORE_CTX, X509_STORE_CTX_free> chain(X509_STORE_CTX_new());
        REQUIRE(X509_STORE_CTX_init(chain.get(), SSL_CTX_get_cert_store(of), about, nullptr) == 1);
        X509_verify_cert(chain.get());
        return X509_STORE_CTX_get_error(chain.get());
    };
    const owned<SSL_CTX, SSL_CTX_free> alone(SSL_CTX_new(TLS_client_method()));
    REQUIRE(SSL_CTX_set_default_verify_paths(alone.get()) == 1);
    pop3::tls_context tls;

    const owned<BIO, BIO_free> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    int certificates = 0;
    for (;;) {
        const owned<X509, X509_free> one(PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr));
        if (!one)
            break;
        CHECK(ask(tls.native_handle(), one.get()) == ask(alone.get(), one.get()));
        ++certificates;
    }
    ERR_clear_error();
    CHECK(certificates == certificates_in_store(tls));
}

TEST_CASE("system roots: a context takes from the file only what a handshake wants")
{
    const test::scratch files;
    std::string pem;
    std::vector<identity> roots;
    for (int i = 0; i != 20; ++i) {
        roots.push_back(authority("root " + std::to_string(i)));
        pem += roots.back().pem();
    }
    const system_trust trust(files.file("ca.pem", pem), files.path("none"));
    pop3::tls_context tls;
    CHECK(certificates_in_store(tls) == 0);
    CHECK(verdict(tls, server_of(roots[7])) == X509_V_OK);
    CHECK(certificates_in_store(tls) == 1);
    CHECK(verdict(tls, server_of(roots[7])) == X509_V_OK);
    CHECK(certificates_in_store(tls) == 1);
    CHECK(verdict(tls, server_of(roots[19])) == X509_V_OK);
    CHECK(certificates_in_store(tls) == 2);

    // It is the same certificate in the next one, and not read again.
    pop3::tls_context next;
    CHECK(verdict(next, server_of(roots[7])) == X509_V_OK);
    const auto only = [](pop3::tls_context& of) {
        return X509_OBJECT_get0_X509(
            sk_X509_OBJECT_value(X509_STORE_get0_objects(SSL_CTX_get_cert_store(of.native_handle())), 0));
    };
    pop3::tls_context third;
    CHECK(verdict(third, server_of(roots[7])) == X509_V_OK);
    CHECK(only(next) == only(third));
}

TEST_CASE("system roots: what one context is told is nothing to another")
{
    const test::scratch files;
    const identity root = authority("the root");
    const identity own = authority("one's own");
    const system_trust trust(files.file("ca.pem", root.pem()), files.path("none"));
    pop3::tls_context one;
    CHECK(verdict(one, server_of(root)) == X509_V_OK);
    one.add_certificate_authority(own.pem());
    CHECK(verdict(one, server_of(own)) == X509_V_OK);
    CHECK(in_new_context(server_of(own)) == unknown_issuer);

    // Nor is what it distrusts.
    one.set_verify_callback([](bool, X509_STORE_CTX*) { return false; });
    one.require_tls_1_3();
    CHECK(verdict(one, server_of(root)) != X509_V_OK);
    CHECK(in_new_context(server_of(root)) == X509_V_OK);
}

TEST_CASE("system roots: an authority of one's own does not hide one that has the same name")
{
    const test::scratch files;
    const identity first = authority("the root");
    const identity second = authority("the root");
    const identity own = authority("the root");
    const system_trust trust(files.file("ca.pem", first.pem() + second.pem()), files.path("none"));
    pop3::tls_context tls;
    tls.add_certificate_authority(own.pem());
    for (const auto& root : {own, second, first, own})
        CHECK(verdict(tls, server_of(root)) == X509_V_OK);
}

TEST_CASE("system roots: names are equal that are not the same octets")
{
    const test::scratch files;
    const identity root = authority("The  Root");
    const identity alias = [&] {
        identity made = test::issue("", "EC", EVP_sha256(), nullptr, root.key);
        X509_NAME* const name = X509_NAME_new();
        X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_PRINTABLESTRING,
                                   reinterpret_cast<const unsigned char*>("the root"), -1, -1, 0);
        X509_set_subject_name(made.x509.get(), name);
        X509_NAME_free(name);
        return made;
    }();
    const system_trust trust(files.file("ca.pem", root.pem()), files.path("none"));
    CHECK(in_new_context(server_of(alias)) == X509_V_OK);
}

TEST_CASE("system roots: a file that has changed is noticed by the next context")
{
    const test::scratch files;
    const identity before = authority("before");
    const identity after = authority("after, and longer");
    const system_trust trust(files.file("ca.pem", before.pem()), files.path("none"));
    pop3::tls_context old;
    CHECK(verdict(old, server_of(before)) == X509_V_OK);
    files.file("ca.pem", after.pem());
    CHECK(in_new_context(server_of(after)) == X509_V_OK);
    CHECK(in_new_context(server_of(before)) == unknown_issuer);
    CHECK(verdict(old, server_of(before)) == X509_V_OK);
    CHECK(verdict(old, server_of(after)) == unknown_issuer);
}

TEST_CASE("system roots: what else can be in the file")
{
    const test::scratch files;
    const identity root = authority("the root");
    const std::string pem = root.pem();
    const std::string crlf = [&] {
        std::string text;
        for (const char c : pem)
            text += c == '\n' ? std::string("\r\n") : std::string(1, c);
        return text;
    }();
    const auto with_label = [&](const std::string& label) {
        std::string text = pem;
        for (auto at = text.find(" CERTIFICATE"); at != text.npos; at = text.find(" CERTIFICATE", at + 20))
            text.replace(at, 12, " " + label);
        return text;
    };
    const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const std::string no_base64 = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    const auto trusted = [&](const std::string& text) {
        const system_trust trust(files.file("ca.pem", text), files.path("none"));
        return in_new_context(server_of(root)) == X509_V_OK;
    };
    CHECK(trusted(pem));
    CHECK(trusted("# a comment\n\nAnother\n=======\n" + pem + "# the end"));
    CHECK(trusted(crlf));
    CHECK(trusted(pem.substr(0, pem.size() - 1)));
    CHECK(trusted(with_label("X509 CERTIFICATE")));
    CHECK(trusted(with_label("TRUSTED CERTIFICATE")));
    CHECK(trusted(authority("another").pem() + pem));
    CHECK(trusted(root.key_pem() + pem));
    CHECK(trusted("-----BEGIN \n-----BEGIN nothing\n" + pem));
    // One that cannot be read takes nobody else along.
    CHECK(trusted(broken + pem));
    CHECK(trusted(no_base64 + pem));

    CHECK(!trusted(""));
    CHECK(!trusted(broken));
    CHECK(!trusted(pem.substr(0, pem.size() / 2)));
    CHECK(!trusted(pem.substr(0, pem.find("-----END"))));
    CHECK(!trusted("#" + pem));
    CHECK(!trusted(" " + pem));
    CHECK(!trusted(with_label("SOMETHING")));

    // Trusted, but not for servers.
    X509_add1_reject_object(root.x509.get(), OBJ_nid2obj(NID_server_auth));
    CHECK(!trusted(pop3::testing::detail::to_pem(
        [&](BIO* out) { return PEM_write_bio_X509_AUX(out, root.x509.get()); })));
}

TEST_CASE("system roots: revocation lists in the file")
{
    const test::scratch files;
    const identity root = authority("the root");
    const identity good = server_of(root);
    const identity bad = server_of(root);
    const owned<X509_CRL, X509_CRL_free> list(X509_CRL_new());
    const owned<ASN1_TIME, ASN1_TIME_free> now(X509_gmtime_adj(nullptr, -60));
    const owned<ASN1_TIME, ASN1_TIME_free> then(X509_gmtime_adj(nullptr, 3600));
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(root.x509.get()));
    X509_CRL_set1_lastUpdate(list.get(), now.get());
    X509_CRL_set1_nextUpdate(list.get(), then.get());
    X509_REVOKED* const revoked = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(bad.x509.get()));
    X509_REVOKED_set_revocationDate(revoked, now.get());
    REQUIRE(X509_CRL_add0_revoked(list.get(), revoked) == 1);
    REQUIRE(X509_CRL_sign(list.get(), root.key.get(), EVP_sha256()) > 0);
    const std::string pem = root.pem() + pop3::testing::detail::to_pem([&](BIO* out) {
                                return PEM_write_bio_X509_CRL(out, list.get());
                            });

    const system_trust trust(files.file("ca.pem", pem), files.path("none"));
    CHECK(in_new_context(bad) == X509_V_OK); // nobody has asked
    pop3::tls_context tls;
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls.native_handle()), X509_V_FLAG_CRL_CHECK);
    CHECK(verdict(tls, good) == X509_V_OK);
    CHECK(verdict(tls, bad) == X509_V_ERR_CERT_REVOKED);
}

TEST_CASE("system roots: many threads make contexts, and use one, at the same time")
{
    const test::scratch files;
    std::string pem;
    std::vector<identity> servers;
    for (int i = 0; i != 8; ++i) {
        const identity root = authority("root " + std::to_string(i));
        servers.push_back(server_of(root));
        pem += root.pem();
    }
    const system_trust trust(files.file("ca.pem", pem), files.path("none"));
    pop3::tls_context shared;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (const auto& server : servers)
        threads.emplace_back([&] {
            for (int i = 0; i != 5; ++i)
                good += (in_new_context(server) == X509_V_OK) + (verdict(shared, server) == X509_V_OK);
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(good == 80);
}
