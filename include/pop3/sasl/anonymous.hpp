// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>
#include <pop3/sasl/utf8.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// ANONYMOUS (RFC 4505): no credentials at all.
///
///     C: AUTH ANONYMOUS <trace>
///     S: +OK
///
/// `trace` is what the client tells of itself, for the server's log: a mail address, or any text of up to 255 characters
/// that does not pass for one. It can be read by whoever listens.
///
/// Errors: `errc::invalid_argument` if the trace is longer, no UTF-8, or has control characters in it;
/// `errc::malformed_challenge` if the server asks for more.
class anonymous {
public:
    static constexpr std::string_view name = "ANONYMOUS";

    /// trace: who it is, an address of mail for example; may be empty.
    explicit anonymous(std::string_view trace = {}) : trace_(trace)
    {
    }

    std::error_code begin(octets& response)
    {
        const auto begins_character = [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0u) != 0x80;
        };
        if (!is_utf8_text(trace_) || std::count_if(trace_.begin(), trace_.end(), begins_character) > 255)
            return errc::invalid_argument;
        append(response, trace_);
        return {};
    }

    std::error_code respond(std::string_view, octets&, const limits&)
    {
        return errc::malformed_challenge;
    }

private:
    std::string trace_;
};

} // namespace pop3::sasl
