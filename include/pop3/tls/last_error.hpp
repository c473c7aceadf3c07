// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/throw_error.hpp>

#include <asio/ssl/error.hpp>

#include <openssl/err.h>

#include <system_error>

namespace pop3::detail {

/// What OpenSSL's last function in this thread failed for.
inline std::error_code tls_last_error()
{
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0)
        return std::make_error_code(std::errc::invalid_argument);
    if (ERR_SYSTEM_ERROR(code))
        return {ERR_GET_REASON(code), std::system_category()};
    return {static_cast<int>(code), asio::error::get_ssl_category()};
}

inline void tls_require(bool succeeded, const char* what)
{
    if (!succeeded)
        throw_error(tls_last_error(), what);
}

} // namespace pop3::detail
