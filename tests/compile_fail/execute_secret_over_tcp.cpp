// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

#ifdef POP3_CONTROL
using stream = pop3::tls_stream;
#else
using stream = pop3::tcp_stream;
#endif

asio::awaitable<pop3::session<pop3::transaction, stream>>
log_in(pop3::session<pop3::awaiting_password, stream> named)
{
    auto mailbox = co_await std::move(named).async_execute(pop3::command::pass(pop3::secret("secret")));
    co_return mailbox;
}

// error(gcc): error: use of deleted function 'auto pop3::session_handle<State, Stream>::async_execute(
// error(clang): error: function 'async_execute
// error(clang): 1 error generated.
// error: or one that shows a secret in clear text on this stream
// lines(gcc): 13
