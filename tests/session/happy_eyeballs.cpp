// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Several addresses, some of which do not answer (RFC 8305).

#include "support/deaf_listener.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace happy_eyeballs_tests {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using greeted = pop3::session<pop3::authorization, pop3::tcp_stream>;

/// Far more than anything here should take, and far less than an address used to be waited for.
constexpr auto soon = 10s;

pop3::connect_options to(std::vector<tcp::endpoint> endpoints, std::chrono::milliseconds delay)
{
    pop3::connect_options options;
    options.endpoints = std::move(endpoints);
    options.attempt_delay = delay;
    options.limits.connect_time = 5min;
    return options;
}

/// A connection being made, and how it ended.
struct attempt {
    attempt(asio::io_context& context, const pop3::connect_options& options)
    {
        pop3::async_connect(context.get_executor(), pop3::without_tls, "pop.example.org", options,
                            asio::bind_cancellation_slot(
                                signal.slot(), [this](std::error_code ec, pop3::reply<greeted> reply) {
                                    error = ec;
                                    place = reply.verb();
                                    if (reply)
                                        session.emplace(*std::move(reply));
                                }));
    }

    /// Runs the context until it ended, or the time is over.
    bool ends(asio::io_context& context, std::chrono::milliseconds time = soon)
    {
        context.restart();
        const auto until = std::chrono::steady_clock::now() + time;
        while (!error && context.run_one_until(until) != 0)
            ;
        return error.has_value();
    }

    asio::cancellation_signal signal;
    std::optional<std::error_code> error;
    std::string place;
    std::optional<greeted> session;
};

/// One that greets who comes.
struct listener {
    explicit listener(asio::io_context& context) : acceptor(context, {asio::ip::address_v4::loopback(), 0})
    {
        accept(context);
    }

    void accept(asio::io_context& context)
    {
        acceptor.async_accept([this, &context](std::error_code ec, tcp::socket socket) {
            if (ec)
                return;
            ++accepted;
            test::say(socket, "+OK ready\r\n");
            sockets.push_back(std::move(socket));
            accept(context);
        });
    }

    tcp::acceptor acceptor;
    std::vector<tcp::socket> sockets;
    int accepted = 0;
};

tcp::endpoint refusing(asio::io_context& context)
{
    return tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0}).local_endpoint();
}

} // namespace

TEST_CASE("a dead address costs the delay, and no share of the time for all")
{
    asio::io_context context(1);
    test::deaf_listener dead(context);
    listener good(context);
    attempt a(context, to({dead.endpoint(), dead.endpoint(), good.acceptor.local_endpoint()}, 20ms));
    REQUIRE(a.ends(context));
    CHECK(!*a.error);
    CHECK(good.accepted == 1);
}

TEST_CASE("an address that fails costs nothing")
{
    asio::io_context context(1);
    listener good(context);
    const auto gone = refusing(context);
    attempt a(context, to({gone, gone, good.acceptor.local_endpoint()}, 5min));
    REQUIRE(a.ends(context));
    CHECK(!*a.error);
}

TEST_CASE("while the first may answer in time, the others are left alone")
{
    asio::io_context context(1);
    listener first(context);
    listener second(context);
    attempt a(context, to({first.acceptor.local_endpoint(), second.acceptor.local_endpoint()}, 5min));
    REQUIRE(a.ends(context));
    CHECK(!*a.error);
    context.restart();
    context.run_for(20ms);
    CHECK(first.accepted == 1);
    CHECK(second.accepted == 0);
}

TEST_CASE("the first is not given up when the next is tried, and none is left behind")
{
    asio::io_context context(1);
    test::deaf_listener first(context);
    test::deaf_listener second(context);
    const auto before = test::open_descriptors();
    attempt a(context, to({first.endpoint(), second.endpoint()}, 20ms));
    CHECK(!a.ends(context, 500ms));
    CHECK(test::open_descriptors() == before + 2); // both are waited for
    first.listen();
    REQUIRE(a.ends(context));
    CHECK(!*a.error);
    // Who waited in the queue is accepted, too.
    CHECK(test::open_descriptors() == before + 1 + first.accepted());
    first.close();
    second.close();
    a.session.reset();
    context.restart();
    context.run_for(5s);
    CHECK(context.stopped()); // nothing is waited for
    CHECK(test::open_descriptors() < before);
}

TEST_CASE("no descriptor for the second attempt: the first goes on")
{
    asio::io_context context(1);
    test::deaf_listener slow(context);
    attempt a(context, to({slow.endpoint(), refusing(context)}, 300ms));
    const auto before = test::open_descriptors();
    CHECK(!a.ends(context, 50ms));
    CHECK(test::open_descriptors() == before + 1);

    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    rlimit none = usual;
    none.rlim_cur = 0;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const bool ended = a.ends(context, 600ms);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK(!ended);
    slow.listen();
    REQUIRE(a.ends(context));
    CHECK(!*a.error);
}

TEST_CASE("none answers: the deadline ends all, and names the first of those that say the same")
{
    asio::io_context context(1);
    test::deaf_listener first(context);
    test::deaf_listener second(context);
    const auto before = test::open_descriptors();
    auto options = to({first.endpoint(), second.endpoint()}, 10ms);
    options.limits.connect_time = 100ms;
    attempt a(context, options);
    REQUIRE(a.ends(context));
    CHECK(*a.error == pop3::errc::timed_out);
    CHECK(a.place == "pop.example.org:" + std::to_string(first.endpoint().port()) + " (127.0.0.1)");
    CHECK(test::open_descriptors() == before);

    // All have their turn, however short the time is.
    options.endpoints = {first.endpoint(), second.endpoint(), refusing(context)};
    options.attempt_delay = 5min;
    options.limits.connect_time = 300ms;
    attempt b(context, options);
    REQUIRE(b.ends(context));
    CHECK(*b.error == asio::error::connection_refused);
    CHECK(b.place == "pop.example.org:" + std::to_string(options.endpoints[2].port()) + " (127.0.0.1)");
}

TEST_CASE("cancelled while several are tried")
{
    for (const auto after : {0ms, 1ms, 15ms, 60ms}) {
        asio::io_context context(1);
        test::deaf_listener first(context);
        test::deaf_listener second(context);
        const auto before = test::open_descriptors();
        attempt a(context, to({first.endpoint(), second.endpoint()}, 10ms));
        if (after != 0ms)
            CHECK(!a.ends(context, after));
        a.signal.emit(asio::cancellation_type::terminal);
        REQUIRE(a.ends(context));
        CHECK(*a.error == asio::error::operation_aborted);
        CHECK(test::open_descriptors() == before);
        first.close();
        second.close();
        context.restart();
        context.run_for(5s);
        CHECK(context.stopped()); // nothing is waited for
    }
}

TEST_CASE("the context may go while several are tried")
{
    for (const auto after : {0ms, 1ms, 60ms}) {
        auto context = std::make_unique<asio::io_context>(1);
        std::optional<test::deaf_listener> dead(*context);
        std::optional<attempt> a(std::in_place, *context, to({dead->endpoint(), dead->endpoint()}, 10ms));
        if (after != 0ms)
            CHECK(!a->ends(*context, after));
        dead.reset();
        context.reset();
        CHECK(!a->error);
    }
}

TEST_CASE("several threads, and a strand of the session's own")
{
    test::tcp_peer peer([](tcp::socket& socket) {
        test::say(socket, "+OK ready\r\n");
        test::linger(socket);
    });
    asio::io_context context(1);
    test::deaf_listener dead(context);
    asio::thread_pool pool(4);
    auto done = pop3::async_connect(
        pool.get_executor(), pop3::without_tls, "pop.example.org",
        to({dead.endpoint(), refusing(context), {asio::ip::address_v4::loopback(), peer.port()}}, 10ms),
        asio::use_future);
    CHECK(done.get().has_value());
    pool.join();
}

} // namespace happy_eyeballs_tests
