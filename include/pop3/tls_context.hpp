// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>

#include <openssl/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace pop3 {

namespace detail {

struct tls_state;

void free_tls_context(SSL_CTX* context) noexcept;

} // namespace detail

/// Says that what the system trusts is not trusted: `tls_context tls(no_system_roots)`.
struct no_system_roots_t {};
inline constexpr no_system_roots_t no_system_roots{};

/// How TLS is done: which certificates are trusted, and which one is shown. Made once, used for any number of
/// connections, also at the same time from several threads once it is set up. A connection keeps what it needs
/// of it, so that the context may be destroyed first.
///
/// TLS 1.2 or newer; the server's certificate chain and host name are verified, and there is no switch for that.
/// One that was moved from can only be assigned to or destroyed. Constructor and setters throw `std::system_error` if OpenSSL cannot do what they ask.
///
/// Keep the context between connections: the second one to a server resumes the TLS session of the first, which saves
/// the server's certificate, its verification and, with TLS 1.2, a round trip. It also remembers what a server refuses
/// (`async_login`).
class tls_context {
public:
    /// Trusts the certificate authorities that the system trusts: those in OpenSSL's default file and folder, or in what
    /// the environment variables SSL_CERT_FILE and SSL_CERT_DIR name. All contexts of a process read the file once, until
    /// it changes, and take from it only what a handshake wants.
    tls_context();

    /// Trusts nobody yet: only what `load_verify_file` and `add_certificate_authority` give it.
    explicit tls_context(no_system_roots_t);

    /// Speaks TLS 1.3 or newer only.
    void require_tls_1_3();

    /// Trusts the certificates in a PEM file as well. Each is an anchor by itself, whoever has issued it: that of an
    /// authority, at the root or below, for what it has issued, and a server's own for that server. What stands above an
    /// anchor is not asked for. Dates and host name are verified all the same.
    ///
    /// Throws if the file cannot be read, or has none, or if one of them is no certificate; then none is trusted.
    void load_verify_file(const std::string& path);

    /// The same with certificates given in PEM form.
    void add_certificate_authority(std::string_view pem);

    /// Accepts only servers whose certificate is for this public key, or that another pin allows. Any number of pins, of
    /// both kinds: one of them must fit the server's own certificate (not one above it). Chain and host name are verified
    /// all the same. Pin a second key that is not in use yet, or a lost key locks everyone out.
    ///
    /// The pin is the SHA-256 of the SubjectPublicKeyInfo in base64, as `tls_info::public_key_sha256` gives it; curl's
    /// prefix "sha256//" may stand in front. It stays the same while the server's certificates are renewed for one key.
    ///
    /// Throws `std::errc::invalid_argument` if it is not that. A handshake with a server that no pin allows fails with
    /// `certificate_errc::not_pinned`, before anything was sent to it.
    void pin_public_key(std::string_view base64_sha256);

    /// The same with the certificate itself, which every renewal changes: its SHA-256 fingerprint in hexadecimal, in
    /// upper or lower case, with colons between the octets or without.
    void pin_certificate(std::string_view hex_sha256);

    /// Has `callback` decide on each certificate of the chain, and on each thing that is wrong with it: it is called with
    /// OpenSSL's verdict and its `X509_STORE_CTX` (`X509_STORE_CTX_get_error`, `..._get_current_cert`, `..._get_error_depth`).
    /// An empty function ends that.
    ///
    /// Its word is final: `true` overrules OpenSSL, for the host's name as for a forged signature. A callback that returns
    /// true without looking makes TLS worthless, as anyone in between can read passwords then. To refuse more than OpenSSL
    /// does, return `preverified && ...`. To accept a certificate of one's own, do not write a callback but give it to
    /// `add_certificate_authority`. After the callback only the pins are checked, and nothing else.
    ///
    /// If it throws, the certificate is refused. It must be callable from several threads at once if connections are made in
    /// several. It is not called when a session is resumed that it accepted before (`set_session_resumption`).
    void set_verify_callback(std::function<bool(bool preverified, X509_STORE_CTX* chain)> callback);

    /// Says whether a connection may resume the TLS session of an earlier one to the same host, if the server agrees: it does
    /// by default. Certificate, pins and callback are not asked again then, for as long as the server and OpenSSL let a
    /// session live (OpenSSL: two hours). What is kept is bounded, and forgotten when this context is changed: change it before operations are made. No session
    /// is kept of a server that asks for client certificates: some fail when one is resumed.
    void set_session_resumption(bool on);

    /// Shows this certificate to servers that ask for one: a PEM file with the certificate, and those that lead
    /// from it to the root. Its key is set after it.
    void use_certificate_chain_file(const std::string& path);

    /// The same, given in PEM form.
    void use_certificate_chain(std::string_view pem);

    /// The private key of that certificate: a PEM file, not encrypted. Throws if it is the key of another one.
    void use_private_key_file(const std::string& path);

    /// The same, given in PEM form.
    void use_private_key(std::string_view pem);

    /// OpenSSL's own handle, for what is not wrapped here. After a change to what is trusted call
    /// `set_session_resumption`, which forgets what was trusted before. The library needs for itself the callbacks for the
    /// verification, for new sessions, for the choice of a certificate, and for information. The certificate store has no
    /// more of the system's certificates than handshakes have wanted so far.
    SSL_CTX* native_handle() noexcept
    {
        return handle_.get();
    }

private:
    friend class stls;
    friend class tls_stream;

    using handle = detail::owned<SSL_CTX, &detail::free_tls_context>;

    tls_context(handle context, detail::tls_state* state) noexcept;

    /// Another one of the same context: what is set in one is set in both.
    tls_context share() const noexcept;

    void forget_sessions();

    handle handle_;
    detail::tls_state* state_ = nullptr; // lives as long as the handle
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/tls_context.ipp>
#endif
