// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::transaction>> log_in(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
#else
    auto mailbox = co_await greeted.async_login(pop3::password("mrose", "secret"));
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_login(
// error(clang): 1 error generated.
// error: the login consumes the session: write std::move(s).async_login(...)
