// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::deletions> remove_first(pop3::session<pop3::transaction> mailbox)
{
#ifdef POP3_CONTROL
    co_await mailbox.async_dele(1);
    auto ended = co_await std::move(mailbox).async_quit();
#else
    auto ended = co_await std::move(mailbox).async_quit();
    co_await ended.async_dele(1);
#endif
    co_return ended.deletions();
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::update, Stream>::async_dele(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: DELE is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
