// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3 {

/// Whether the first response of a SASL mechanism that speaks first may go with AUTH, which saves a round trip (RFC 5034,
/// section 4). It is about PLAIN, SCRAM, OAUTHBEARER, XOAUTH2, EXTERNAL and ANONYMOUS; LOGIN and CRAM-MD5 speak second.
enum class initial_response {
    /// With AUTH, if the line stays within 255 octets. If the server refuses that, and may have meant the form, the other
    /// one is tried, once, with the same mechanism: AUTH, and the response when the server asks for it. It may have meant
    /// the form if it has asked for nothing, its -ERR has no response code, and its text does not say that the login
    /// failed: has no such word as "failed", "denied", "password", "user", "login" or "locked". (A text in another language
    /// is not understood. A wrong password may then count as two towards a lock-out.)
    automatic,
    /// Never. For servers that hang up when they see it (Twisted does), or that refuse it in the words of a failed login.
    never,
};

} // namespace pop3
