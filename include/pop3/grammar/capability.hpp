// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/config.hpp>

#include <string_view>

namespace pop3::grammar {

/// Reads a line of the reply to CAPA (RFC 2449, section 5) into `into`. One that is unknown, or not written as
/// its RFC says, is kept as it is in `other`.
void parse_capability(std::string_view line, capabilities& into);

} // namespace pop3::grammar

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/grammar/capability.ipp>
#endif
