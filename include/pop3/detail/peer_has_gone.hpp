// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/error.hpp>
#include <asio/ssl/error.hpp>

#include <system_error>

namespace pop3::detail {

/// The end of what the peer sends, or that it takes nothing more.
inline bool tells_that_peer_has_gone(std::error_code ec) noexcept
{
    return ec == asio::error::eof || ec == asio::ssl::error::stream_truncated ||
           ec == asio::error::connection_reset || ec == asio::error::connection_aborted ||
           ec == asio::error::broken_pipe || ec == asio::error::not_connected;
}

/// That what was sent will not arrive: the peer has gone, or the way to it.
inline bool takes_no_more(std::error_code ec) noexcept
{
    return ec == asio::error::broken_pipe || ec == asio::error::connection_reset ||
           ec == asio::error::connection_aborted || ec == asio::error::not_connected ||
           ec == asio::error::timed_out;
}

} // namespace pop3::detail
