// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <system_error>
#include <type_traits>

namespace pop3 {

/// Why a server's certificate was rejected, beside OpenSSL's own reasons (`X509_V_ERR_...`).
enum class certificate_errc {
    /// It is in order, but is none of those that `tls_context::pin_public_key` and `pin_certificate` allow. The server
    /// has a new certificate, or is another server: ask its administrator, in another way, before pinning the new one.
    not_pinned = 0x10000,
    /// `tls_context::set_verify_callback`'s function refused it, or threw, though OpenSSL found nothing wrong.
    rejected_by_callback,
};

/// The category of errors that say why a server's certificate was rejected; values are OpenSSL's `X509_V_ERR_...` and
/// those of `certificate_errc`.
const std::error_category& certificate_category() noexcept;

/// Makes a `std::error_code` of it; so does the conversion.
inline std::error_code make_error_code(certificate_errc e) noexcept
{
    return {static_cast<int>(e), certificate_category()};
}

} // namespace pop3

template <>
struct std::is_error_code_enum<pop3::certificate_errc> : std::true_type {};

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/certificate_error.ipp>
#endif
