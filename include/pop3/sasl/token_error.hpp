// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <string_view>

namespace pop3::sasl {

/// Says whether `json`, with which a server refused an access token (`refusal::details`), means that a new token may do:
/// its member "status" is "invalid_token" (RFC 7628, section 3.2.2; RFC 6750, section 3.1), or, from Gmail and Dovecot,
/// "400" or "401". Whatever is no such JSON object says no.
bool says_token_expired(std::string_view json) noexcept;

} // namespace pop3::sasl

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/sasl/token_error.ipp>
#endif
