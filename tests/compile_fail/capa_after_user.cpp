// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::capabilities> ask(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    auto known = co_await greeted.async_capa();
    auto named = co_await std::move(greeted).async_user("mrose");
#else
    auto named = co_await std::move(greeted).async_user("mrose");
    auto known = co_await named.async_capa();
#endif
    co_return known;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::awaiting_password, Stream>::async_capa(
// error(clang): error: attempt to use a deleted function
// error(clang): 1 error generated.
// error: after USER comes PASS or QUIT (RFC 1939 s.7): send CAPA before async_user()
