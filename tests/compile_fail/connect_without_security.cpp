// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>

asio::awaitable<void> connect(pop3::tls_context& tls)
{
    auto executor = co_await asio::this_coro::executor;
#ifdef POP3_CONTROL
    auto greeted = co_await pop3::async_connect(executor, pop3::stls(tls), "pop.example.org");
#else
    auto greeted = co_await pop3::async_connect(executor, "pop.example.org");
#endif
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::async_connect(
// error(clang): 1 error generated.
// error: say how, before the host: a pop3::tls_context, pop3::stls(tls), pop3::without_tls or pop3::allow_cleartext
