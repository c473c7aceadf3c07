// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::authorization>>
start_tls(pop3::session<pop3::authorization, pop3::tcp_stream> greeted, pop3::tls_context& tls)
{
    auto secured = co_await std::move(greeted).async_stls(tls);
#ifdef POP3_CONTROL
    co_return secured;
#else
    auto again = co_await std::move(secured).async_stls(tls);
    co_return again;
#endif
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_stls(
// error(clang): 1 error generated.
// error: there is TLS already (RFC 2595 s.4: STLS only once)
