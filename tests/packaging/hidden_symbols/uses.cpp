// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "shared.hpp"

#include <pop3/pop3.hpp>

#include <asio/io_context.hpp>

void set_up(pop3::tls_context& tls, const std::string& authority, const std::string& client)
{
    tls.require_tls_1_3();
    tls.add_certificate_authority(authority);
    tls.pin_certificate(std::string(64, 'a')); // the key's pin is the one that fits
    tls.set_session_resumption(false);
    tls.set_session_resumption(true);
    tls.use_certificate_chain(client);
    tls.use_private_key(client);
    tls.set_verify_callback([](bool preverified, X509_STORE_CTX*) { return preverified; });
}

void refuse_all(pop3::tls_context& tls)
{
    tls.set_verify_callback([](bool, X509_STORE_CTX*) { return false; });
}

visit connect(const pop3::tls_context& tls, std::uint16_t port)
{
    asio::io_context io;
    visit seen;
    pop3::connect_options options;
    options.port = port;
    pop3::async_connect(io.get_executor(), tls, "localhost", options, [&](std::error_code ec, auto reply) {
        seen.error = ec;
        if (ec || !reply)
            return;
        seen.resumed = reply->tls().resumed;
        auto greeted = std::make_shared<pop3::session<pop3::authorization>>(std::move(*reply));
        std::move(*greeted).async_quit([greeted](std::error_code, const auto&) {});
    });
    io.run();
    return seen;
}
