// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>

#include <string_view>
#include <system_error>

namespace pop3::sasl {

/// CRAM-MD5 (RFC 2195): a digest of the server's challenge, which takes the password to make.
///
///     C: AUTH CRAM-MD5
///     S: + <<1896.697170952@postoffice.reston.mci.net>>
///     C: <name SP hmac>
///     S: +OK
///
/// The password does not go over the wire, but who listens can try passwords as fast as MD5 can be computed, and the server
/// shows nothing of itself: worth more than PLAIN without TLS, and nothing with TLS. Name and password are taken as
/// they are.
///
/// Errors: `errc::invalid_argument` if one of them is empty or has a NUL in it; `errc::malformed_challenge` if the
/// challenge is empty, or a second one comes; `std::errc::not_supported` where OpenSSL has no MD5 (FIPS 140).
class cram_md5 {
public:
    static constexpr std::string_view name = "CRAM-MD5";

    /// credentials: copied.
    explicit cram_md5(const password& credentials) : credentials_(credentials)
    {
    }

    std::error_code respond(std::string_view challenge, octets& response, const limits&);

private:
    password credentials_;
    bool answered_ = false;
};

} // namespace pop3::sasl

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/sasl/cram_md5.ipp>
#endif
