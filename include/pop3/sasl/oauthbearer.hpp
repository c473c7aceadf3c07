// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/argument.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>
#include <pop3/sasl/saslname.hpp>
#include <pop3/sasl/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// OAUTHBEARER (RFC 7628): an OAuth 2.0 access token (RFC 6750).
///
///     C: AUTH OAUTHBEARER
///     S: +
///     C: <n,a=name,^A host=host ^A port=port ^A auth=Bearer token ^A ^A>
///     S: +OK
///
/// Name, host and port are left out where they are empty or 0. If the server does not take the token, it says why in JSON,
/// which is kept for `refusal::details`, and wants a ^A before it says -ERR (section 3.2.3):
///
///     S: + <{"status":"invalid_token","scope":"example_scope"}>
///     C: <^A>
///     S: -ERR
///
/// Errors: `errc::invalid_argument` if the name is not UTF-8, the token is empty, or anything has a control character in
/// it; `errc::malformed_challenge` if the server asks for more.
class oauthbearer {
public:
    static constexpr std::string_view name = "OAUTHBEARER";
    static constexpr bool reveals_secret = true;

    /// `host` and `port`: what the client connected to, for a server that issues tokens for one of its names only.
    explicit oauthbearer(const access_token& credentials, std::string_view host = {}, std::uint16_t port = 0)
        : credentials_(credentials), host_(host), port_(port)
    {
    }

    std::error_code begin(octets& response)
    {
        const auto token = credentials_.token().expose();
        if (!is_utf8_text(credentials_.name()) || !grammar::is_argument(token) ||
            (!host_.empty() && !grammar::is_argument(host_)))
            return errc::invalid_argument;
        append(response, "n,");
        if (!credentials_.name().empty()) {
            append(response, "a=");
            append_saslname(response, credentials_.name());
        }
        append(response, ",\x01");
        if (!host_.empty()) {
            append(response, "host=");
            append(response, host_);
            append(response, "\x01");
        }
        if (port_ != 0) {
            append(response, "port=");
            append(response, std::to_string(port_));
            append(response, "\x01");
        }
        append(response, "auth=Bearer ");
        append(response, token);
        append(response, "\x01\x01");
        return {};
    }

    std::error_code respond(std::string_view challenge, octets& response, const limits&)
    {
        if (failed_)
            return errc::malformed_challenge;
        failed_ = true;
        details_ = challenge;
        response.push_back('\x01');
        return {};
    }

    /// The JSON with which the server refused the token; see `says_token_expired`. Empty if there was none.
    const std::string& details() const noexcept
    {
        return details_;
    }

private:
    access_token credentials_;
    std::string host_;
    std::string details_;
    std::uint16_t port_;
    bool failed_ = false;
};

} // namespace pop3::sasl
