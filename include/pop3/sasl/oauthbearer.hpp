// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

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

    std::error_code begin(octets& response);

    std::error_code respond(std::string_view challenge, octets& response, const limits&);

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

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/sasl/oauthbearer.ipp>
#endif
