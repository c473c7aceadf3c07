// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/stls_policy.hpp>
#include <pop3/tls_context.hpp>

#include <memory>
#include <optional>
#include <string_view>

// How a connection is secured, as a value for `async_connect`: a `tls_context` for TLS from the first octet, or one of these.

namespace pop3 {

/// Says that TLS is to be started by STLS (RFC 2595), on the port for sessions without TLS:
/// `async_connect(executor, stls(tls), host)`. There is no session without TLS: where the server does not offer STLS, or refuses
/// it, there is none at all. TLS from the first octet is better, if the server has it (RFC 8314, section 3).
class stls {
public:
    /// tls: what is trusted. It is shared with this object, and need not outlive the constructor; a change to it is seen
    /// by connections that are made later.
    explicit stls(const tls_context& tls, stls_policy policy = stls_policy::if_offered);

    /// What is trusted, and what the client shows of itself.
    const tls_context& context() const noexcept
    {
        return *tls_;
    }

    /// Whether STLS is sent to a server that does not announce it.
    stls_policy policy() const noexcept
    {
        return policy_;
    }

private:
    std::shared_ptr<const tls_context> tls_;
    stls_policy policy_;
};

/// Says that TLS is not wanted, and that no password will be sent: `async_connect(executor, without_tls, host)`.
struct without_tls_t {};
inline constexpr without_tls_t without_tls{};

/// Says that TLS is not wanted, and that passwords may be read by anyone on the way:
/// `async_connect(executor, allow_cleartext, host)`.
struct allow_cleartext_t {};
inline constexpr allow_cleartext_t allow_cleartext{};

/// The four ways, as a configuration names them.
enum class security_kind {
    tls,       ///< TLS from the first octet.
    stls,      ///< STLS.
    no_tls,    ///< No TLS, and no password.
    cleartext, ///< No TLS, and passwords all the same.
};

/// Reads "tls", "stls", "without_tls" or "allow_cleartext". All else is none of them.
std::optional<security_kind> parse_security(std::string_view text) noexcept;

/// How a connection is secured, where that is known at run time only: one of the ways above. A session is over `any_stream` then (see
/// pop3/connect_any.hpp); where the way is known when the program is written, pass it itself, and what is secret is kept so
/// by the compiler.
class security {
public:
    /// tls: what is trusted, if it is needed. It is shared with this object, and need not outlive the constructor.
    security(security_kind kind, const tls_context& tls) : stls_(tls), kind_(kind)
    {
    }

    /// The same, with what to insist on if it is STLS.
    security(security_kind kind, const pop3::stls& how) : stls_(how), kind_(kind)
    {
    }

    /// Which of the ways it is.
    security_kind kind() const noexcept
    {
        return kind_;
    }

    /// What to say for STLS; its context is that for TLS as well.
    const pop3::stls& stls() const noexcept
    {
        return stls_;
    }

private:
    pop3::stls stls_;
    security_kind kind_;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/security.ipp>
#endif
