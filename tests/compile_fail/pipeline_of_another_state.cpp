// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<void> ask(pop3::session<pop3::transaction> mailbox)
{
#ifdef POP3_CONTROL
    auto [stat, uidl] = co_await mailbox.async_pipeline(pop3::command::stat(), pop3::command::uidl());
    (void)stat;
#else
    auto [user, uidl] = co_await mailbox.async_pipeline(pop3::command::user("mrose"), pop3::command::uidl());
    (void)user;
#endif
    (void)uidl;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_pipeline(
// error(clang): error: function 'async_pipeline
// error(clang): 1 error generated.
// error: what may be pipelined: commands of TRANSACTION that stay there
