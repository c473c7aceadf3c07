// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::transaction>> close(pop3::session<pop3::receiving> body)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(body).async_finish();
#else
    auto mailbox = co_await body.async_finish();
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::receiving, Stream>::async_finish(
// error(clang): 1 error generated.
// error: it consumes the session: write std::move(s).async_finish()
