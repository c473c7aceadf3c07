// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::deletions> end(pop3::session<pop3::transaction> mailbox)
{
#ifdef POP3_CONTROL
    auto ended = co_await std::move(mailbox).async_quit();
#else
    auto ended = co_await mailbox.async_quit();
#endif
    co_return ended.deletions();
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::transaction, Stream>::async_quit(
// error(clang): 1 error generated.
// error: QUIT consumes the session: write std::move(s).async_quit()
