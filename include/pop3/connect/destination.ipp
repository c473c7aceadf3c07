// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/destination.hpp>
#include <pop3/detail/runs_on.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// The same socket, which calls back on `executor`. What cannot be moved is closed.
inline asio::ip::tcp::socket moved_to(const asio::any_io_executor& executor, asio::ip::tcp::socket socket)
{
    if (socket.get_executor() == executor)
        return socket;
    asio::ip::tcp::socket moved(executor);
    std::error_code ec;
    const auto protocol = socket.local_endpoint(ec).protocol();
    if (!ec) {
        const auto handle = socket.release(ec);
        if (!ec)
            moved.assign(protocol, handle, ec);
    }
    return moved;
}

POP3_DECL destination::destination(const asio::any_io_executor& on, std::string name, std::uint16_t tcp_port)
    : executor(one_at_a_time(on)), host(std::move(name)), port(tcp_port), socket(executor), connected(false)
{
}

POP3_DECL destination::destination(asio::ip::tcp::socket s, std::string name, std::uint16_t tcp_port)
    : executor(one_at_a_time(s.get_executor())), host(std::move(name)), port(tcp_port),
      socket(detail::moved_to(executor, std::move(s))), connected(true)
{
}

} // namespace pop3::detail
