// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/response_code.hpp>

#include <string>

namespace pop3 {

/// What the server said first (RFC 1939, section 4).
struct greeting {
    /// The text behind +OK, without the response code. Untrusted input.
    std::string text;
    /// The response code, if there was one.
    response_code code = response_code::none;
    /// The response code as the server wrote it, without the brackets.
    std::string code_text;
    /// The timestamp for APOP with its angle brackets (RFC 1939, section 7). Empty if the server gave
    /// none, or one that is no msg-id, and so not safe to use (`errc::no_timestamp`).
    std::string timestamp;

    friend bool operator==(const greeting&, const greeting&) = default;
};

} // namespace pop3
