// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/config.hpp>
#include <pop3/login_options.hpp>

#include <span>
#include <string>
#include <string_view>

namespace pop3::command {

/// A way to log in.
struct way_in {
    /// Of the SASL mechanism; "+APOP"; "USER" for USER and PASS.
    std::string_view name;
    /// Puts the secret itself on the wire.
    bool reveals_secret = false;
    /// Is bound to the TLS channel.
    bool binds = false;
    /// Adds nothing to TLS. Servers that offer it often cannot do it, since it needs the password in clear: over
    /// TLS it is used only when asked for.
    bool only_without_tls = false;
};

/// The ways in with a password, the safest first.
inline constexpr way_in password_ways[] = {
    {"SCRAM-SHA-512-PLUS", false, true, false},
    {"SCRAM-SHA-256-PLUS", false, true, false},
    {"SCRAM-SHA-1-PLUS", false, true, false},
    {"SCRAM-SHA-512", false, false, false},
    {"SCRAM-SHA-256", false, false, false},
    {"SCRAM-SHA-1", false, false, false},
    {"CRAM-MD5", false, false, true},
    {"+APOP", false, false, true},
    {"PLAIN", true, false, false},
    {"LOGIN", true, false, false},
    {"USER", true, false, false},
};

/// The ways in with an access token, the standard's own first.
inline constexpr way_in token_ways[] = {
    {"OAUTHBEARER", true, false, false},
    {"XOAUTH2", true, false, false},
};

/// What a choice rests on, beside what the server announces.
struct login_terms {
    /// Nobody on the way can read.
    bool secure = false;
    /// The secret itself may be sent: the stream is secure, or its user said that it may be all the same.
    bool may_reveal = false;
    /// The TLS connection has something to bind to.
    bool can_bind = false;
    /// The greeting has a timestamp that APOP can use.
    bool has_timestamp = false;
};

bool announces(const capabilities& server, std::string_view mechanism);

/// Whether the server offers `way`. `server` is all empty if it refused CAPA: it is as old as RFC 1939 then.
bool offers(const capabilities& server, const way_in& way, const login_terms& terms);

/// Upper case, and APOP with the plus that RFC 2384 gives it.
std::string wanted_way(const login_options& options);

/// The server announces a mechanism that is bound to the TLS channel.
bool announces_binding(const capabilities& server);

/// The safest of `ways` that may be used; null if there is none.
const way_in* choose_login(std::span<const way_in> ways, const capabilities& server, const login_terms& terms,
                           const login_options& options);

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/login_choice.ipp>
#endif
