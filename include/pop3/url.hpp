// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

/// A POP URL (RFC 2384): a server, and who wants to log in there, and how.
///
///     auto where = pop3::parse_url("pop://rg;AUTH=SCRAM-SHA-256@mail.example.org:110");
///
/// It holds no password, since a URL has none: "clear text passwords are not permitted" (section 3). URLs are shown,
/// logged and kept in histories; passwords do not belong there.
struct url {
    url() = default;

    /// `host` is made lower-case (but not the zone of an address) and loses the brackets of an IPv6 address, `auth` is made
    /// upper-case.
    explicit url(std::string_view host, std::uint16_t port = 0, std::string_view user = {},
                 std::string_view auth = {});

    /// Whose maildrop it is, decoded: any octets but controls. Empty if the URL does not say: ask the user, or the SASL
    /// mechanism.
    std::string user;
    /// The name of a SASL mechanism in upper case, such as "SCRAM-SHA-256"; or "+APOP", or + and the name of another
    /// extension: then no other way to log in should be taken (section 4). "*", or empty if the URL does not say: any
    /// that is appropriate. Always empty without a user.
    std::string auth;
    /// A name in lower case, an IPv4 address, or an IPv6 address without brackets; a link-local one perhaps with the zone
    /// (RFC 4007) in which it is valid: "fe80::1%eth0", which the URL has as "[fe80::1%25eth0]" (RFC 6874).
    std::string host;
    /// 0 if the URL does not say. RFC 2384 means 110 then, but was written before there was TLS.
    std::uint16_t port = 0;

    friend bool operator==(const url&, const url&) = default;
};

/// Reads a POP URL as the ABNF of RFC 2384 has it (section 8), with a "/" behind it or without: pop://, then perhaps a
/// user with or without ;AUTH=, and an "@"; a host; perhaps a port. All else is `errc::invalid_url`, and gives an empty
/// URL: a password (user:password@), a path, a query, a fragment, a character that has to be escaped and is not, a
/// control even if it is. But a scheme that others made up for TLS or for this version of the protocol (pops://, pop3://,
/// pop3s://) is `errc::unsupported_scheme`: write pop://, and say in the program how the connection is secured.
url parse_url(std::string_view text, std::error_code& ec);

/// The same, but throws `std::system_error`. The text is not repeated in it: it may hold a password.
url parse_url(std::string_view text);

/// Writes a URL that `parse_url` reads as the same, but for the case of host and mechanism. Throws `std::system_error`
/// (`errc::invalid_url`) if there is none, since a member has what it must not: a control in the user, a host that is
/// none, a mechanism without a user.
std::string to_string(const url& u);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/url.ipp>
#endif
