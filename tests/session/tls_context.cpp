// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A context in use: who is trusted over a real connection, and how long it has to live.

#include "support/certificates.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"
#include "support/scratch.hpp"

#include <pop3/connect.hpp>
#include <pop3/security.hpp>
#include <pop3/testing/server.hpp>
#include <pop3/tls_context.hpp>

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <openssl/x509_vfy.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// A server that shows this certificate, with others.
test::tls_peer showing(const test::identity& shown, const std::vector<test::identity>& between)
{
    return test::tls_peer(
        [](test::tls_peer_stream& stream) {
            test::say(stream, "+OK ready\r\n");
            test::linger(stream);
        },
        [&](asio::ssl::context& c) {
            shown.load_into(c);
            for (const auto& one : between)
                SSL_CTX_add1_chain_cert(c.native_handle(), one.x509.get());
        },
        100);
}

template <class How>
std::error_code failure(const How& how, std::uint16_t port)
{
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.port = port;
        (void)co_await pop3::async_connect(co_await asio::this_coro::executor, how, "localhost", options,
                                           asio::redirect_error(asio::use_awaitable, ec));
    });
    return ec;
}

} // namespace

TEST_CASE("a server whose own certificate is trusted, or one between it and the root")
{
    const test::scratch files;
    const auto root = test::authority("the root");
    const auto between = test::authority("between", &root);
    const auto server = test::server_of(between);
    const auto peer = showing(server, {between});
    for (const auto& anchor : {server, between, root}) {
        pop3::tls_context tls;
        tls.load_verify_file(files.file("ca.pem", anchor.pem()));
        CHECK(!failure(tls, peer.port()));
    }
    pop3::tls_context tls;
    tls.load_verify_file(files.file("ca.pem", test::server_of(between).pem()));
    CHECK(failure(tls, peer.port()).category() == pop3::certificate_category());
}

TEST_CASE("a server that the system trusts, and the user does not")
{
    const test::scratch files;
    const auto root = test::authority("the root");
    const auto peer = showing(test::server_of(root), {});
    const test::environment file(X509_get_default_cert_file_env(), files.file("ca.pem", root.pem()));
    CHECK(!failure(pop3::tls_context(), peer.port()));
    const auto ec = failure(pop3::tls_context(pop3::no_system_roots), peer.port());
    CHECK(ec == std::error_code(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, pop3::certificate_category()));
}

TEST_CASE("stls outlives the context that it was made with")
{
    pop3::testing::server_options settings(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    settings.tls = false;
    const pop3::testing::background_server server(std::move(settings));
    const auto trusting = [&] {
        pop3::tls_context tls(pop3::no_system_roots);
        tls.add_certificate_authority(server.identity().pem());
        return tls;
    };
    const pop3::stls how(trusting());
    CHECK(!failure(how, server.port()));

    auto tls = std::make_unique<pop3::tls_context>(pop3::no_system_roots);
    auto first = std::make_unique<const pop3::stls>(*tls);
    const pop3::stls copy = *first;
    first.reset();
    CHECK(failure(copy, server.port()).category() == pop3::certificate_category());
    // It is the same context, not what it was.
    tls->add_certificate_authority(server.identity().pem());
    CHECK(!failure(copy, server.port()));
    tls.reset();
    CHECK(!failure(copy, server.port()));
}
