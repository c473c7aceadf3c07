// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::transaction>> log_in(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto named = co_await std::move(greeted).async_user("mrose");
    auto mailbox = co_await std::move(named).async_pass("secret");
#else
    auto mailbox = co_await std::move(greeted).async_pass("secret");
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::authorization, Stream>::async_pass(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: PASS comes after USER (RFC 1939 s.7): finish async_user() first, or call async_login()
