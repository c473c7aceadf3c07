// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>

namespace pop3 {

/// What the server said first (RFC 1939, section 4).
struct greeting {
    /// The text behind +OK. Untrusted input.
    std::string text;
    /// The timestamp for APOP with its angle brackets (RFC 1939, section 7); empty if the server gave none.
    std::string timestamp;

    friend bool operator==(const greeting&, const greeting&) = default;
};

} // namespace pop3
