// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>

#include <openssl/types.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pop3::testing::detail {

/// What a mechanism says to a response: another challenge, or, if there is none, who has logged in.
struct sasl_step {
    std::optional<std::string> challenge;
    std::optional<std::string> name;
};

using sasl_login = std::function<sasl_step(const std::string& response)>;

/// The password of somebody, or the token, if there is such an account.
using password_finder = std::function<std::optional<std::string>(std::string_view name)>;

/// The server's side of a SASL mechanism (RFC 4422). Passwords of a test are no secrets, so nothing is wiped here, and
/// nothing compared in constant time: a real server does both.
struct sasl_mechanism {
    std::string_view name;
    bool client_first;
    bool by_token;
    sasl_login (*start)(password_finder);
};

/// SCRAM-SHA-256, CRAM-MD5, PLAIN, LOGIN, OAUTHBEARER and XOAUTH2.
const std::array<sasl_mechanism, 6>& sasl_mechanisms();

std::string digest(const EVP_MD* type, std::string_view text);
std::string to_hex(std::string_view octets);
std::string to_base64(std::string_view octets);
std::optional<std::string> from_base64(std::string_view text);

} // namespace pop3::testing::detail

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/server_sasl.ipp>
#endif
