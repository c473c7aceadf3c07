// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::receiving>> open_first(pop3::session<pop3::transaction> mailbox)
{
#ifdef POP3_CONTROL
    auto body = co_await std::move(mailbox).async_receive(1);
#else
    auto body = co_await mailbox.async_receive(1);
#endif
    co_return body;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::transaction, Stream>::async_receive(
// error(clang): 1 error generated.
// error: it consumes the session: write std::move(s).async_receive(...)
