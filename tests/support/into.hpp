// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include <system_error>

namespace test {

/// For `co_await`: puts the error into `ec` instead of throwing it.
inline auto into(std::error_code& ec)
{
    return asio::redirect_error(asio::use_awaitable, ec);
}

} // namespace test
