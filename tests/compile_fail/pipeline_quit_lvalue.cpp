// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<void> ask(pop3::session<pop3::transaction> mailbox)
{
#ifdef POP3_CONTROL
    auto [reply, update] =
        co_await std::move(mailbox).async_pipeline(pop3::command::stat(), pop3::command::quit());
#else
    auto [reply, update] = co_await mailbox.async_pipeline(pop3::command::stat(), pop3::command::quit());
#endif
    (void)reply;
    (void)update;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_pipeline(
// error(clang): error: function 'async_pipeline
// error(clang): 1 error generated.
// error: and QUIT behind them, if none is a DELE: write std::move(s).async_pipeline(..., pop3::command::quit())
