// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/argument.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/octets.hpp>
#include <pop3/sasl/saslname.hpp>
#include <pop3/sasl/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

POP3_DECL std::error_code oauthbearer::begin(octets& response)
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

POP3_DECL std::error_code oauthbearer::respond(std::string_view challenge, octets& response, const limits&)
{
    if (failed_)
        return errc::malformed_challenge;
    failed_ = true;
    details_ = challenge;
    response.push_back('\x01');
    return {};
}

} // namespace pop3::sasl
