// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <cstddef>
#include <iterator>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// LOGIN (draft-murchison-sasl-login): name and password, one after the other. No standard, and PLAIN does the same;
/// for servers that have nothing else.
///
///     C: AUTH LOGIN
///     S: + <User Name>
///     C: <name>
///     S: + <Password>
///     C: <password>
///     S: +OK
///
/// What the prompts say is not looked at: servers differ. Name and password are sent as they are.
///
/// Errors: `errc::invalid_argument` if one of them is empty or has a NUL in it; `errc::malformed_challenge` at a third
/// prompt.
class login {
public:
    static constexpr std::string_view name = "LOGIN";
    static constexpr bool reveals_secret = true;

    /// credentials: copied.
    explicit login(const password& credentials) : credentials_(credentials)
    {
    }

    std::error_code respond(std::string_view, octets& response, const limits&)
    {
        const std::string_view answers[] = {credentials_.name(), credentials_.secret().expose()};
        // Both before either is sent.
        for (const auto answer : answers)
            if (answer.empty() || answer.find('\0') != answer.npos)
                return errc::invalid_argument;
        if (answered_ == std::size(answers))
            return errc::malformed_challenge;
        append(response, answers[answered_++]);
        return {};
    }

private:
    password credentials_;
    std::size_t answered_ = 0;
};

} // namespace pop3::sasl
