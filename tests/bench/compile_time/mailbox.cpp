// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What the compiler is measured with. LOGIN: logs in with the best mechanism, not by USER and PASS. COMMANDS: four commands
// more. HANDLERS: the same command with four handlers more. STREAMS: the same over four kinds of stream.

#include <pop3/pop3.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace {

template <class How>
asio::awaitable<void> read_mail(How how, std::string host, std::string name, std::string secret)
{
    auto greeted = co_await pop3::async_connect(co_await asio::this_coro::executor, how, host);
#if defined(LOGIN) || defined(STREAMS)
    const pop3::password credentials(name, secret);
    auto mailbox = co_await std::move(greeted).async_login(credentials);
#else
    auto named = co_await std::move(greeted).async_user(name);
    auto mailbox = co_await std::move(named).async_pass(secret);
#endif
    auto [count, octets] = co_await mailbox.async_stat();
    std::cout << count << ' ' << octets << '\n';
    auto first = co_await mailbox.async_retr(1);
    std::cout << first.header();
#if defined(COMMANDS)
    co_await mailbox.async_noop();
    co_await mailbox.async_rset();
    co_await mailbox.async_dele(1);
    (void)co_await mailbox.async_list(1);
#endif
#if defined(HANDLERS)
    mailbox.async_stat([](std::error_code, const pop3::reply<pop3::drop_listing>&) {});
    mailbox.async_stat([](std::error_code ec, const pop3::reply<pop3::drop_listing>&) { std::cout << ec; });
    mailbox.async_stat([&](std::error_code, const pop3::reply<pop3::drop_listing>&) { std::cout << name; });
    mailbox.async_stat([=](std::error_code, const pop3::reply<pop3::drop_listing>&) { std::cout << name; });
#endif
    (void)co_await std::move(mailbox).async_quit();
}

void finish(std::exception_ptr error)
{
    if (error)
        std::rethrow_exception(error);
}

} // namespace

int main(int, char** arguments)
{
    const std::string host = arguments[1], name = arguments[2], secret = arguments[3];
    asio::io_context context;
    asio::co_spawn(context, read_mail(pop3::tls_context(), host, name, secret), finish);
#if defined(STREAMS)
    asio::co_spawn(context, read_mail(pop3::stls(pop3::tls_context()), host, name, secret), finish);
    asio::co_spawn(context, read_mail(pop3::without_tls, host, name, secret), finish);
    asio::co_spawn(context, read_mail(pop3::allow_cleartext, host, name, secret), finish);
#endif
    context.run();
}
