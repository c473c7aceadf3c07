// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/basic_socket.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <system_error>

#if !defined(_WIN32) && !defined(__CYGWIN__)
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace pop3::detail {

/// Opens `socket` as Asio does, but so that no program inherits it that is started while it is open: a child would keep the
/// connection up, and the maildrop locked, for as long as it runs. Asio has no way to say that, so the system is asked.
///
/// Where the system can do both at once, no other thread can fork in between. On Windows only a child that is started
/// with `bInheritHandles` would inherit it.
inline void open_socket(asio::basic_socket<asio::ip::tcp, asio::any_io_executor>& socket,
                        const asio::ip::tcp& protocol, std::error_code& ec)
{
#if defined(_WIN32) || defined(__CYGWIN__)
    socket.open(protocol, ec);
#elif defined(SOCK_CLOEXEC)
    ec.clear();
    const int opened = ::socket(protocol.family(), protocol.type() | SOCK_CLOEXEC, protocol.protocol());
    if (opened < 0) {
        ec.assign(errno, asio::error::get_system_category());
        return;
    }
#if defined(SO_NOSIGPIPE)
    // Where there is this, Asio sets it, and does not ask for the like with each write.
    const int on = 1;
    if (::setsockopt(opened, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) != 0)
        ec.assign(errno, asio::error::get_system_category());
#endif
    if (!ec)
        socket.assign(protocol, opened, ec);
    if (ec)
        ::close(opened);
#else
    socket.open(protocol, ec);
    if (!ec && ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC) != 0) {
        ec.assign(errno, asio::error::get_system_category());
        std::error_code ignored;
        socket.close(ignored);
    }
#endif
}

} // namespace pop3::detail
