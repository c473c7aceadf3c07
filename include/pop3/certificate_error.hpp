// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <openssl/x509_vfy.h>

#include <string>
#include <system_error>
#include <type_traits>

namespace pop3 {

/// Why a server's certificate was rejected, beside OpenSSL's own reasons (`X509_V_ERR_...`).
enum class certificate_errc {
    /// It is in order, but is none of those that `tls_context::pin_public_key` and `pin_certificate` allow. The server
    /// has a new one, or is not the one that it was: ask its administrator, in another way, before pinning the new one.
    not_pinned = 0x10000,
    /// `tls_context::set_verify_callback`'s function refused it, or threw, though OpenSSL found nothing wrong.
    rejected_by_callback,
};

namespace detail {

class certificate_error_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3.certificate";
    }

    std::string message(int value) const override
    {
        return std::string("the server's certificate was rejected: ") + reason(value);
    }

private:
    static const char* reason(int value)
    {
        switch (static_cast<certificate_errc>(value)) {
        case certificate_errc::not_pinned:
            return "it is none of the pinned ones, and has none of the pinned public keys";
        case certificate_errc::rejected_by_callback:
            return "the verify callback refused it";
        }
        return X509_verify_cert_error_string(value);
    }
};

} // namespace detail

/// The category of errors that say why a server's certificate was rejected; values are OpenSSL's `X509_V_ERR_...` and
/// those of `certificate_errc`.
inline const std::error_category& certificate_category() noexcept
{
    static const detail::certificate_error_category instance;
    return instance;
}

inline std::error_code make_error_code(certificate_errc e) noexcept
{
    return {static_cast<int>(e), certificate_category()};
}

} // namespace pop3

template <>
struct std::is_error_code_enum<pop3::certificate_errc> : std::true_type {};
