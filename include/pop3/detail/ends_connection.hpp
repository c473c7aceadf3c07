// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>

#include <asio/error.hpp>

#include <system_error>

namespace pop3::detail {

/// Whether the server ended the conversation, in whatever way the network tells.
inline bool ends_connection(const std::error_code& ec) noexcept
{
    return ec == errc::connection_closed || ec == errc::connection_truncated || ec == errc::unexpected_data ||
           ec == asio::error::eof || ec == asio::error::connection_reset ||
           ec == asio::error::connection_aborted || ec == asio::error::broken_pipe ||
           ec == asio::error::not_connected;
}

} // namespace pop3::detail
