// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::message> first_message(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
    pop3::message first = co_await mailbox.async_retr(1);
#else
    pop3::message first = co_await greeted.async_retr(1);
#endif
    co_return first;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::authorization, Stream>::async_retr(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: RETR is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
