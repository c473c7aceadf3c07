// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <utility>

asio::awaitable<void> connect(pop3::tls_context& tls, asio::ip::tcp::socket socket)
{
#ifdef POP3_CONTROL
    auto greeted = co_await pop3::async_connect(std::move(socket), pop3::stls(tls), "pop.example.org");
#else
    auto greeted = co_await pop3::async_connect(std::move(socket), "pop.example.org");
#endif
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::async_connect(
// error(clang): 1 error generated.
// error: say how, before the host: a pop3::tls_context, pop3::stls(tls), pop3::without_tls or pop3::allow_cleartext
