// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::awaiting_password>> start(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto named = co_await std::move(greeted).async_user("mrose");
#else
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("dewey", "secret"));
    auto named = co_await std::move(mailbox).async_user("mrose");
#endif
    co_return named;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_user(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: USER is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
