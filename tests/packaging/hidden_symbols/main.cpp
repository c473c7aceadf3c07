// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A context that one shared library makes, a second one sets up and connects with, and this program as well.

#include "shared.hpp"

#include <pop3/certificate_error.hpp>
#include <pop3/testing/server.hpp>
#include <pop3/tls/fingerprint.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <string>

namespace {

int failed = 0;

void check(bool good, const char* what)
{
    std::printf("%s: %s\n", good ? "passed" : "FAILED", what);
    failed += !good;
}

std::string public_key_pin(const std::string& pem)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> input(BIO_new_mem_buf(pem.data(), -1), BIO_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(
        PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr), X509_free);
    pop3::detail::sha256_digest digest;
    check(pop3::detail::public_key_sha256(x509.get(), digest), "the pin of a public key");
    unsigned char text[50];
    EVP_EncodeBlock(text, digest.octets, sizeof digest.octets);
    return reinterpret_cast<const char*>(text);
}

} // namespace

int main()
{
    const pop3::testing::background_server server(pop3::testing::server_options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())}));
    const pop3::testing::certificate client("email:alice@example.org");

    auto tls = make_context();
    check(connect(tls, server.port()).error.category().name() == std::string("pop3.certificate"),
          "nobody is trusted that should not be");
    set_up(tls, server.identity().pem(), client.pem() + client.key_pem());
    check(connect(tls, server.port()).error.value() == static_cast<int>(pop3::certificate_errc::not_pinned),
          "the pin counts");
    tls.pin_public_key(public_key_pin(server.identity().pem()));
    const auto first = connect(tls, server.port());
    check(!first.error, "connected");
    check(!first.resumed, "as a first one");
    check(connect(tls, server.port()).resumed, "the second connection resumes the session of the first");
    refuse_all(tls);
    const auto refused = connect(tls, server.port());
    check(refused.error.value() == static_cast<int>(pop3::certificate_errc::rejected_by_callback),
          "the callback is asked, and no session is left that it had accepted");
    return failed;
}
