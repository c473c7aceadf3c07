// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/argument.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// XOAUTH2, Google's mechanism before OAUTHBEARER: the name and an OAuth 2.0 access token. Gmail, Microsoft 365, Dovecot.
///
///     C: AUTH XOAUTH2
///     S: +
///     C: <user=name ^A auth=Bearer token ^A ^A>
///     S: +OK
///
/// The token goes with AUTH if the line stays short, which tokens seldom are. If the server does not take it, it says why
/// in JSON, which is kept for `refusal::details`, and wants an empty line before it says -ERR:
///
///     S: + <{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}>
///     C:
///     S: -ERR
///
/// Errors: `errc::invalid_argument` if name or token is empty or has a control character in it;
/// `errc::malformed_challenge` if the server asks for more.
class xoauth2 {
public:
    static constexpr std::string_view name = "XOAUTH2";
    static constexpr bool reveals_secret = true;

    /// credentials: copied.
    explicit xoauth2(const access_token& credentials) : credentials_(credentials)
    {
    }

    std::error_code begin(octets& response)
    {
        const auto token = credentials_.token().expose();
        if (!grammar::is_argument(credentials_.name()) || !grammar::is_argument(token))
            return errc::invalid_argument;
        append(response, "user=");
        append(response, credentials_.name());
        append(response, "\x01"
                         "auth=Bearer ");
        append(response, token);
        append(response, "\x01\x01");
        return {};
    }

    std::error_code respond(std::string_view challenge, octets&, const limits&)
    {
        if (failed_)
            return errc::malformed_challenge;
        failed_ = true;
        details_ = challenge;
        return {};
    }

    /// The JSON with which the server refused the token; see `says_token_expired`. Empty if there was none.
    const std::string& details() const noexcept
    {
        return details_;
    }

private:
    access_token credentials_;
    std::string details_;
    bool failed_ = false;
};

} // namespace pop3::sasl
