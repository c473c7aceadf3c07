// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::message> first_message(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("mrose", "secret"));
    pop3::message first = co_await mailbox.async_execute(pop3::command::retr(1));
#else
    pop3::message first = co_await greeted.async_execute(pop3::command::retr(1));
#endif
    co_return first;
}

// error(gcc): error: use of deleted function 'auto pop3::session_handle<State, Stream>::async_execute(
// error(clang): error: function 'async_execute
// error(clang): 1 error generated.
// error: not a command of this state (see its permitted_in)
