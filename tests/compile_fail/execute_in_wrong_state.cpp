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

// error(gcc): error: no matching function for call to 'pop3::session<pop3::authorization>::async_execute(pop3::command::retr)'
// error(gcc): required for the satisfaction of 'command_for<Command, State>' [with Command = pop3::command::retr; State = pop3::authorization]
// error(clang): error: no matching member function for call to 'async_execute'
// error(clang): because 'command_for<pop3::command::retr, pop3::authorization>' evaluated to false
// error(clang): 1 error generated.
