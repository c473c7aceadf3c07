// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What TLS does beyond a handshake that works: pins, the user's own verification, versions, client certificates, resumed
// sessions, channel bindings, and what is said when the other end does not speak TLS.

#include "support/certificates.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/certificate_parts.hpp>
#include <pop3/testing/server.hpp>
#include <pop3/tls/channel_binding.hpp>
#include <pop3/tls/handshake.hpp>
#include <pop3/tls/info.hpp>
#include <pop3/tls/sessions.hpp>
#include <pop3/tls_info.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using pop3::certificate_errc;

static_assert(pop3::detail::has_ssl<pop3::tls_stream>);
static_assert(pop3::detail::has_ssl<asio::ssl::stream<asio::ip::tcp::socket>>);
static_assert(!pop3::detail::has_ssl<pop3::tcp_stream>);
static_assert(!pop3::detail::has_ssl<asio::ip::tcp::socket>);

// ---- Digests, made without the library -------------------------------------------------------------

using test::identity;
using test::issue;
using test::new_key;
using test::owned;

std::string digest(const std::string& octets, const char* hash)
{
    unsigned char result[EVP_MAX_MD_SIZE];
    std::size_t size = 0;
    REQUIRE(EVP_Q_digest(nullptr, hash, nullptr, octets.data(), octets.size(), result, &size) == 1);
    return std::string(result, result + size);
}

std::string hex(const std::string& octets, const std::string& between = "", const char* format = "%02x")
{
    std::string text;
    for (const char octet : octets) {
        char digits[3];
        std::snprintf(digits, sizeof digits, format, static_cast<unsigned char>(octet));
        text += (text.empty() ? "" : between) + digits;
    }
    return text;
}

std::string base64(const std::string& octets)
{
    std::string text(octets.size() * 2 + 4, '\0');
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(octets.data()),
        static_cast<int>(octets.size()))));
    return text;
}

std::string key_pin(const identity& of)
{
    return base64(digest(of.public_key_der(), "SHA256"));
}

std::string certificate_pin(const identity& of)
{
    return hex(digest(of.der(), "SHA256"));
}

// ---- The two ends ---------------------------------------------------------------------------------

/// What the client saw of one connection.
struct visit {
    std::error_code handshake; ///< As the library explains it.
    std::error_code read;      ///< The greeting's, if the handshake succeeded.
    pop3::tls_info info;
    pop3::sasl::channel_binding binding;

    bool welcome() const
    {
        return !handshake && !read;
    }
};

/// Connects, reads the greeting, and goes without a word.
visit go(const pop3::tls_context& tls, std::uint16_t port, const std::string& host = "localhost",
         const std::function<void(pop3::tls_stream&)>& prepare = {})
{
    visit v;
    test::run([&]() -> asio::awaitable<void> {
        pop3::tls_stream stream(co_await asio::this_coro::executor, tls);
        CHECK(!stream.expect_host(host));
        if (prepare)
            prepare(stream);
        const auto before = pop3::detail::channel_binding_of(stream.native_handle());
        CHECK(before.type.empty());
        CHECK(before.data.empty());
        CHECK(pop3::detail::make_tls_info(stream.native_handle()).version.empty());
        const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
        co_await stream.lowest_layer().async_connect(endpoint, asio::use_awaitable);
        stream.lowest_layer().set_option(asio::ip::tcp::no_delay(true));
        co_await stream.async_handshake(asio::ssl::stream_base::client,
                                        asio::redirect_error(asio::use_awaitable, v.handshake));
        if (v.handshake) {
            v.handshake = stream.handshake_error(v.handshake);
            v.binding = pop3::detail::channel_binding_of(stream.native_handle());
            co_return;
        }
        std::string said;
        while (!said.ends_with('\n') && !v.read) {
            char octets[100];
            const std::size_t size = co_await stream.async_read_some(
                asio::buffer(octets), asio::redirect_error(asio::use_awaitable, v.read));
            said.append(octets, size);
        }
        v.info = pop3::detail::make_tls_info(stream.native_handle());
        v.binding = pop3::detail::channel_binding_of(stream.native_handle());
    });
    return v;
}

void greet(test::tls_peer_stream& stream)
{
    test::say(stream, "+OK ready\r\n");
    test::linger(stream);
}

using set_up = std::function<void(asio::ssl::context&)>;

set_up showing(const identity& shown)
{
    return [&](asio::ssl::context& c) {
        shown.load_into(c);
    };
}

set_up showing(const identity& shown, int version)
{
    return [&shown, version](asio::ssl::context& c) {
        shown.load_into(c);
        SSL_CTX_set_min_proto_version(c.native_handle(), version);
        SSL_CTX_set_max_proto_version(c.native_handle(), version);
    };
}

pop3::tls_context trusting(const identity& root)
{
    pop3::tls_context tls;
    tls.add_certificate_authority(root.pem());
    return tls;
}

/// The two ends with nothing in between, so that a test decides what comes when.
struct wire {
    wire(pop3::tls_context& tls, asio::ssl::context& accepting)
        : client(SSL_new(tls.native_handle())), server(SSL_new(accepting.native_handle()))
    {
        for (SSL* const end : {client.get(), server.get()})
            SSL_set_bio(end, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        CHECK(!pop3::detail::expect_host(client.get(), "localhost"));
        SSL_set_accept_state(server.get());
    }

    /// Carries so many records of TLS, or all that there are.
    static void carry(SSL* from, SSL* to, int records = 1000)
    {
        for (int i = 0; i != records; ++i) {
            unsigned char record[5 + 17000];
            if (BIO_read(SSL_get_wbio(from), record, 5) != 5)
                return;
            const int size = record[3] * 256 + record[4];
            REQUIRE(BIO_read(SSL_get_wbio(from), record + 5, size) == size);
            REQUIRE(BIO_write(SSL_get_rbio(to), record, size + 5) == size + 5);
        }
    }

    owned<SSL, SSL_free> client;
    owned<SSL, SSL_free> server;
};

bool is_ssl(std::error_code ec)
{
    return ec.category() == asio::error::get_ssl_category();
}

} // namespace

// ---- Pins -----------------------------------------------------------------------------------------

TEST_CASE("pins: one must fit the server's own certificate")
{
    const identity root = issue("");
    const identity server = issue("DNS:localhost", "EC", EVP_sha256(), &root);
    const identity other = issue("DNS:localhost", "EC", EVP_sha256(), &root);
    test::tls_peer peer(greet, showing(server), 100);

    const auto pinned = [&](const std::vector<std::string>& keys,
                            const std::vector<std::string>& certificates) {
        auto tls = trusting(root);
        for (const auto& key : keys)
            tls.pin_public_key(key);
        for (const auto& certificate : certificates)
            tls.pin_certificate(certificate);
        return go(tls, peer.port()).handshake;
    };

    CHECK(!pinned({}, {}));
    CHECK(!pinned({key_pin(server)}, {}));
    CHECK(!pinned({"sha256//" + key_pin(server)}, {}));
    CHECK(!pinned({}, {certificate_pin(server)}));
    CHECK(!pinned({}, {hex(digest(server.der(), "SHA256"), ":", "%02X")}));
    CHECK(!pinned({}, {hex(digest(server.der(), "SHA256"), ":")}));

    CHECK(pinned({key_pin(other)}, {}) == certificate_errc::not_pinned);
    CHECK(pinned({}, {certificate_pin(other)}) == certificate_errc::not_pinned);
    CHECK(pinned({key_pin(root)}, {certificate_pin(root)}) == certificate_errc::not_pinned);
    // The one kind is not the other.
    CHECK(pinned({base64(digest(server.der(), "SHA256"))}, {}) == certificate_errc::not_pinned);
    CHECK(pinned({}, {hex(digest(server.public_key_der(), "SHA256"))}) == certificate_errc::not_pinned);

    // One of them is enough, of either kind.
    CHECK(!pinned({key_pin(other), key_pin(server)}, {}));
    CHECK(!pinned({key_pin(other)}, {certificate_pin(other), certificate_pin(server)}));
    CHECK(!pinned({key_pin(server)}, {certificate_pin(other)}));
    CHECK(pinned({key_pin(other)}, {certificate_pin(other)}) == certificate_errc::not_pinned);

    const auto ec = make_error_code(certificate_errc::not_pinned);
    CHECK(ec.category() == pop3::certificate_category());
    CHECK(ec.message().find("none of the pinned") != std::string::npos);
    CHECK(pop3::is_fatal(ec));
}

TEST_CASE("pins: a renewed certificate for the same key")
{
    const identity root = issue("");
    const identity old = issue("DNS:localhost", "EC", EVP_sha256(), &root);
    const identity renewed = issue("DNS:localhost", "EC", EVP_sha256(), &root, old.key);
    test::tls_peer peer(greet, showing(renewed), 100);
    auto tls = trusting(root);
    tls.pin_public_key(key_pin(old));
    CHECK(go(tls, peer.port()).welcome());
    auto strict = trusting(root);
    strict.pin_certificate(certificate_pin(old));
    CHECK(go(strict, peer.port()).handshake == certificate_errc::not_pinned);
}

TEST_CASE("pins: chain and host name are verified all the same")
{
    const identity server = issue("DNS:pop.example.org");
    test::tls_peer peer(greet, showing(server), 100);
    pop3::tls_context tls;
    tls.pin_public_key(key_pin(server));
    tls.pin_certificate(certificate_pin(server));
    CHECK(go(tls, peer.port(), "pop.example.org").handshake.value() ==
          X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    tls.add_certificate_authority(server.pem());
    CHECK(go(tls, peer.port()).handshake.value() == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(go(tls, peer.port(), "pop.example.org").welcome());
}

TEST_CASE("pins: what is none")
{
    const std::string key = base64(std::string(32, 'x'));
    const std::string certificate(64, 'a');
    pop3::tls_context tls;
    CHECK_NOTHROW(tls.pin_public_key(key));
    CHECK_NOTHROW(tls.pin_public_key("sha256//" + key));
    CHECK_NOTHROW(tls.pin_certificate(certificate));

    for (const std::string& bad :
         {std::string(), std::string("sha256//"), "sha256/" + key, "SHA256//" + key, key + "=", key + ";",
          " " + key, key.substr(1) + " ", key.substr(1), key.substr(0, 43), "*" + key.substr(1),
          "\n" + key.substr(1), base64(std::string(31, 'x')), base64(std::string(33, 'x')),
          key.substr(0, 42) + "5=", // not the shortest way to write it
          key + ";sha256//" + key, certificate}) {
        CAPTURE(bad);
        try {
            tls.pin_public_key(bad);
            FAIL_CHECK("no exception");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::invalid_argument);
        }
    }
    for (const std::string& bad :
         {std::string(), certificate.substr(1), certificate + "a", certificate + ":", ":" + certificate,
          certificate + "aa", "g" + certificate.substr(1), certificate.substr(1) + " ",
          "a:" + certificate.substr(1), "aa::" + certificate.substr(2), key}) {
        CAPTURE(bad);
        try {
            tls.pin_certificate(bad);
            FAIL_CHECK("no exception");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::invalid_argument);
        }
    }
}

// ---- The user's own verification ------------------------------------------------------------------

TEST_CASE("a verify callback is asked about each certificate of the chain")
{
    const identity root = issue("");
    const identity server = issue("DNS:localhost", "EC", EVP_sha256(), &root);
    test::tls_peer peer(greet, showing(server), 100);
    auto tls = trusting(root);
    std::vector<std::pair<bool, int>> asked;
    tls.set_verify_callback([&](bool preverified, X509_STORE_CTX* chain) {
        asked.emplace_back(preverified, X509_STORE_CTX_get_error_depth(chain));
        return preverified;
    });
    CHECK(go(tls, peer.port()).welcome());
    CHECK(asked == std::vector<std::pair<bool, int>>{{true, 1}, {true, 0}});

    // Not when what it accepted is resumed; again when it is set again.
    asked.clear();
    CHECK(go(tls, peer.port()).info.resumed);
    CHECK(asked.empty());
    tls.set_verify_callback([&](bool, X509_STORE_CTX*) -> bool { throw std::runtime_error("no"); });
    CHECK(go(tls, peer.port()).handshake == certificate_errc::rejected_by_callback);
    tls.set_verify_callback({});
    CHECK(go(tls, peer.port()).welcome());
}

TEST_CASE("a verify callback that refuses")
{
    const identity root = issue("");
    const identity server = issue("DNS:localhost", "EC", EVP_sha256(), &root);
    test::tls_peer peer(greet, showing(server), 100);
    auto tls = trusting(root);

    tls.set_verify_callback(
        [&](bool, X509_STORE_CTX* chain) { return X509_STORE_CTX_get_error_depth(chain) != 0; });
    const auto ec = go(tls, peer.port()).handshake;
    CHECK(ec == certificate_errc::rejected_by_callback);
    CHECK(ec.message().find("callback") != std::string::npos);

    // OpenSSL's reason stays if there is one, or the callback's if it gives one.
    CHECK(go(tls, peer.port(), "other.example").handshake.value() == X509_V_ERR_HOSTNAME_MISMATCH);
    tls.set_verify_callback([&](bool, X509_STORE_CTX* chain) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REVOKED);
        return false;
    });
    CHECK(go(tls, peer.port()).handshake.value() == X509_V_ERR_CERT_REVOKED);

    tls.set_verify_callback([&](bool, X509_STORE_CTX*) -> bool { throw 1; });
    CHECK(go(tls, peer.port()).handshake == certificate_errc::rejected_by_callback);
}

TEST_CASE("a verify callback that overrules OpenSSL, but not the pins")
{
    const identity server = issue("DNS:pop.example.org");
    const identity other = issue("DNS:pop.example.org");
    test::tls_peer peer(greet, showing(server), 100);
    pop3::tls_context tls;
    tls.set_verify_callback([](bool, X509_STORE_CTX*) { return true; });
    CHECK(go(tls, peer.port()).welcome()); // neither trusted nor for this host
    tls.pin_public_key(key_pin(other));
    CHECK(go(tls, peer.port()).handshake == certificate_errc::not_pinned);
    tls.pin_certificate(certificate_pin(server));
    CHECK(go(tls, peer.port()).welcome());
}

TEST_CASE("what a verify callback overruled is not what a handshake failed for")
{
    const identity server = issue("DNS:localhost");
    test::tls_peer peer(greet, [&](asio::ssl::context& c) {
        showing(server, TLS1_2_VERSION)(c);
        c.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    });
    pop3::tls_context tls;
    tls.set_verify_callback([](bool, X509_STORE_CTX*) {
        ERR_raise(ERR_LIB_USER, 1); // nor what it leaves behind
        return true;
    });
    const auto ec = go(tls, peer.port()).handshake;
    CHECK(is_ssl(ec));
    CHECK(ERR_GET_LIB(static_cast<unsigned long>(static_cast<unsigned int>(ec.value()))) == ERR_LIB_SSL);
}

// ---- Versions -------------------------------------------------------------------------------------

TEST_CASE("whom a stream expects, as OpenSSL has it")
{
    asio::io_context context(1);
    const pop3::tls_context tls;
    const auto expected = [&](const std::vector<std::string>& hosts) {
        pop3::tls_stream stream(context.get_executor(), tls);
        bool known = true;
        for (const auto& host : hosts)
            known = !stream.expect_host(host);
        auto* const param = SSL_get0_param(stream.native_handle());
        const char* const name = X509_VERIFY_PARAM_get0_host(param, 0);
        char* const address = X509_VERIFY_PARAM_get1_ip_asc(param);
        std::string all = known ? "" : "error ";
        all += name == nullptr ? "" : name;
        all += address == nullptr ? "" : std::string("=") + address;
        OPENSSL_free(address);
        return all;
    };
    CHECK(expected({}) == "nobody.invalid");
    CHECK(expected({"pop.example.org"}) == "pop.example.org");
    CHECK(expected({"pop.example.org."}) == "pop.example.org");
    CHECK(expected({"127.0.0.3"}) == "=127.0.0.3");
    CHECK(expected({"::1"}).starts_with("="));
    CHECK(expected({"fe80::1%1"}).starts_with("="));
    // No address, and no name that a certificate could have: it must not be anybody's.
    CHECK(!expected({"127.0.0.1."}).empty());
    CHECK(expected({"127.0.0.3", "pop.example.org"}) == "pop.example.org");
    CHECK(expected({"pop.example.org", "127.0.0.3"}) == "=127.0.0.3");
    CHECK(expected({".example.org"}) == "error nobody.invalid");
    CHECK(expected({"pop.example.org", ""}) == "error pop.example.org");
}

TEST_CASE("TLS 1.3 can be demanded")
{
    const identity server = issue("DNS:localhost");
    test::tls_peer older(greet, showing(server, TLS1_2_VERSION), 100);
    test::tls_peer newer(greet, showing(server, TLS1_3_VERSION), 100);
    auto tls = trusting(server);
    CHECK(go(tls, older.port()).info.version == "TLSv1.2");
    CHECK(go(tls, newer.port()).info.version == "TLSv1.3");
    tls.require_tls_1_3();
    const auto ec = go(tls, older.port()).handshake;
    CHECK(is_ssl(ec));
    CHECK(go(tls, newer.port()).info.version == "TLSv1.3");
}

TEST_CASE("what was negotiated")
{
    const identity server = issue("DNS:localhost");
    test::tls_peer older(greet, [&](asio::ssl::context& c) {
        showing(server, TLS1_2_VERSION)(c);
        SSL_CTX_set_cipher_list(c.native_handle(), "ECDHE-ECDSA-AES128-GCM-SHA256");
        SSL_CTX_set1_groups_list(c.native_handle(), "P-384");
    });
    test::tls_peer newer(greet, [&](asio::ssl::context& c) {
        showing(server, TLS1_3_VERSION)(c);
        SSL_CTX_set_ciphersuites(c.native_handle(), "TLS_CHACHA20_POLY1305_SHA256");
        SSL_CTX_set1_groups_list(c.native_handle(), "X25519");
    });
    const auto tls = trusting(server);
    const auto one = go(tls, older.port()).info;
    CHECK(one.version == "TLSv1.2");
    CHECK(one.cipher == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
    CHECK(one.group == "secp384r1");
    const auto two = go(tls, newer.port()).info;
    CHECK(two.version == "TLSv1.3");
    CHECK(two.cipher == "TLS_CHACHA20_POLY1305_SHA256");
    CHECK(two.group == "x25519");
    for (const auto& info : {one, two}) {
        CHECK(!info.resumed);
        CHECK(info.certificate_sha256 == certificate_pin(server));
        CHECK(info.public_key_sha256 == key_pin(server));
        // What it gives can be pinned.
        pop3::tls_context again;
        again.pin_certificate(info.certificate_sha256);
        again.pin_public_key(info.public_key_sha256);
    }
}

// ---- Client certificates --------------------------------------------------------------------------

TEST_CASE("a client certificate from memory and from files")
{
    const identity server = issue("DNS:localhost");
    const identity root = issue("");
    const identity between = issue("", "RSA", EVP_sha256(), &root);
    const identity client = issue("email:alice@example.org", "EC", EVP_sha256(), &between);
    const std::string chain = client.pem() + between.pem();
    const std::string file = "tls-client-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(file) << chain << client.key_pem();

    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        std::vector<std::string> shown;
        const auto note = [&](test::tls_peer_stream& s) {
            const X509* const x509 = SSL_get0_peer_certificate(s.native_handle());
            unsigned char print[32];
            shown.push_back(X509_digest(x509, EVP_sha256(), print, nullptr) == 1
                                ? hex(std::string(print, print + sizeof print))
                                : "");
            greet(s);
        };
        const auto demanding = [&](asio::ssl::context& c) {
            showing(server, version)(c);
            c.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
            c.add_certificate_authority(asio::buffer(root.pem())); // so the one between must be sent along
        };
        {
            test::tls_peer peer(note, demanding, 4);
            auto tls = trusting(server);
            const auto missing = go(tls, peer.port());
            CHECK(!missing.welcome());
            // TLS 1.3 lets the client finish first, and tells it then.
            CHECK(is_ssl(version == TLS1_3_VERSION ? missing.read : missing.handshake));

            tls.use_certificate_chain(chain);
            tls.use_private_key(client.key_pem());
            CHECK(go(tls, peer.port()).welcome());

            auto from_files = trusting(server);
            from_files.use_certificate_chain_file(file);
            from_files.use_private_key_file(file);
            CHECK(go(from_files, peer.port()).welcome());

            // The key may come first.
            auto reverse = trusting(server);
            reverse.use_private_key(client.key_pem());
            reverse.use_certificate_chain(chain);
            CHECK(go(reverse, peer.port()).welcome());
        }
        CHECK(shown == std::vector<std::string>(3, certificate_pin(client)));
    }
    std::remove(file.c_str());
    pop3::tls_context tls;
    CHECK_THROWS_AS(tls.use_private_key_file(file), std::system_error);
    CHECK_THROWS_WITH_AS(tls.load_verify_file(file), doctest::Contains(file.c_str()), std::system_error);
    try {
        tls.use_certificate_chain_file(file);
        FAIL_CHECK("no exception");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("a key that does not fit its certificate, and what is no key")
{
    const identity one = issue("email:alice@example.org");
    const identity two = issue("email:alice@example.org");
    const identity rsa = issue("email:alice@example.org", "RSA");

    pop3::tls_context tls;
    tls.use_certificate_chain(one.pem());
    CHECK_THROWS_AS(tls.use_private_key(two.key_pem()), std::system_error);
    CHECK_THROWS_AS(tls.use_private_key(rsa.key_pem()), std::system_error); // OpenSSL keeps it beside
    CHECK_THROWS_AS(tls.use_private_key(one.pem()), std::system_error);
    CHECK_THROWS_AS(tls.use_private_key(""), std::system_error);
    CHECK_NOTHROW(tls.use_private_key(one.key_pem()));
    // Both are replaced, the certificate first.
    CHECK_NOTHROW(tls.use_certificate_chain(rsa.pem()));
    CHECK_THROWS_AS(tls.use_private_key(one.key_pem()), std::system_error);
    CHECK_NOTHROW(tls.use_private_key(rsa.key_pem()));
    CHECK(SSL_CTX_check_private_key(tls.native_handle()) == 1);

    for (const auto& other : {two, rsa}) {
        pop3::tls_context key_first;
        key_first.use_private_key(one.key_pem());
        CHECK_THROWS_AS(key_first.use_certificate_chain(other.pem()), std::system_error);
        CHECK_NOTHROW(key_first.use_certificate_chain(one.pem()));
        CHECK(SSL_CTX_check_private_key(key_first.native_handle()) == 1);
    }

    CHECK_THROWS_AS(tls.use_certificate_chain(""), std::system_error);
    CHECK_THROWS_AS(tls.use_certificate_chain({}), std::system_error);
    CHECK_THROWS_AS(tls.use_certificate_chain("nothing"), std::system_error);
    CHECK_THROWS_AS(tls.use_certificate_chain(one.pem() + one.pem().substr(0, 200)), std::system_error);

    // An encrypted key: nobody is asked at the terminal.
    const auto encrypted = pop3::testing::detail::to_pem([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, two.key.get(), EVP_aes_128_cbc(),
                                        reinterpret_cast<const unsigned char*>("1234"), 4, nullptr, nullptr);
    });
    pop3::tls_context locked;
    CHECK_THROWS_AS(locked.use_private_key(encrypted), std::system_error);
}

// ---- Resumption -----------------------------------------------------------------------------------

TEST_CASE("the second connection resumes the session of the first")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
        for (const bool tickets : {true, false}) {
            CAPTURE(version);
            CAPTURE(tickets);
            test::tls_peer peer(
                [](test::tls_peer_stream& s) {
                    greet(s);
                    // A server that remembers sessions itself, and does not mind how the client went.
                    SSL_set_shutdown(s.native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
                },
                [&](asio::ssl::context& c) {
                    showing(server, version)(c);
                    if (!tickets)
                        SSL_CTX_set_options(c.native_handle(), SSL_OP_NO_TICKET);
                },
                100);
            const auto tls = trusting(server);
            const auto first = go(tls, peer.port());
            REQUIRE(first.welcome());
            CHECK(!first.info.resumed);
            for (int i = 0; i != 6; ++i) {
                const auto next = go(tls, peer.port());
                REQUIRE(next.welcome());
                CHECK(next.info.resumed);
                CHECK(next.info.certificate_sha256 == certificate_pin(server));
            }
            // Another context knows nothing of it.
            CHECK(!go(trusting(server), peer.port()).info.resumed);
        }
}

TEST_CASE("async_connect resumes")
{
    const identity server = issue("DNS:localhost");
    std::vector<bool> resumed;
    {
        test::tls_peer peer(
            [&](test::tls_peer_stream& s) {
                resumed.push_back(SSL_session_reused(s.native_handle()) == 1);
                greet(s);
            },
            showing(server), 2);
        const auto tls = trusting(server);
        pop3::connect_options options;
        options.port = peer.port();
        for (int i = 0; i != 2; ++i)
            test::run([&]() -> asio::awaitable<void> {
                const auto executor = co_await asio::this_coro::executor;
                const auto greeted = co_await pop3::async_connect(executor, tls, "localhost", options);
            });
    }
    CHECK(resumed == std::vector<bool>{false, true});
}

TEST_CASE("a session is resumed for the host that it was verified for, and for no other")
{
    const identity server = issue("DNS:localhost, DNS:other.example, IP:127.0.0.1");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        test::tls_peer peer(greet, showing(server, version), 100);
        const auto tls = trusting(server);
        for (const std::string host : {"localhost", "other.example", "127.0.0.1"}) {
            const auto v = go(tls, peer.port(), host);
            CHECK(v.welcome());
            CHECK(!v.info.resumed);
        }
        for (const std::string host : {"localhost", "other.example", "127.0.0.1"})
            CHECK(go(tls, peer.port(), host).info.resumed);
        CHECK(go(tls, peer.port(), "evil.example").handshake.value() == X509_V_ERR_HOSTNAME_MISMATCH);

        // The stream was told of two hosts, one after the other.
        const auto twice = go(tls, peer.port(), "localhost",
                              [](pop3::tls_stream& stream) { CHECK(!stream.expect_host("evil.example")); });
        CHECK(twice.handshake.value() == X509_V_ERR_HOSTNAME_MISMATCH);
    }
}

TEST_CASE("a session that nothing verified is not kept")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        test::tls_peer peer(greet, showing(server, version), 100);
        const pop3::tls_context tls; // trusts nothing of the kind
        const auto careless = go(tls, peer.port(), "localhost", [](pop3::tls_stream& stream) {
            SSL_set_verify(stream.native_handle(), SSL_VERIFY_NONE, nullptr);
        });
        CHECK(careless.welcome());
        const auto convinced = go(tls, peer.port(), "localhost", [](pop3::tls_stream& stream) {
            SSL_set_verify(stream.native_handle(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX* chain) {
                X509_STORE_CTX_set_error(chain, X509_V_OK);
                return 1;
            });
        });
        CHECK(convinced.welcome());
        CHECK(go(tls, peer.port()).handshake.category() == pop3::certificate_category());
    }
}

TEST_CASE("resumption can be switched off, and on")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        test::tls_peer peer(greet, showing(server, version), 100);
        auto tls = trusting(server);
        CHECK(!go(tls, peer.port()).info.resumed);
        tls.set_session_resumption(false);
        CHECK(!go(tls, peer.port()).info.resumed);
        CHECK(!go(tls, peer.port()).info.resumed);
        tls.set_session_resumption(true);
        CHECK(!go(tls, peer.port()).info.resumed);
        CHECK(go(tls, peer.port()).info.resumed);
    }
}

TEST_CASE("sessions are forgotten when the context is changed")
{
    const identity server = issue("DNS:localhost");
    const identity other = issue("");
    const std::string file = "tls-change-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(file) << other.pem() << other.key_pem();
    test::tls_peer peer(greet, showing(server), 100);
    struct {
        std::string name;
        std::function<void(pop3::tls_context&)> make;
    } const changes[] = {
        {"authority",
         [&](pop3::tls_context& c) {
             c.add_certificate_authority(other.pem());
         }},
        {"authorities",
         [&](pop3::tls_context& c) {
             c.load_verify_file(file);
         }},
        {"key pin",
         [&](pop3::tls_context& c) {
             c.pin_public_key(key_pin(server));
         }},
        {"certificate pin",
         [&](pop3::tls_context& c) {
             c.pin_certificate(certificate_pin(server));
         }},
        {"callback",
         [&](pop3::tls_context& c) {
             c.set_verify_callback([](bool ok, auto*) { return ok; });
         }},
        {"version",
         [&](pop3::tls_context& c) {
             c.require_tls_1_3();
         }},
        {"certificate",
         [&](pop3::tls_context& c) {
             c.use_certificate_chain(other.pem());
         }},
        {"key",
         [&](pop3::tls_context& c) {
             c.use_private_key(other.key_pem());
         }},
        {"certificate file",
         [&](pop3::tls_context& c) {
             c.use_certificate_chain_file(file);
         }},
        {"key file",
         [&](pop3::tls_context& c) {
             c.use_private_key_file(file);
         }},
    };
    for (const auto& change : changes) {
        CAPTURE(change.name);
        auto tls = trusting(server);
        go(tls, peer.port());
        CHECK(go(tls, peer.port()).info.resumed);
        change.make(tls);
        CHECK(!go(tls, peer.port()).info.resumed);
        CHECK(go(tls, peer.port()).info.resumed);
        // Nor may a ticket be kept of a connection that began before.
        tls.set_session_resumption(true);
        const auto during = go(tls, peer.port(), "localhost", [&](pop3::tls_stream&) { change.make(tls); });
        CHECK(during.welcome());
        CHECK(!go(tls, peer.port()).info.resumed);
    }
    std::remove(file.c_str());
}

TEST_CASE("a ticket of TLS 1.3 is used once")
{
    const identity server = issue("DNS:localhost");
    test::tls_peer peer(
        [](test::tls_peer_stream& s) {
            SSL_CTX_set_num_tickets(SSL_get_SSL_CTX(s.native_handle()), 0); // from the second connection on
            greet(s);
        },
        [&](asio::ssl::context& c) {
            showing(server, TLS1_3_VERSION)(c);
            SSL_CTX_set_num_tickets(c.native_handle(), 1);
        },
        100);
    const auto tls = trusting(server);
    CHECK(!go(tls, peer.port()).info.resumed);
    CHECK(go(tls, peer.port()).info.resumed);
    CHECK(!go(tls, peer.port()).info.resumed);
}

TEST_CASE("no session is kept of a server that asks for certificates, and would fail if it were resumed")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        test::tls_peer peer(
            greet,
            [&](asio::ssl::context& c) {
                showing(server, version)(c);
                // OpenSSL resumes nothing then until it is given a session id context, which is often forgotten.
                c.set_verify_mode(asio::ssl::verify_peer);
            },
            100);
        const auto tls = trusting(server);
        for (int i = 0; i != 3; ++i) {
            const auto result = go(tls, peer.port());
            CHECK(result.welcome());
            CHECK(!result.info.resumed);
        }
    }
}

TEST_CASE("a server that fails when a session is resumed fails once")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        test::tls_peer peer(
            [](test::tls_peer_stream& s) {
                // From the second connection on.
                SSL_CTX_set_verify(SSL_get_SSL_CTX(s.native_handle()), SSL_VERIFY_PEER, nullptr);
                greet(s);
            },
            showing(server, version), 100);
        const auto tls = trusting(server);
        CHECK(go(tls, peer.port()).welcome());
        CHECK(is_ssl(go(tls, peer.port()).handshake));
        CHECK(go(tls, peer.port()).welcome());
    }
}

TEST_CASE("sessions live on the context that they belong to, and not longer")
{
    const identity server = issue("DNS:localhost");
    test::tls_peer peer(greet, showing(server), 100);
    auto tls = std::make_optional(trusting(server));
    CHECK(go(*tls, peer.port()).welcome());
    // The context dies before the handshake, which resumes all the same.
    const auto v = go(*tls, peer.port(), "localhost", [&](pop3::tls_stream&) { tls.reset(); });
    CHECK(v.welcome());
    CHECK(v.info.resumed);

    // A callback and pins are also asked when it is gone.
    tls.emplace(trusting(server));
    int asked = 0;
    tls->set_verify_callback([&](bool preverified, X509_STORE_CTX*) {
        ++asked;
        return preverified;
    });
    tls->pin_public_key(key_pin(issue("DNS:localhost")));
    const auto refused = go(*tls, peer.port(), "localhost", [&](pop3::tls_stream&) { tls.reset(); });
    CHECK(refused.handshake == certificate_errc::not_pinned);
    CHECK(asked > 0);

    // Moved, it keeps what it has.
    pop3::tls_context from = trusting(server);
    go(from, peer.port());
    const pop3::tls_context to = std::move(from);
    CHECK(go(to, peer.port()).info.resumed);
}

TEST_CASE("many threads use one context")
{
    constexpr int threads = 4;
    constexpr int each = 8;
    const identity server = issue("DNS:localhost, DNS:other.example");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        test::tls_peer peer(greet, showing(server, version), threads * each);
        auto tls = trusting(server);
        std::atomic<int> asked = 0;
        tls.set_verify_callback([&](bool preverified, X509_STORE_CTX*) {
            ++asked;
            return preverified;
        });
        tls.pin_public_key(key_pin(server));
        std::atomic<int> welcome = 0;
        std::atomic<int> resumed = 0;
        std::vector<std::thread> running;
        for (int i = 0; i != threads; ++i)
            running.emplace_back([&, i] {
                for (int j = 0; j != each; ++j) {
                    const auto v = go(tls, peer.port(), (i + j) % 2 == 0 ? "localhost" : "other.example");
                    welcome += v.welcome() ? 1 : 0;
                    resumed += v.info.resumed ? 1 : 0;
                }
            });
        for (auto& thread : running)
            thread.join();
        CHECK(welcome == threads * each);
        CHECK(resumed > 0);
        CHECK(asked == threads * each - resumed);
    }
}

TEST_CASE("what is kept of sessions is bounded")
{
    using pop3::detail::tls_session;
    using pop3::detail::tls_sessions;
    const auto fresh = [] {
        return tls_session(SSL_SESSION_new());
    };
    tls_sessions kept;
    const auto epoch = kept.epoch();

    // The newest first, and of them only so many.
    std::vector<const SSL_SESSION*> made;
    for (std::size_t i = 0; i != tls_sessions::max_per_server + 2; ++i) {
        auto session = fresh();
        made.push_back(session.get());
        kept.keep("a", std::move(session), epoch);
    }
    for (std::size_t i = 0; i != tls_sessions::max_per_server; ++i)
        CHECK(kept.take("a").get() == made[made.size() - 1 - i]);
    CHECK(!kept.take("a"));

    // The server that was kept last longest ago goes.
    for (std::size_t i = 0; i != tls_sessions::max_servers; ++i)
        kept.keep("host " + std::to_string(i), fresh(), epoch);
    kept.keep("host 0", fresh(), epoch);
    kept.keep("one more", fresh(), epoch);
    CHECK(!kept.take("host 1"));
    CHECK(kept.take("host 0"));
    CHECK(kept.take("host 2"));
    CHECK(kept.take("one more"));

    kept.keep("b", fresh(), epoch);
    kept.forget("c");
    kept.forget("host 3");
    CHECK(!kept.take("host 3"));
    CHECK(kept.take("host 4"));
    CHECK(kept.take("b"));

    auto old = fresh();
    SSL_SESSION_set_timeout(old.get(), 0);
    kept.keep("b", fresh(), epoch);
    kept.keep("b", std::move(old), epoch);
    CHECK(kept.take("b"));
    CHECK(!kept.take("b"));

    kept.keep("b", fresh(), epoch);
    kept.clear();
    CHECK(!kept.take("b"));
    kept.keep("b", fresh(), epoch);
    CHECK(!kept.take("b"));
    kept.keep("b", fresh(), kept.epoch());
    CHECK(kept.take("b"));
}

// ---- Channel bindings -----------------------------------------------------------------------------

TEST_CASE("channel binding, TLS 1.3: both ends export the same, and never twice")
{
    const identity server = issue("DNS:localhost", "ED25519", nullptr);
    std::vector<std::string> exported;
    std::vector<std::string> bound;
    {
        test::tls_peer peer(
            [&](test::tls_peer_stream& s) {
                const std::string label = "EXPORTER-Channel-Binding";
                std::string octets(32, '\0');
                SSL_export_keying_material(s.native_handle(), reinterpret_cast<unsigned char*>(octets.data()),
                                           octets.size(), label.data(), label.size(), nullptr, 0, 0);
                exported.push_back(octets);
                greet(s);
            },
            showing(server, TLS1_3_VERSION), 3);
        const auto tls = trusting(server);
        for (int i = 0; i != 3; ++i) {
            const auto v = go(tls, peer.port());
            CHECK(v.info.resumed == (i != 0));
            CHECK(v.binding.type == "tls-exporter");
            bound.push_back(v.binding.data);
        }
    }
    CHECK(bound == exported);
    CHECK(bound[0].size() == 32);
    CHECK(bound[0] != bound[1]);
    CHECK(bound[1] != bound[2]);
}

TEST_CASE("channel binding, TLS 1.2: the certificate by the hash of its signature")
{
    struct {
        const char* key;
        const EVP_MD* signature_hash;
        const char* expected; // null: none is defined
    } const cases[] = {
        {"EC", EVP_sha256(), "SHA256"},  {"EC", EVP_sha384(), "SHA384"}, {"RSA", EVP_sha512(), "SHA512"},
        {"RSA", EVP_sha256(), "SHA256"}, {"EC", EVP_sha1(), "SHA256"},   {"RSA", EVP_md5(), "SHA256"},
        {"ED25519", nullptr, nullptr},
    };
    for (const auto& c : cases) {
        CAPTURE(c.key);
        CAPTURE(c.expected);
        const identity server = issue("DNS:localhost", c.key, c.signature_hash);
        test::tls_peer peer(greet, showing(server, TLS1_2_VERSION), 3);
        const auto tls = trusting(server);
        for (int i = 0; i != 3; ++i) {
            const auto v = go(tls, peer.port());
            REQUIRE(v.welcome());
            CHECK(v.info.resumed == (i != 0));
            CHECK(v.binding.type == (c.expected == nullptr ? "" : "tls-server-end-point"));
            CHECK(v.binding.data == (c.expected == nullptr ? "" : digest(server.der(), c.expected)));
        }
    }
}

TEST_CASE("channel binding: also while half a ticket has come")
{
    const identity server = issue("DNS:localhost");
    const identity client =
        issue("email:alice@example.org", "RSA"); // goes into the ticket, and makes it long
    asio::ssl::context accepting(asio::ssl::context::tls_server);
    showing(server, TLS1_3_VERSION)(accepting);
    SSL_CTX_set_max_send_fragment(accepting.native_handle(), 512);
    SSL_CTX_set_verify(accepting.native_handle(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_session_id_context(accepting.native_handle(), reinterpret_cast<const unsigned char*>("x"), 1);
    auto tls = trusting(server);
    tls.use_certificate_chain(client.pem());
    tls.use_private_key(client.key_pem());

    const wire ends(tls, accepting);
    SSL* const here = ends.client.get();
    SSL* const there = ends.server.get();
    char octet = 0;
    SSL_connect(here);
    wire::carry(here, there);
    SSL_accept(there);
    wire::carry(there, here);
    REQUIRE(SSL_connect(here) == 1);
    wire::carry(here, there);
    REQUIRE(SSL_accept(there) == 1);
    wire::carry(there, here, 1);
    CHECK(SSL_read(here, &octet, 1) <= 0);
    CHECK(SSL_is_init_finished(here) == 0);

    const std::string label = "EXPORTER-Channel-Binding";
    std::string expected(32, '\0');
    SSL_export_keying_material(there, reinterpret_cast<unsigned char*>(expected.data()), expected.size(),
                               label.data(), label.size(), nullptr, 0, 0);
    CHECK(pop3::detail::channel_binding_of(here).data == expected);
    CHECK(pop3::detail::make_tls_info(here).version == "TLSv1.3");
}

TEST_CASE("channel binding: none before the handshake is done")
{
    const identity server = issue("DNS:localhost");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        asio::ssl::context accepting(asio::ssl::context::tls_server);
        showing(server, version)(accepting);
        auto tls = trusting(server);
        const wire ends(tls, accepting);
        SSL* const here = ends.client.get();
        SSL* const there = ends.server.get();
        int steps = 0;
        while (SSL_connect(here) != 1) {
            REQUIRE(++steps < 50);
            CHECK(pop3::detail::channel_binding_of(here).type.empty());
            wire::carry(here, there);
            SSL_accept(there);
            wire::carry(there, here, 1);
        }
        CHECK(steps > 2);
        CHECK(!pop3::detail::channel_binding_of(here).type.empty());
    }
}

TEST_CASE("channel binding: none after a handshake that failed")
{
    const identity server = issue("DNS:pop.example.org");
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        test::tls_peer peer(greet, showing(server, version));
        const auto v = go(trusting(server), peer.port());
        CHECK(v.handshake);
        CHECK(v.binding.type.empty());
    }
}

// ---- Hints ----------------------------------------------------------------------------------------

TEST_CASE("what answers does not speak TLS")
{
    for (const std::string said :
         {"+OK ready\r\n", "+OK\r\n", "-ERR go away\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n", "CONNECT pop.example.org:995\r\n\r\n", "* OK IMAP4rev1\r\n",
          "220 mail ESMTP\r\n", "SSH-2.0-x\r\n", "\xFF\xFD\x18\xFF\xFD\x20",
          "\x16\x02\xFF\x01\x04 not this either"}) {
        CAPTURE(said);
        const auto answer = [&](asio::ip::tcp::socket& s) {
            test::say(s, said);
            test::linger(s);
        };
        test::tcp_peer peer(answer, {}, 2);
        const pop3::tls_context tls;
        CHECK(go(tls, peer.port()).handshake == pop3::errc::tls_not_spoken);

        pop3::connect_options options;
        options.port = peer.port();
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            const auto r = co_await pop3::async_connect(executor, tls, "localhost", options,
                                                        asio::redirect_error(asio::use_awaitable, ec));
        });
        CHECK(ec == pop3::errc::tls_not_spoken);
    }
}

TEST_CASE("what answers speaks TLS, though not as it should")
{
    const identity server = issue("DNS:localhost");
    const auto tls = trusting(server);
    test::tls_peer old(greet, [&](asio::ssl::context& c) {
        SSL_CTX_set_security_level(c.native_handle(), 0);
        showing(server, TLS1_1_VERSION)(c);
    });
    auto weak = trusting(server);
    SSL_CTX_set_security_level(weak.native_handle(), 0);
    CHECK(is_ssl(go(weak, old.port()).handshake));

    using namespace std::string_view_literals;
    for (const std::string_view said :
         {"\x15\x03\x01\x00\x02\x02\x46"sv, // an alert: protocol version
          "\x15\x03\x00\x00\x02\x02\x28"sv, // an alert of SSL 3.0: handshake failure
          "\x16\x03\x03\x00\x04\x0E\x00\x00\x00"sv}) {
        test::tcp_peer peer([&](asio::ip::tcp::socket& s) {
            test::say(s, said);
            test::linger(s);
        });
        const auto ec = go(tls, peer.port()).handshake;
        CAPTURE(ec.message());
        CHECK(is_ssl(ec));
    }

    // It did speak TLS before it fell out of it.
    asio::ssl::context accepting(asio::ssl::context::tls_server);
    showing(server)(accepting);
    auto trusted = trusting(server);
    const wire ends(trusted, accepting);
    SSL_connect(ends.client.get());
    wire::carry(ends.client.get(), ends.server.get());
    SSL_accept(ends.server.get());
    wire::carry(ends.server.get(), ends.client.get(), 1);
    BIO_puts(SSL_get_rbio(ends.client.get()), "+OK ready\r\n");
    ERR_clear_error();
    CHECK(SSL_connect(ends.client.get()) < 0);
    const std::error_code fallen(static_cast<int>(ERR_get_error()), asio::error::get_ssl_category());
    CHECK(is_ssl(fallen)); // OpenSSL 3.0: "wrong version number"
    CHECK(pop3::detail::handshake_error(ends.client.get(), fallen) == fallen);

    // Nothing at all is an end, not another language.
    test::tcp_peer mute([](asio::ip::tcp::socket& s) { s.shutdown(asio::ip::tcp::socket::shutdown_send); });
    const auto ec = go(tls, mute.port()).handshake;
    CHECK(ec);
    CHECK(ec != pop3::errc::tls_not_spoken);
}
