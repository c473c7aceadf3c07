// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <asio/buffer.hpp>
#include <asio/ssl/context.hpp>

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace pop3 {

/// How TLS is done: which certificates are trusted, and which one is shown. Made once, used for any number of
/// connections, also at the same time from several threads once it is set up. A connection keeps what it needs
/// of it, so that the context may be destroyed first.
///
/// TLS 1.2 or newer; the server's certificate chain and host name are verified, and there is no switch for that.
/// Constructor and setters throw `std::system_error` if OpenSSL cannot do what they ask.
class tls_context {
public:
    /// Trusts the certificate authorities that the system trusts.
    tls_context() : context_(asio::ssl::context::tls_client)
    {
        context_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                             asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1);
        context_.set_verify_mode(asio::ssl::verify_peer);
        context_.set_default_verify_paths();
        // Neither saves anything for a client that reads to the end, and both have been attacked.
        SSL_CTX_set_options(context_.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    }

    /// Trusts the certificates in a PEM file as well.
    void load_verify_file(const std::string& path)
    {
        context_.load_verify_file(path);
    }

    /// Trusts a certificate given in PEM form as well.
    void add_certificate_authority(std::string_view pem)
    {
        context_.add_certificate_authority(asio::buffer(pem.data(), pem.size()));
    }

    /// Shows this certificate to servers that ask for one: a PEM file with the certificate, and those that lead
    /// from it to the root.
    void use_certificate_chain_file(const std::string& path)
    {
        context_.use_certificate_chain_file(path);
    }

    /// The private key of that certificate: a PEM file, not encrypted.
    void use_private_key_file(const std::string& path)
    {
        context_.use_private_key_file(path, asio::ssl::context::pem);
    }

    /// OpenSSL's own handle, for what is not wrapped here.
    SSL_CTX* native_handle() noexcept
    {
        return context_.native_handle();
    }

private:
    friend class tls_stream;

    // Asio takes it as not const, though a connection only reads it.
    mutable asio::ssl::context context_;
};

} // namespace pop3
