// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<void> skip(pop3::session<pop3::receiving> body)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(body).async_finish();
    auto next = co_await mailbox.async_retr(2);
#else
    auto next = co_await body.async_retr(2);
#endif
    (void)next;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::receiving, Stream>::async_retr(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: a message is being received: mailbox = co_await std::move(s).async_finish() first
