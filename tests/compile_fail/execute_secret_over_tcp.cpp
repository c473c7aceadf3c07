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

// error(gcc): error: no matching function for call to 'pop3::session<pop3::awaiting_password, pop3::tcp_stream>::async_execute(pop3::command::pass)'
// error(gcc): note: no operand of the disjunction is satisfied
// error(clang): error: no matching member function for call to 'async_execute'
// error(clang): because '!reveals_secret<pop3::command::pass>' evaluated to false
// error(clang): and 'pop3::tcp_stream' does not satisfy 'may_carry_secrets'
// error(clang): 1 error generated.
