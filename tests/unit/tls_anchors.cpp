// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Whom a context trusts because it was told to.

#include "support/certificates.hpp"
#include "support/scratch.hpp"

#include <pop3/tls_context.hpp>

#include <doctest/doctest.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using test::authority;
using test::identity;
using test::server_of;
using test::verdict;

TEST_CASE("anchors: a root, one below it, and the server's own certificate")
{
    const test::scratch files;
    const identity root = authority("the root");
    const identity above = authority("above", &root);
    const identity below = authority("below", &above);
    const identity server = server_of(below);
    const std::vector<identity> chain{below, above};
    for (const auto& anchor : {root, above, below, server}) {
        pop3::tls_context by_text;
        by_text.add_certificate_authority(anchor.pem());
        CHECK(verdict(by_text, server, chain) == X509_V_OK);
        pop3::tls_context by_file;
        by_file.load_verify_file(files.file("ca.pem", anchor.pem()));
        CHECK(verdict(by_file, server, chain) == X509_V_OK);
        CHECK(verdict(by_file, server, chain, "other.example.org") == X509_V_ERR_HOSTNAME_MISMATCH);
    }
    // What the server does not send along is not needed above the anchor.
    pop3::tls_context tls;
    tls.add_certificate_authority(below.pem());
    CHECK(verdict(tls, server) == X509_V_OK);

    // An anchor is one for what it has issued, and no more.
    const identity elsewhere = server_of(above);
    CHECK(verdict(tls, elsewhere, {above}) != X509_V_OK);
    pop3::tls_context pinned;
    pinned.add_certificate_authority(server.pem());
    CHECK(verdict(pinned, server_of(below), chain) != X509_V_OK);
    CHECK(verdict(pinned, test::issue("DNS:localhost", "EC", EVP_sha256(), &server)) != X509_V_OK);
}

TEST_CASE("anchors: dates are verified, and pins are")
{
    const identity root = authority("the root");
    const identity late = [&] {
        identity made = server_of(root);
        X509_gmtime_adj(X509_getm_notAfter(made.x509.get()), -60);
        X509_sign(made.x509.get(), root.key.get(), EVP_sha256());
        return made;
    }();
    pop3::tls_context tls;
    tls.add_certificate_authority(late.pem());
    CHECK(verdict(tls, late) == X509_V_ERR_CERT_HAS_EXPIRED);

    const identity server = server_of(root);
    pop3::tls_context pinned;
    pinned.add_certificate_authority(server.pem());
    pinned.pin_certificate(std::string(64, 'a'));
    CHECK(verdict(pinned, server) == static_cast<long>(pop3::certificate_errc::not_pinned));
}

TEST_CASE("anchors: what the system trusts is trusted besides, or not")
{
    const test::scratch files;
    const identity system = authority("of the system");
    const identity own = authority("one's own");
    const test::environment file(X509_get_default_cert_file_env(), files.file("ca.pem", system.pem()));
    const test::environment folder(X509_get_default_cert_dir_env(), files.path("none"));

    pop3::tls_context both;
    both.add_certificate_authority(own.pem());
    CHECK(verdict(both, server_of(system)) == X509_V_OK);
    CHECK(verdict(both, server_of(own)) == X509_V_OK);

    pop3::tls_context only(pop3::no_system_roots);
    CHECK(verdict(only, server_of(own)) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    only.add_certificate_authority(own.pem());
    CHECK(verdict(only, server_of(own)) == X509_V_OK);
    CHECK(verdict(only, server_of(system)) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    CHECK(verdict(only, server_of(system), {system}) == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
}

TEST_CASE("anchors: all of a file are trusted, or none")
{
    const test::scratch files;
    const identity one = authority("one");
    const identity two = authority("two");
    const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    {
        pop3::tls_context tls;
        tls.add_certificate_authority("comment\n" + one.pem() + one.key_pem() + "\n" + two.pem() + one.pem());
        CHECK(verdict(tls, server_of(one)) == X509_V_OK);
        CHECK(verdict(tls, server_of(two)) == X509_V_OK);
    }
    for (const std::string& bad : {std::string(), std::string("nothing"), broken, one.pem() + broken,
                                   broken + one.pem(), one.pem() + two.pem().substr(0, 100), one.key_pem()}) {
        CAPTURE(bad);
        pop3::tls_context tls;
        CHECK_THROWS_AS(tls.add_certificate_authority(bad), std::system_error);
        CHECK_THROWS_AS(tls.load_verify_file(files.file("ca.pem", bad)), std::system_error);
        CHECK(verdict(tls, server_of(one)) != X509_V_OK);
    }
    pop3::tls_context tls;
    CHECK_THROWS_WITH_AS(tls.load_verify_file(files.path("none")),
                         doctest::Contains(files.path("none").c_str()), std::system_error);
    CHECK_THROWS_AS(tls.load_verify_file(files.path()), std::system_error);
}

TEST_CASE("no function of a context leaves an entry in OpenSSL's error queue, nor is misled by one")
{
    const test::scratch files;
    const identity who = test::issue("email:alice@example.org");
    const identity other = test::issue("email:bob@example.org");
    const std::string pem = who.pem() + who.key_pem();
    const std::string file = files.file("who.pem", pem);
    using call = std::function<void(pop3::tls_context&)>;
    struct call_row {
        const char* name;
        bool succeeds;
        call function;
    };
    std::vector<call_row> table{
        {"copy of nothing", true,
         [](auto&) {
             pop3::tls_context made;
         }},
        {"no_system_roots", true,
         [](auto&) {
             pop3::tls_context made(pop3::no_system_roots);
         }},
        {"require_tls_1_3", true,
         [](auto& c) {
             c.require_tls_1_3();
         }},
        {"pin_public_key", true,
         [](auto& c) {
             c.pin_public_key("jvYWivRjsWSNN28hhBl5obc/gqGZ1lrNlzPMd/dhcKY=");
         }},
        {"pin_certificate", true,
         [](auto& c) {
             c.pin_certificate(std::string(64, 'a'));
         }},
        {"set_verify_callback", true,
         [](auto& c) {
             c.set_verify_callback([](bool ok, auto*) { return ok; });
         }},
        {"set_session_resumption", true,
         [](auto& c) {
             c.set_session_resumption(false);
         }},
        {"load_verify_file", true,
         [&](auto& c) {
             c.load_verify_file(file);
         }},
        {"add_certificate_authority", true,
         [&](auto& c) {
             c.add_certificate_authority(pem);
         }},
        {"use_certificate_chain_file", true,
         [&](auto& c) {
             c.use_certificate_chain_file(file);
         }},
        {"use_certificate_chain", true,
         [&](auto& c) {
             c.use_certificate_chain(pem);
         }},
        {"use_private_key_file", true,
         [&](auto& c) {
             c.use_private_key_file(file);
         }},
        {"use_private_key", true,
         [&](auto& c) {
             c.use_private_key(pem);
         }},
        {"pin_public_key: no", false,
         [](auto& c) {
             c.pin_public_key("????");
         }},
        {"pin_public_key: 44", false,
         [](auto& c) {
             c.pin_public_key(std::string(44, '?'));
         }},
        {"pin_certificate: no", false,
         [](auto& c) {
             c.pin_certificate(std::string(64, '?'));
         }},
        {"another's key", false,
         [&](auto& c) {
             c.use_certificate_chain(pem);
             c.use_private_key(other.key_pem());
         }},
        {"another's certificate", false,
         [&](auto& c) {
             c.use_private_key(pem);
             c.use_certificate_chain(other.pem());
         }},
    };
    for (const std::string& bad :
         {std::string(), std::string("nothing"), pem.substr(0, 100),
          std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
          std::string("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")}) {
        table.push_back({"bad authority", false, [bad](auto& c) {
                             c.add_certificate_authority(bad);
                         }});
        table.push_back({"bad chain", false, [bad](auto& c) {
                             c.use_certificate_chain(bad);
                         }});
        table.push_back({"bad key", false, [bad](auto& c) {
                             c.use_private_key(bad);
                         }});
        const std::string bad_file = files.file("bad" + std::to_string(table.size()) + ".pem", bad);
        for (const auto& name : {bad_file, files.path("none"), files.path()}) {
            table.push_back({"bad file", false, [name](auto& c) {
                                 c.load_verify_file(name);
                             }});
            table.push_back({"bad chain file", false, [name](auto& c) {
                                 c.use_certificate_chain_file(name);
                             }});
            table.push_back({"bad key file", false, [name](auto& c) {
                                 c.use_private_key_file(name);
                             }});
        }
    }
    for (const auto& row : table) {
        CAPTURE(row.name);
        for (const bool misled : {false, true}) {
            CAPTURE(misled);
            ERR_clear_error();
            pop3::tls_context tls;
            if (misled)
                ERR_raise(ERR_LIB_USER, ERR_R_FATAL);
            else
                REQUIRE(ERR_peek_error() == 0);
            bool succeeded = true;
            try {
                row.function(tls);
            } catch (const std::system_error& e) {
                succeeded = false;
                CHECK(ERR_GET_LIB(static_cast<unsigned long>(e.code().value())) != ERR_LIB_USER);
            }
            CHECK(succeeded == row.succeeds);
            if (!misled)
                CHECK(ERR_peek_error() == 0);
        }
    }
    ERR_clear_error();
}

TEST_CASE("a context leaves alone what a user hangs on its handle")
{
    int users = 0;
    pop3::tls_context tls;
    SSL_CTX_set_app_data(tls.native_handle(), &users);
    SSL_CTX_set_default_passwd_cb_userdata(tls.native_handle(), &users);
    pop3::tls_context moved = std::move(tls);
    CHECK(SSL_CTX_get_app_data(moved.native_handle()) == &users);
}
