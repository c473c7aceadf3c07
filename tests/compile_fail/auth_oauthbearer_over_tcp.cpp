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
log_in(pop3::session<pop3::authorization, stream> greeted, pop3::access_token credentials)
{
    auto mailbox = co_await std::move(greeted).async_auth(pop3::sasl::oauthbearer(credentials));
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_auth(
// error(clang): 1 error generated.
// error(gcc): M = pop3::sasl::oauthbearer
// error(clang): async_auth<pop3::sasl::oauthbearer>
// error: the mechanism shows the secret in clear text on this stream: connect with TLS, or with pop3::allow_cleartext
