// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/config.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace pop3::grammar {

namespace detail {

/// "180 USER" or "180": a number that may differ per user.
bool parse_per_user(std::string_view rest, bool& per_user) noexcept;

bool parse_login_delay(std::string_view rest, capabilities& into);

bool parse_expire(std::string_view rest, capabilities& into);

bool parse_sasl(std::string_view rest, capabilities& into);

bool parse_utf8(std::string_view rest, capabilities& into);

bool parse_implementation(std::string_view rest, capabilities& into);

} // namespace detail

/// Reads a line of the reply to CAPA (RFC 2449, section 5) into `into`. One that is unknown, or not written as
/// its RFC says, is kept as it is in `other`.
void parse_capability(std::string_view line, capabilities& into);

} // namespace pop3::grammar

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/grammar/capability.ipp>
#endif
