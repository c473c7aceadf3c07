// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// client HOST PORT tls|plain|list|sessions|once N
//
// This library, as its users write it: coroutines, one io_context, typed sessions with their limits and deadlines.
//
// tls, plain: logs in, RETR 1 to N pipelined, QUIT. list: UIDL and LIST of N messages. sessions: N at once, each of
// which logs in, STAT, RETR 1 to 3, QUIT. once: as tls, with the
// system's roots besides. Prints `msgs=COUNT bytes=OCTETS` of what it got, and its peak memory.
//
// Environment variables:
// - BENCH_CA: the file with the certificate to trust.
// - POP3_WINDOW: how many commands may be in flight (limits::pipeline_commands); 1 is one by one.
// - POP3_LIST: "vector" (the default) for vectors of entries, "stream" for a call of each entry.
// - POP3_STREAM: "asio" runs the sessions over asio::ssl::stream, and not over pop3::tls_stream.
//
// A benchmark that starts clients as `run.sh HOST PORT MODE N`, in a folder for each, takes it so: a folder drivers/pop3
// with an executable run.sh of two lines, the second with the path to the build:
//
//     #!/bin/sh
//     exec /path/to/build-bench/tests/bench/bench_client "$@"

#include "report.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace {

std::uint64_t messages = 0;
std::uint64_t octets = 0;

std::string_view setting(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : std::string_view();
}

struct target {
    std::string host;
    std::string port;
    pop3::connect_options options;
    pop3::tls_context tls;
    std::optional<asio::ssl::context> asio_tls;
};

// ---- What is done in a session ------------------------------------------------------------------

// A copy is made for each command: it holds nothing.
struct counting_sink {
    void operator()(std::span<const char> piece) const
    {
        octets += piece.size();
    }
};

void count(const pop3::reply<pop3::delivery>& reply)
{
    if (!reply)
        throw pop3::refused(reply.error());
    messages += reply->complete;
}

template <class Mailbox>
asio::awaitable<void> fetch(Mailbox& mailbox, std::uint32_t n)
{
    co_await mailbox.async_pipeline(std::views::iota(1u, n + 1) | std::views::transform([](std::uint32_t i) {
                                        return pop3::command::retr_to(i, counting_sink());
                                    }),
                                    [](std::size_t, pop3::reply<pop3::delivery> reply) { count(reply); });
}

template <class Mailbox>
asio::awaitable<void> list(Mailbox& mailbox)
{
    using namespace pop3::command;
    std::size_t unique_ids = 0;
    if (setting("POP3_LIST") == "stream") {
        co_await mailbox.async_pipeline(uidl_to([&](const pop3::unique_id_view&) { ++unique_ids; }),
                                        list_to([](const pop3::scan_listing& entry) {
                                            ++messages;
                                            octets += entry.octets;
                                        }));
    } else {
        const auto [uids, sizes] = co_await mailbox.async_pipeline(uidl(), pop3::command::list());
        unique_ids = uids->size();
        messages = sizes->size();
        for (const auto& entry : *sizes)
            octets += entry.octets;
    }
    if (unique_ids != messages)
        throw std::runtime_error("UIDL and LIST differ");
}

template <class Mailbox>
asio::awaitable<void> look_around(Mailbox mailbox)
{
    using pop3::command::retr_to;
    const auto replies = co_await std::move(mailbox).async_pipeline(
        pop3::command::stat(), retr_to(1, counting_sink()), retr_to(2, counting_sink()),
        retr_to(3, counting_sink()), pop3::command::quit());
    count(std::get<1>(replies));
    count(std::get<2>(replies));
    count(std::get<3>(replies));
}

template <class Greeted>
asio::awaitable<void> converse(target& to, Greeted greeted, std::string_view mode, std::uint32_t n)
{
    // One server for many sessions: only the first of them ask what it can do.
    if (mode == "sessions" && !to.options.capabilities)
        to.options.capabilities = co_await greeted.async_capa();
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("bench", "bench"));
    if (mode == "list")
        co_await list(mailbox);
    else if (mode == "sessions")
        co_return co_await look_around(std::move(mailbox));
    else
        co_await fetch(mailbox, n);
    co_await std::move(mailbox).async_quit();
}

// ---- Connections --------------------------------------------------------------------------------

// What a user of asio::ssl::stream writes.
asio::awaitable<asio::ssl::stream<asio::ip::tcp::socket>> connect_asio(target& to)
{
    asio::ssl::stream<asio::ip::tcp::socket> stream(co_await asio::this_coro::executor, *to.asio_tls);
    if (SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str()) != 1)
        throw std::runtime_error("SNI");
    stream.set_verify_callback(asio::ssl::host_name_verification(to.host));
    co_await stream.lowest_layer().async_connect(to.options.endpoints.front(), asio::use_awaitable);
    stream.lowest_layer().set_option(asio::ip::tcp::no_delay(true));
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_return stream;
}

asio::awaitable<void> session(target& to, std::string_view mode, std::uint32_t n)
{
    const auto executor = co_await asio::this_coro::executor;
    if (mode == "plain") {
        auto greeted = co_await pop3::async_connect(executor, pop3::allow_cleartext, to.host, to.options);
        co_await converse(to, std::move(greeted), mode, n);
    } else if (setting("POP3_STREAM") == "asio") {
        auto stream = co_await connect_asio(to);
        auto greeted = co_await pop3::async_greet(std::move(stream), to.options);
        co_await converse(to, std::move(greeted), mode, n);
    } else {
        auto greeted = co_await pop3::async_connect(executor, to.tls, to.host, to.options);
        co_await converse(to, std::move(greeted), mode, n);
    }
}

asio::awaitable<void> run(target& to, std::string_view mode, std::uint32_t n)
{
    const auto executor = co_await asio::this_coro::executor;
    // Once for all sessions, and only what the server listens to: names are not what is measured.
    asio::ip::tcp::resolver resolver(executor);
    for (const auto& found :
         co_await resolver.async_resolve(asio::ip::tcp::v4(), to.host, to.port, asio::use_awaitable))
        to.options.endpoints.push_back(found);
    if (mode != "sessions") {
        co_await session(to, mode, n);
        co_return;
    }
    for (std::uint32_t i = 0; i < n; ++i)
        asio::co_spawn(executor, session(to, mode, n), [](std::exception_ptr error) {
            if (error)
                std::rethrow_exception(error);
        });
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fputs("usage: client HOST PORT tls|plain|list|sessions|once N\n", stderr);
        return 2;
    }
    const std::string_view mode = argv[3];
    if (mode != "tls" && mode != "plain" && mode != "list" && mode != "sessions" && mode != "once")
        return 77;
    try {
        target to;
        to.host = argv[1];
        to.port = argv[2];
        // Slow links and large maildrops take long.
        to.options.limits.operation_time = std::chrono::hours(1);
        if (const auto window = setting("POP3_WINDOW"); !window.empty()) {
            to.options.limits.pipeline_commands = std::stoul(std::string(window));
            to.options.limits.pipeline_octets = 16 * to.options.limits.pipeline_commands;
        }
        if (mode != "plain") {
            const std::string ca(setting("BENCH_CA"));
            to.tls.load_verify_file(ca);
            if (setting("POP3_STREAM") == "asio") {
                to.asio_tls.emplace(asio::ssl::context::tls_client);
                to.asio_tls->load_verify_file(ca);
                to.asio_tls->set_verify_mode(asio::ssl::verify_peer);
            }
        }
        asio::io_context context(1);
        asio::co_spawn(context, run(to, mode, static_cast<std::uint32_t>(std::stoul(argv[4]))),
                       [](std::exception_ptr error) {
                           if (error)
                               std::rethrow_exception(error);
                       });
        context.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "client: %s\n", e.what());
        return 1;
    }
    bench::report(messages, octets);
}
