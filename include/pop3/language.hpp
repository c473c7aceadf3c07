// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>

namespace pop3 {

/// A language that a server can write its texts in (LANG, RFC 6856, section 3).
struct language {
    /// The language tag (RFC 5646): "en-boont".
    std::string tag;
    /// In a listing the name of the language, in the language itself; after it was set, what the server says of that.
    /// UTF-8, may be empty. Untrusted input.
    std::string description;

    friend bool operator==(const language&, const language&) = default;
};

} // namespace pop3
