// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::transaction>> log_in(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    co_await greeted.async_utf8();
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
#else
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
    co_await mailbox.async_utf8();
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_utf8(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: UTF8 is an AUTHORIZATION command (RFC 6856 s.2): send it before the login
