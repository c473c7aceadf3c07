// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

#ifdef POP3_CONTROL
using stream = pop3::cleartext_stream;
#else
using stream = pop3::tcp_stream;
#endif

asio::awaitable<pop3::session<pop3::transaction, stream>>
log_in(pop3::session<pop3::authorization, stream> greeted)
{
    auto named = co_await std::move(greeted).async_user("mrose");
    auto mailbox = co_await std::move(named).async_pass("secret");
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::awaiting_password, Stream>::async_pass(
// error(clang): 1 error generated.
// error: PASS shows the password in clear text on this stream: connect with TLS, or with pop3::allow_cleartext
