// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>
#include <pop3/refusal.hpp>
#include <pop3/response_code.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace pop3::command {

/// Words of which one is in the text of nearly every refusal of a login that is about anything else than the form: wrong
/// credentials first of all, which must not be sent twice, since many servers lock an account after some wrong ones.
// clang-format off
inline constexpr std::string_view words_of_failed_logins[] = {
    "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "LOGIN", "LOGON", "LOG IN", "LOG ON", "SIGN IN",
    "SIGNIN", "USER", "ACCOUNT", "FAIL", "UNABLE", "UNSUCCESSFUL", "DENIED", "REJECT", "DISABLED",
    "INCORRECT", "NOT ACCEPTED", "AUTHENTICATE", "AUTHORIZATION", "AUTHORIZED", "AUTHORISED", "AUTHORISATION",
    "UNAUTHOR", "PERMISSION", "AUTHENTICATION ERROR", "EXPIRED", "ATTEMPT", "LOCK", "BUSY", "IN USE", "LATER",
    "TOO MANY CONNECTIONS", "UNAVAILABLE",
};
// clang-format on

/// Whether a server that refused AUTH with an initial response, before it asked for anything, may have disliked that
/// form, not the login: its -ERR has no response code, and does not read like a failed login.
inline bool may_be_about_form(const refusal& r)
{
    if (!r.code_text().empty())
        return false;
    std::string text = r.text();
    std::transform(text.begin(), text.end(), text.begin(), grammar::to_upper);
    return std::none_of(std::begin(words_of_failed_logins), std::end(words_of_failed_logins),
                        [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

} // namespace pop3::command
