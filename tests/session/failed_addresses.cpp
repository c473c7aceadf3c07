// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What is told of a connection that could not be made: the error that helps, and where it was to go.

#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;

/// Connects, and returns what the default token throws.
template <class How>
std::system_error failure(const How& how, const std::string& host, const pop3::connect_options& options)
{
    std::system_error result{std::error_code()};
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        try {
            const auto greeted = co_await pop3::async_connect(executor, how, host, options);
        } catch (const std::system_error& e) {
            result = e;
        }
    });
    return result;
}

bool begins_with(const std::system_error& e, const std::string& text)
{
    INFO(e.what());
    const bool does = std::string(e.what()).starts_with(text);
    CHECK(does);
    return does;
}

} // namespace

TEST_CASE("several addresses, all failed: the error that says most, and whose it is")
{
    const auto loopback = asio::ip::address_v4::loopback();
    tcp::endpoint refusing;
    asio::io_context context;
    {
        tcp::acceptor gone(context, {loopback, 0});
        refusing = gone.local_endpoint();
    }
    // Nobody accepts, and the queue is full.
    tcp::acceptor full(context, tcp::v4());
    full.bind({loopback, 0});
    full.listen(0);
    std::vector<tcp::socket> queue;
    for (int i = 0; i != 4; ++i)
        queue.emplace_back(context).async_connect(full.local_endpoint(), [](std::error_code) {});
    // A broadcast: no TCP gets there.
    const tcp::endpoint nowhere(asio::ip::address_v4::broadcast(), 995);

    pop3::connect_options options;
    options.limits.connect_time = 100ms;
    pop3::tls_context tls;
    const auto port = std::to_string(refusing.port());
    for (const auto& order :
         std::vector<std::vector<tcp::endpoint>>{{refusing, nowhere},
                                                 {nowhere, refusing},
                                                 {full.local_endpoint(), refusing, nowhere},
                                                 {refusing, full.local_endpoint()}}) {
        options.endpoints = order;
        const auto e = failure(tls, "pop.example.org", options);
        CHECK(e.code() == asio::error::connection_refused);
        begins_with(e, "pop.example.org:" + port + " (127.0.0.1): ");
    }
    options.endpoints = {full.local_endpoint(), nowhere};
    CHECK(failure(tls, "pop.example.org", options).code() == pop3::errc::timed_out);
    CHECK(failure(pop3::stls(tls), "pop.example.org", options).code() == pop3::errc::timed_out);

    options.endpoints.clear();
    options.port = refusing.port();
    begins_with(failure(pop3::without_tls, "127.0.0.1", options), "127.0.0.1:" + port + ": ");
    begins_with(failure(pop3::stls(tls), "127.0.0.1", options), "127.0.0.1:" + port + ": ");
}

TEST_CASE("an error names host and port, wherever it comes up")
{
    pop3::tls_context tls;
    pop3::connect_options options;
    begins_with(failure(tls, "", options), ":995: ");
    begins_with(failure(pop3::stls(tls), "a b", options), "a b:110");

    const auto saying = [&](const auto& how, const char* text) {
        test::tcp_peer peer([&](tcp::socket& socket) {
            test::say(socket, text);
            test::linger(socket);
        });
        options.port = peer.port();
        options.limits.connect_time = 5s;
        const auto e = failure(how, "127.0.0.1", options);
        begins_with(e, "127.0.0.1:" + std::to_string(peer.port()) + ": ");
        return e.code();
    };
    CHECK(saying(pop3::without_tls, "220 mail.example.org\r\n") == pop3::errc::malformed_reply);
    CHECK(saying(tls, "+OK ready\r\n") == pop3::errc::tls_not_spoken);
    CHECK(saying(pop3::stls(tls), "+OK ready\r\n-ERR no CAPA\r\n") == pop3::errc::unexpected_data);
    CHECK(saying(pop3::stls(tls), "220 mail.example.org\r\n") == pop3::errc::malformed_reply);
}
