// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::drop_listing> size(pop3::session<pop3::awaiting_password> named)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(named).async_pass("secret");
    auto listing = co_await mailbox.async_stat();
#else
    auto listing = co_await named.async_stat();
#endif
    co_return listing;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::awaiting_password, Stream>::async_stat(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: STAT is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
