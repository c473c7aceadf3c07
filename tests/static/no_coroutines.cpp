// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Without coroutines the library compiles, and is used with callbacks, and with a token that waits.

#define ASIO_DISABLE_CO_AWAIT 1
#undef ASIO_HAS_CO_AWAIT

#include <pop3/blocking.hpp>
#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>

#include <system_error>
#include <utility>

#if defined(ASIO_HAS_CO_AWAIT)
#error "this is compiled with coroutines"
#endif

using logged_in = pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>;
using greeted_reply = pop3::reply<pop3::session<pop3::authorization>>;

void connect(const asio::any_io_executor& executor, const pop3::tls_context& tls,
             void (*handler)(std::error_code, greeted_reply));
void log_in(pop3::session<pop3::authorization>& greeted, const pop3::token_provider& tokens,
            void (*handler)(std::error_code, logged_in));
void start_tls(pop3::session<pop3::authorization, pop3::tcp_stream>& greeted, const pop3::tls_context& tls);
void look(pop3::session<pop3::transaction>& mailbox);
pop3::fetch_report fetch(const asio::any_io_executor& executor, const pop3::mail_account& account,
                         pop3::seen_memory& seen, pop3::maildir& inbox);

void connect(const asio::any_io_executor& executor, const pop3::tls_context& tls,
             void (*handler)(std::error_code, greeted_reply))
{
    pop3::async_connect(executor, tls, "pop.example.org", handler);
    pop3::async_connect(executor, pop3::stls(tls), pop3::url("pop.example.org"), handler);
}

void log_in(pop3::session<pop3::authorization>& greeted, const pop3::token_provider& tokens,
            void (*handler)(std::error_code, logged_in))
{
    const pop3::password credentials("mrose", "secret");
    std::move(greeted).async_login(credentials, handler);
    std::move(greeted).async_login(tokens, pop3::login_options("XOAUTH2"), handler);
    std::move(greeted).async_auth(pop3::sasl::plain(credentials), handler);
}

void start_tls(pop3::session<pop3::authorization, pop3::tcp_stream>& greeted, const pop3::tls_context& tls)
{
    greeted.async_utf8([](std::error_code, const pop3::reply<void>&) {});
    std::move(greeted).async_stls(tls, [](std::error_code, const auto&) {});
}

void look(pop3::session<pop3::transaction>& mailbox)
{
    mailbox.async_stat([](std::error_code, const pop3::reply<pop3::drop_listing>&) {});
    std::move(mailbox).async_quit([](std::error_code, const auto&) {});
}

pop3::fetch_report fetch(const asio::any_io_executor& executor, const pop3::mail_account& account,
                         pop3::seen_memory& seen, pop3::maildir& inbox)
{
    pop3::async_fetch(executor, account, seen, inbox, pop3::keep_on_server(),
                      [](std::error_code, const pop3::fetch_report&) {});
    auto mailbox = account.async_open(executor, pop3::pipelining::automatic, pop3::blocking);
    return pop3::async_fetch(std::move(mailbox), seen, inbox, pop3::keep_on_server(), pop3::blocking);
}
