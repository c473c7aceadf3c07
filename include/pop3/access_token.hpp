// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>

#include <string>
#include <string_view>

namespace pop3 {

/// Credentials: a mailbox name and an OAuth 2.0 access token for it (RFC 6750), for OAUTHBEARER and XOAUTH2.
class access_token {
public:
    /// Both are copied; the copy of the token is wiped.
    access_token(std::string_view name, std::string_view token) : name_(name), token_(token)
    {
    }

    /// The mailbox name, as the server knows it.
    const std::string& name() const noexcept
    {
        return name_;
    }

    /// The token, without a scheme such as "Bearer".
    const pop3::secret& token() const noexcept
    {
        return token_;
    }

private:
    std::string name_;
    pop3::secret token_;
};

} // namespace pop3
