// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

#ifdef POP3_CONTROL
asio::awaitable<pop3::session<pop3::transaction>>
#else
asio::awaitable<pop3::session<pop3::transaction, pop3::tcp_stream>>
#endif
log_in(pop3::session<pop3::authorization, pop3::tcp_stream> greeted, pop3::tls_context& tls)
{
#ifdef POP3_CONTROL
    auto secured = co_await std::move(greeted).async_stls(tls);
    auto mailbox = co_await std::move(secured).async_login(pop3::password("mrose", "secret"));
#else
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
    co_await std::move(mailbox).async_stls(tls);
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_stls(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: STLS is an AUTHORIZATION command (RFC 2595 s.4): TLS must come before the login
