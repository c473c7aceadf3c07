// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// PLAIN (RFC 4616): the password itself.
///
///     C: AUTH PLAIN <authorize_as NUL name NUL password>
///     S: +OK
///
/// Name and password are sent as they are; the RFC wants UTF-8. `authorize_as` names another user
/// whose maildrop is to be opened, for those who may.
///
/// Errors: `errc::invalid_argument` if name or password is empty, or any of the three has a NUL in it;
/// `errc::malformed_challenge` if the server asks for more.
class plain {
public:
    static constexpr std::string_view name = "PLAIN";
    static constexpr bool reveals_secret = true;

    /// credentials: copied. authorize_as: another mailbox to open, where the server allows that.
    explicit plain(const password& credentials, std::string_view authorize_as = {})
        : credentials_(credentials), authorize_as_(authorize_as)
    {
    }

    std::error_code begin(octets& response)
    {
        const auto secret = credentials_.secret().expose();
        constexpr std::string_view separator("\0", 1);
        if (credentials_.name().empty() || secret.empty())
            return errc::invalid_argument;
        for (const auto part :
             {std::string_view(authorize_as_), std::string_view(credentials_.name()), secret})
            if (part.find(separator) != part.npos)
                return errc::invalid_argument;
        append(response, authorize_as_);
        append(response, separator);
        append(response, credentials_.name());
        append(response, separator);
        append(response, secret);
        return {};
    }

    std::error_code respond(std::string_view, octets&, const limits&)
    {
        return errc::malformed_challenge;
    }

private:
    password credentials_;
    std::string authorize_as_;
};

} // namespace pop3::sasl
