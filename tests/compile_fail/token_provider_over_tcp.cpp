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
log_in(pop3::session<pop3::authorization, stream> greeted, pop3::token_provider credentials)
{
    pop3::login_options options("XOAUTH2");
    auto mailbox = co_await std::move(greeted).async_login(credentials, options);
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_login(const pop3::token_provider&
// error(clang): 1 error generated.
// error: the token would be sent in clear text on this stream: connect with TLS, or with pop3::allow_cleartext
