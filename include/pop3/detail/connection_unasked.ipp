// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// What the server says that nobody asked for.

#include <pop3/detail/at_once.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/error.hpp>
#include <pop3/printable.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <string>
#include <system_error>

namespace pop3::detail {

template <async_stream Stream>
std::error_code connection<Stream>::unasked()
{
    std::error_code ec;
    if (input.empty())
        ec = read_unasked();
    if (input.empty()) {
        await_reply();
        return reason(ec);
    }
    const auto said = input.data();
    notice = printable(std::string(said.substr(0, (std::min)(said.find_first_of("\r\n"), max_notice))));
    use_input(said.size(), false);
    return errc::unexpected_data;
}

template <async_stream Stream>
std::error_code connection<Stream>::read_unasked()
{
    std::error_code ec = asio::error::would_block;
    if constexpr (works_at_once<Stream>) {
        // What TLS keeps for itself, such as tickets, may stand before it.
        for (int i = 0; i != 16 && ec == asio::error::would_block && !detail::is_quiet(stream); ++i)
            input.commit(detail::read_now(stream, input.prepare(), ec));
    } else if constexpr (reads_now<Stream>) {
        input.commit(stream.read_now(input.prepare(), ec));
    }
    input.rest();
    return ec == asio::error::would_block ? std::error_code() : ec;
}

} // namespace pop3::detail
