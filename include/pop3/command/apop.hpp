// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/config.hpp>
#include <pop3/secret.hpp>
#include <pop3/state.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// APOP name digest: a login that shows the server, but nobody else, that the client knows the secret (RFC 1939,
/// section 7). It is of use without TLS only: who listens can still try passwords on what they heard, and nothing
/// proves who the server is. Inside TLS prefer SCRAM.
///
/// Name and secret are sent and hashed as they are, octet by octet. They may be UTF-8 only where the server announces
/// `UTF8 USER`, and then prepared with SASLprep (RFC 6856, section 2.2): both are the caller's to see to.
class apop {
public:
    static constexpr std::string_view verb = "APOP";
    static constexpr reply_shape shape = reply_shape::single_line;
    static constexpr std::string_view way_in = "+APOP";
    using result_type = void;
    using permitted_in = states<authorization>;
    using on_ok = transaction;
    using on_refusal = authorization;

    /// `timestamp` is that of the greeting (`greeting::timestamp`), with its angle brackets. The secret is not kept.
    apop(std::string_view name, const secret& shared_secret, std::string_view timestamp);

    /// Why it must not be sent, if so: `errc::no_timestamp` for one that is missing or not safe (CVE-2007-1558);
    /// `errc::invalid_argument` for a name that is empty, has a space or a control, and for an empty secret;
    /// `errc::no_shared_mechanism` where OpenSSL does without MD5 (FIPS); `errc::command_too_long`.
    std::error_code(check)() const;

    /// Without a digest the line cannot be sent either.
    void write(command_line& line) const;

private:
    /// The digest of APOP: MD5 of the timestamp, angle brackets included, and the secret, as 32 lower-case hexadecimal
    /// digits. Empty where OpenSSL has no MD5, as in FIPS mode.
    static secret digest(std::string_view timestamp, const secret& shared);

    std::string name_;
    secret digest_;
    std::error_code error_;
};

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/apop.ipp>
#endif
