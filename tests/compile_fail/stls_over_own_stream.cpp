// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>

#include <utility>

#ifdef POP3_CONTROL
using stream = pop3::tcp_stream;
#else
using stream = asio::ip::tcp::socket;
#endif

asio::awaitable<pop3::session<pop3::authorization>>
start_tls(pop3::session<pop3::authorization, stream> greeted, pop3::tls_context& tls)
{
    auto secured = co_await std::move(greeted).async_stls(tls);
    co_return secured;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_stls(
// error(clang): 1 error generated.
// error: STLS is for pop3::tcp_stream: make TLS of your stream yourself, and pass that to async_greet
