// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// fetch HOST PORT FOLDER
//
// Fetches all mail over TLS into the Maildir FOLDER/mail, as its users write it, and keeps it on the server. What was seen is
// remembered in FOLDER/seen. Prints what it got as the client does, in octets as they come from the server.
//
// Environment variables:
// - BENCH_CA: the file with the certificate to trust.
// - POP3_BATCH: how many messages are committed at once (fetch_options::batch_messages).

#include "report.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

struct arguments {
    std::string host;
    std::string port;
    std::string folder;
};

asio::awaitable<void> fetch(const arguments& a)
{
    const auto executor = co_await asio::this_coro::executor;
    pop3::tls_context tls;
    if (const char* ca = std::getenv("BENCH_CA"))
        tls.load_verify_file(ca);
    pop3::connect_options connect;
    // Only what the server listens to.
    asio::ip::tcp::resolver resolver(executor);
    for (const auto& found :
         co_await resolver.async_resolve(asio::ip::tcp::v4(), a.host, a.port, asio::use_awaitable))
        connect.endpoints.push_back(found);
    connect.limits.operation_time = std::chrono::hours(1); // disks can be slow

    auto greeted = co_await pop3::async_connect(executor, tls, a.host, connect);
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("bench", "bench"));

    pop3::seen_file seen(a.folder + "/seen");
    pop3::maildir inbox(a.folder + "/mail");
    pop3::fetch_options options;
    if (const char* batch = std::getenv("POP3_BATCH"))
        options.batch_messages = std::stoul(batch);
    const pop3::fetch_report report = co_await pop3::async_fetch(std::move(mailbox), seen, inbox,
                                                                 pop3::keep_on_server(), std::move(options));
    if (report.left != 0)
        throw std::runtime_error("some mail is left");
    bench::report(report.fetched, report.octets);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::fputs("usage: fetch HOST PORT FOLDER\n", stderr);
        return 2;
    }
    try {
        const arguments a{argv[1], argv[2], argv[3]};
        asio::io_context context(1);
        asio::co_spawn(context, fetch(a), [](std::exception_ptr error) {
            if (error)
                std::rethrow_exception(error);
        });
        context.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "fetch: %s\n", e.what());
        return 1;
    }
}
