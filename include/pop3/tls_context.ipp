// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/throw_error.hpp>
#include <pop3/tls/anchors.hpp>
#include <pop3/tls/fingerprint.hpp>
#include <pop3/tls/identity.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pins.hpp>
#include <pop3/tls/resumption.hpp>
#include <pop3/tls/state.hpp>
#include <pop3/tls/system_roots.hpp>
#include <pop3/tls/verify.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

POP3_DECL void free_tls_context(SSL_CTX* context) noexcept
{
    SSL_CTX_free(context);
}

inline void require_pin(bool good, const char* wanted)
{
    if (!good)
        throw_error(std::make_error_code(std::errc::invalid_argument), wanted);
}

} // namespace detail

POP3_DECL tls_context::tls_context() : tls_context(no_system_roots)
{
    detail::trust_system_roots(SSL_CTX_get_cert_store(native_handle()));
}

POP3_DECL tls_context::tls_context(no_system_roots_t)
{
    ERR_clear_error();
    handle_.reset(SSL_CTX_new(TLS_client_method()));
    detail::tls_require(handle_ != nullptr, "tls_context");
    SSL_CTX* const context = native_handle();
    state_ = &detail::attach_tls_state(context);
    state_->ask_verify_callback = detail::ask_verify_callback;
    detail::set_up_resumption(context, *state_);
    SSL_CTX_set_options(context, SSL_OP_ALL | SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    // Neither saves anything for a client that reads to the end, and both have been attacked.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, detail::verify_certificate, state_);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    ERR_clear_error();
}

POP3_DECL void tls_context::require_tls_1_3()
{
    forget_sessions();
    detail::tls_require(SSL_CTX_set_min_proto_version(native_handle(), TLS1_3_VERSION) == 1, "TLS 1.3");
}

POP3_DECL void tls_context::load_verify_file(const std::string& path)
{
    const auto input = detail::pem_file(path);
    forget_sessions();
    detail::add_anchors(SSL_CTX_get_cert_store(native_handle()), input, "load_verify_file: " + path);
}

POP3_DECL void tls_context::add_certificate_authority(std::string_view pem)
{
    const auto input = detail::pem_text(pem);
    forget_sessions();
    detail::add_anchors(SSL_CTX_get_cert_store(native_handle()), input, "add_certificate_authority");
}

POP3_DECL void tls_context::pin_public_key(std::string_view base64_sha256)
{
    forget_sessions();
    detail::sha256_digest pin;
    detail::require_pin(detail::parse_public_key_pin(base64_sha256, pin),
                        "pin_public_key wants the base64 of a SHA-256");
    state_->pins.add_public_key(pin);
}

POP3_DECL void tls_context::pin_certificate(std::string_view hex_sha256)
{
    forget_sessions();
    detail::sha256_digest pin;
    detail::require_pin(detail::parse_certificate_pin(hex_sha256, pin),
                        "pin_certificate wants a SHA-256 fingerprint in hexadecimal");
    state_->pins.add_certificate(pin);
}

POP3_DECL void
tls_context::set_verify_callback(std::function<bool(bool preverified, X509_STORE_CTX* chain)> callback)
{
    forget_sessions();
    SSL_CTX_set_verify(native_handle(), SSL_VERIFY_PEER, callback ? state_->ask_verify_callback : nullptr);
    state_->verify_callback = std::move(callback);
}

POP3_DECL void tls_context::set_session_resumption(bool on)
{
    forget_sessions();
    detail::keep_sessions(native_handle(), on);
}

POP3_DECL void tls_context::use_certificate_chain_file(const std::string& path)
{
    forget_sessions();
    detail::use_certificate_chain(native_handle(), detail::pem_file(path));
}

POP3_DECL void tls_context::use_certificate_chain(std::string_view pem)
{
    forget_sessions();
    detail::use_certificate_chain(native_handle(), detail::pem_text(pem));
}

POP3_DECL void tls_context::use_private_key_file(const std::string& path)
{
    forget_sessions();
    detail::use_private_key(native_handle(), detail::pem_file(path));
}

POP3_DECL void tls_context::use_private_key(std::string_view pem)
{
    forget_sessions();
    detail::use_private_key(native_handle(), detail::pem_text(pem));
}

POP3_DECL tls_context::tls_context(handle context, detail::tls_state* state) noexcept
    : handle_(std::move(context)), state_(state)
{
}

POP3_DECL tls_context tls_context::share() const noexcept
{
    SSL_CTX_up_ref(handle_.get());
    return {handle(handle_.get()), state_};
}

POP3_DECL void tls_context::forget_sessions()
{
    state_->sessions.clear();
    state_->unbound.clear();
}

} // namespace pop3
