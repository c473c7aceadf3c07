// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::drop_listing> size(asio::any_io_executor executor)
{
#ifdef POP3_CONTROL
    pop3::tls_context tls;
    auto greeted = co_await pop3::async_connect(executor, tls, "pop.example.org");
#else
    auto greeted = co_await pop3::async_connect(executor, pop3::without_tls, "pop.example.org");
#endif
    auto mailbox = co_await std::move(greeted).async_login(pop3::access_token("mrose", "token"));
    co_return co_await mailbox.async_stat();
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_login(const pop3::access_token&
// error(clang): 1 error generated.
// error: the token would be sent in clear text on this stream: connect with TLS, or with pop3::allow_cleartext
