// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// EXTERNAL (RFC 4422, appendix A): the server takes the client for whom its TLS certificate says it is.
///
///     C: AUTH EXTERNAL =
///     S: +OK
///
/// `authorize_as` is whose maildrop to open; empty: the server finds that in the certificate. nginx wants it in any case.
/// An empty challenge is answered once by an empty line: Courier sends one after an empty initial response.
///
/// Errors: `errc::invalid_argument` if there is a NUL in the name; `errc::malformed_challenge` if the server asks for
/// anything.
class external {
public:
    static constexpr std::string_view name = "EXTERNAL";

    /// authorize_as: the mailbox to open; empty for the one that goes with the certificate.
    explicit external(std::string_view authorize_as = {}) : authorize_as_(authorize_as)
    {
    }

    std::error_code begin(octets& response)
    {
        if (authorize_as_.find('\0') != authorize_as_.npos)
            return errc::invalid_argument;
        append(response, authorize_as_);
        return {};
    }

    std::error_code respond(std::string_view challenge, octets&, const limits&)
    {
        if (answered_ || !challenge.empty())
            return errc::malformed_challenge;
        answered_ = true;
        return {};
    }

private:
    std::string authorize_as_;
    bool answered_ = false;
};

} // namespace pop3::sasl
