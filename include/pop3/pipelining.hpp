// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3 {

/// Whether the commands of a pipeline are sent ahead of their replies.
enum class pipelining {
    automatic, ///< If the server announces PIPELINING (RFC 2449, section 6.6).
    never,     ///< One by one, whatever it announces: for servers that announce it and mix up their replies.
};

} // namespace pop3
