// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <utility>

asio::awaitable<pop3::session<pop3::transaction>> log_in(pop3::session<pop3::authorization> greeted)
{
    pop3::password credentials("mrose", "secret");
#ifdef POP3_CONTROL
    pop3::login_options options("SCRAM-SHA-256");
    auto mailbox = co_await std::move(greeted).async_login(credentials, options);
#else
    auto mailbox = co_await std::move(greeted).async_login(credentials, "SCRAM-SHA-256");
#endif
    co_return mailbox;
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::authorization, Stream>::async_login(
// error(clang): 1 error generated.
// error: the mechanism goes into the options: async_login(credentials, pop3::login_options("SCRAM-SHA-256"))
