// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// minimal
// minimal HOST USER [PORT [CA-FILE]]
//
// Every command of RFC 1939 in one session, and the conversation as it happens. Without arguments it talks to a
// server of its own. With them it does the same on a real one, where nothing is removed: RSET takes back the DELE.
// The password is asked for, or taken from the environment variable POP3_PASSWORD.

#include "read_password.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <charconv>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

struct account {
    std::string host;
    std::string user;
    std::string password;
    std::uint16_t port;
};

void print(pop3::direction from, std::string_view line)
{
    std::cout << (from == pop3::direction::sent ? " C: " : " S: ") << pop3::printable(std::string(line))
              << std::endl;
}

asio::awaitable<void> converse(pop3::tls_context& tls, const account& who)
{
    pop3::connect_options options;
    options.port = who.port;
    options.observer = print;

    auto executor = co_await asio::this_coro::executor;
    auto greeted = co_await pop3::async_connect(executor, tls, who.host, options);
    // By hand, so that USER and PASS are seen. A program of yours calls async_login, which finds the safest way in.
    auto named = co_await std::move(greeted).async_user(who.user);
    auto mailbox = co_await std::move(named).async_pass(who.password);

    const auto [count, octets] = co_await mailbox.async_stat();
    if (count != 0) {
        co_await mailbox.async_list(1);
        co_await mailbox.async_retr(1);
        co_await mailbox.async_dele(1);
        co_await mailbox.async_rset();
    }
    co_await mailbox.async_noop();
    // Few servers still know LAST. With asio::use_awaitable a refusal is a value and is not thrown.
    const auto last = co_await mailbox.async_last(asio::use_awaitable);

    const auto update = co_await std::move(mailbox).async_quit();

    std::cout << count << " messages, " << octets << " octets";
    if (last && *last)
        std::cout << ", last accessed: " << **last;
    std::cout << '\n';
    if (update.deletions() != pop3::deletions::committed)
        throw pop3::refused(update.refusal());
}

void run(pop3::tls_context& tls, const account& who)
{
    asio::io_context context(1);
    std::exception_ptr error;
    asio::co_spawn(context, converse(tls, who), [&error](std::exception_ptr e) { error = e; });
    context.run();
    if (error)
        std::rethrow_exception(error); // its text says where it was to go, or which command failed
}

void run_demo()
{
    const pop3::testing::background_server server(pop3::testing::server_options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())}));
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());
    run(tls, {"localhost", "alice", "secret", server.port()});
}

std::uint16_t to_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0)
        throw std::invalid_argument("not a port: " + std::string(text));
    return port;
}

pop3::tls_context trusting(const std::string& ca_file)
{
    pop3::tls_context tls;
    try {
        tls.load_verify_file(ca_file);
    } catch (const std::system_error& e) {
        throw std::runtime_error(ca_file + ": " + e.code().message());
    }
    return tls;
}

void run_real(int argc, char** argv)
{
    const std::uint16_t port = argc > 3 ? to_port(argv[3]) : 995;
    auto tls = argc > 4 ? trusting(argv[4]) : pop3::tls_context();
    run(tls, {argv[1], argv[2], demo::read_password(argv[2]), port});
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 || argc > 5) {
        std::cerr << "usage: minimal [HOST USER [PORT [CA-FILE]]]\n";
        return 2;
    }
    try {
        if (argc == 1)
            run_demo();
        else
            run_real(argc, argv);
    } catch (const std::exception& e) {
        std::cerr << "minimal: " << e.what() << '\n';
        return 1;
    }
}
