// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Over a stream: servers that announce PIPELINING and mix up their replies, and the option that is the cure.

#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

namespace command = pop3::command;
using pop3::errc;
using test::into;

constexpr std::string_view mixed_up =
    "+OK 232 octets\r\nReturn-Path: <a@example.org>\r\n\r\nThird line.\r\n+OK 245 octets\r\n.\r\n"
    "Return-Path: <b@example.org>\r\n\r\nFirst line.\r\n.\r\n";

std::vector<command::retr> retrs(int n)
{
    std::vector<command::retr> all;
    for (int i = 1; i <= n; ++i)
        all.emplace_back(i);
    return all;
}

pop3::connect_options one_by_one()
{
    pop3::connect_options options;
    options.pipelining = pop3::pipelining::never;
    return options;
}

pop3::connect_options hurried()
{
    pop3::connect_options options;
    options.limits.operation_time = std::chrono::milliseconds(50);
    return options;
}

} // namespace

TEST_SUITE_BEGIN("pipeline out of step");

TEST_CASE("a message with the next status line in it is not handed over")
{
    for (const std::size_t octets : {100000u, 1u}) {
        for (const bool in_range : {false, true}) {
            const auto talk = test::logged_in_ahead();
            talk->client("RETR 1\r\nRETR 2\r\n").server(mixed_up);
            test::run([&]() -> asio::awaitable<void> {
                auto mailbox = co_await test::log_in(talk);
                talk->octets_at_a_time(octets);
                std::error_code ec;
                if (in_range) {
                    std::size_t called = 0;
                    const std::vector<command::retr> commands = retrs(2);
                    const auto answered = co_await mailbox.async_pipeline(
                        commands, [&](std::size_t, const pop3::reply<pop3::message>&) { ++called; },
                        into(ec));
                    CHECK(answered == 0);
                    CHECK(called == 0);
                } else {
                    auto [first, second] =
                        co_await mailbox.async_pipeline(command::retr(1), command::retr(2), into(ec));
                    CHECK(!first.answered());
                    CHECK(!second.answered());
                }
                CHECK(ec == errc::pipeline_out_of_step);
                CHECK(!mailbox.is_open());
            });
            CHECK(talk->closed());
        }
    }
}

TEST_CASE("the reply that stands in the message never comes")
{
    const auto talk = test::logged_in_ahead();
    talk->client("RETR 1\r\nNOOP\r\n").server("+OK\r\nThird line.\r\n+OK\r\n.\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk, hurried());
        std::error_code ec;
        auto [message, noop] = co_await mailbox.async_pipeline(command::retr(1), command::noop(), into(ec));
        CHECK(ec == errc::pipeline_timed_out);
        CHECK(!message.answered());
        CHECK(!noop.answered());
    });
}

TEST_CASE("only the first of a burst is answered")
{
    const auto talk = test::logged_in_ahead();
    talk->client("NOOP\r\nSTAT\r\nNOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk, hurried());
        std::error_code ec;
        auto [first, stat, last] =
            co_await mailbox.async_pipeline(command::noop(), command::stat(), command::noop(), into(ec));
        CHECK(ec == errc::pipeline_timed_out);
        CHECK(first.answered());
        CHECK(!stat.answered());
        CHECK(!last.answered());
    });
}

TEST_CASE("the connection ends, or the user ends it, behind a reply that is held")
{
    for (const bool cancelled : {false, true}) {
        const auto talk = test::logged_in_ahead();
        talk->client("RETR 1\r\nRETR 2\r\n").server("+OK\r\nx\r\n.\r\n");
        if (!cancelled)
            talk->end();
        asio::io_context context(1);
        test::mailbox_session mailbox;
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        context.restart();
        asio::cancellation_signal signal;
        std::optional<std::error_code> error;
        std::size_t given = 0;
        std::size_t called = 0;
        const auto sink = [&](std::span<const char> piece) {
            given += piece.size();
        };
        mailbox.async_pipeline(
            {command::retr_to(1, sink), command::retr_to(2, sink)},
            [&](std::size_t, const pop3::reply<pop3::delivery>&) { ++called; },
            asio::bind_cancellation_slot(signal.slot(), [&](std::error_code ec, std::size_t n) {
                error = ec;
                CHECK(n == 0);
            }));
        while (!error && context.poll_one() != 0) {
        }
        CHECK(given == 3);
        if (cancelled) {
            CHECK(!error);
            signal.emit(asio::cancellation_type::terminal);
        }
        test::run(context);
        REQUIRE(error);
        CHECK(*error == (cancelled ? make_error_code(asio::error::operation_aborted)
                                   : make_error_code(errc::connection_closed)));
        CHECK(called == 0);
    }
}

TEST_CASE("never: one by one, whatever the server announces")
{
    for (const bool asked : {true, false}) {
        const auto talk = asked ? test::logged_in_ahead() : test::greeting();
        if (!asked)
            talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
        talk->client("RETR 1\r\n").server("+OK\r\na\r\n.\r\n");
        talk->client("NOOP\r\n").server("+OK\r\n");
        talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\n.\r\n");
        talk->client("DELE 1\r\n").server("+OK\r\n").client("DELE 1\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto options = one_by_one();
            if (!asked) {
                options.capabilities.emplace();
                options.capabilities->user = true;
                options.capabilities->pipelining = true;
            }
            auto mailbox = co_await test::log_in(talk, options);
            auto [message, noop] = co_await mailbox.async_pipeline(command::retr(1), command::noop());
            CHECK(message->octets() == "a\r\n");
            const auto can = co_await mailbox.async_capa();
            CHECK(can.pipelining);
            const std::vector<command::dele> deles(2, command::dele(1));
            const auto answered =
                co_await mailbox.async_pipeline(deles, [](std::size_t, pop3::reply<void>) {});
            CHECK(answered == 2);
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("never: over STLS as well, whatever is announced then")
{
    asio::io_context context(1);
    using connection = pop3::detail::connection<pop3::tcp_stream>;
    connection in_clear(pop3::tcp_stream(context.get_executor()), {}, {});
    connection secured(pop3::tcp_stream(context.get_executor()), {}, {});
    pop3::capabilities can;
    can.pipelining = true;
    in_clear.never_send_ahead();
    secured.succeed(in_clear);
    secured.learn(can);
    CHECK(secured.pipelining == false);
    CHECK(secured.capabilities->pipelining); // it is what was said

    connection other(pop3::tcp_stream(context.get_executor()), {}, {});
    other.succeed(connection(pop3::tcp_stream(context.get_executor()), {}, {}));
    CHECK(!other.pipelining);
    other.learn(can);
    CHECK(other.pipelining == true);
}

TEST_CASE("commands in braces are copied")
{
    const auto talk = test::logged_in_ahead();
    talk->client("RETR 1\r\nRETR 2\r\n").server("+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n");
    asio::io_context context(1);
    test::mailbox_session mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    context.restart();
    std::string got;
    std::size_t answered = 0;
    const auto start = [&] {
        const auto on_reply = [&](std::size_t, const pop3::reply<pop3::message>& r) {
            got += r->octets();
        };
        mailbox.async_pipeline({command::retr(1), command::retr(2)}, on_reply,
                               [&](std::error_code ec, std::size_t n) {
                                   CHECK(!ec);
                                   answered = n;
                               });
    };
    start();
    test::run(context);
    CHECK(answered == 2);
    CHECK(got == "a\r\nb\r\n");
    CHECK(talk->finished());
}

TEST_SUITE_END();
