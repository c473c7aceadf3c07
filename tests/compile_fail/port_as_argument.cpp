// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>

asio::awaitable<void> connect(pop3::tls_context& tls)
{
    auto executor = co_await asio::this_coro::executor;
#ifdef POP3_CONTROL
    pop3::connect_options options;
    options.port = 995;
    auto greeted = co_await pop3::async_connect(executor, tls, "pop.example.org", options);
#else
    auto greeted = co_await pop3::async_connect(executor, tls, "pop.example.org", 995);
#endif
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::async_connect(
// error(clang): 1 error generated.
// error: the port goes into the options
