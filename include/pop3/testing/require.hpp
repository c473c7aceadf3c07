// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>

#include <asio/ssl/error.hpp>

#include <openssl/err.h>

#include <system_error>

namespace pop3::testing::detail {

/// Throws OpenSSL's error if `succeeded` says so.
inline void require(bool succeeded, const char* what)
{
    if (!succeeded)
        throw std::system_error(static_cast<int>(ERR_get_error()), asio::error::get_ssl_category(), what);
}

} // namespace pop3::testing::detail
