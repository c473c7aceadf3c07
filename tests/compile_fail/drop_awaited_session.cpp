// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

// A warning of the compiler, which is on without -Wall.
#pragma GCC diagnostic error "-Wunused-result"

asio::awaitable<void> log_in(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
    co_await mailbox.async_noop();
#else
    co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
#endif
}

// g++ 12 does not look at what a co_await gives.
// error(clang): error: ignoring return value of function declared with 'nodiscard' attribute
// error(clang): its destructor closes the connection, and deletes nothing
// error(clang): 1 error generated.
