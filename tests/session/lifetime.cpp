// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions that are moved or destroyed while an operation runs, operations that are cancelled or take too long.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace {

/// A logged-in session that sends NOOP and never gets a reply.
struct waiting {
    std::shared_ptr<pop3::testing::script> talk = test::logged_in();
    asio::io_context context{1};
    std::optional<test::mailbox_session> mailbox;
    std::optional<std::error_code> completed;

    waiting()
    {
        talk->client("NOOP\r\n");
        test::run(context, [this]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    }

    auto note()
    {
        return [this](std::error_code ec, pop3::reply<void>) {
            completed = ec;
        };
    }

    /// Runs what is ready.
    void poll()
    {
        context.restart();
        while (context.poll_one() != 0) {
        }
    }

    /// Until NOOP was sent, and the reply is waited for.
    void start_noop()
    {
        mailbox->async_noop(note());
        poll();
        REQUIRE(talk->finished());
        REQUIRE(!completed);
    }
};

} // namespace

TEST_CASE("destroyed while an operation runs")
{
    waiting w;
    w.start_noop();
    w.mailbox.reset();
    CHECK(w.talk->closed());
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
}

TEST_CASE("destroyed before the operation began to read")
{
    waiting w;
    w.mailbox->async_noop(w.note());
    w.mailbox.reset();
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
}

TEST_CASE("assigned over while an operation runs")
{
    waiting w;
    w.start_noop();
    *w.mailbox = test::mailbox_session();
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
}

TEST_CASE("moved while an operation runs")
{
    waiting w;
    w.start_noop();
    auto elsewhere = std::make_unique<test::mailbox_session>(std::move(*w.mailbox));
    w.mailbox.reset();
    CHECK(!w.talk->closed());
    CHECK(!w.completed);
    elsewhere.reset();
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
}

TEST_CASE("the context ends before the operation")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n");
    std::optional<std::error_code> completed;
    {
        std::optional<test::mailbox_session> mailbox;
        asio::io_context context(1);
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        mailbox->async_noop([&](std::error_code ec, pop3::reply<void>) { completed = ec; });
        context.restart();
        context.poll();
        mailbox.reset();
        context.stop();
    }
    CHECK(!completed);
}

TEST_CASE("cancellation is terminal, and ends the session")
{
    waiting w;
    asio::cancellation_signal signal;
    w.mailbox->async_noop(asio::bind_cancellation_slot(signal.slot(), w.note()));
    w.poll();
    signal.emit(asio::cancellation_type::total);
    w.poll();
    CHECK(!w.completed); // only terminal is taken
    signal.emit(asio::cancellation_type::terminal);
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
    CHECK(w.talk->closed());
    CHECK(!w.mailbox->is_open());
}

TEST_CASE("cancellation between two steps")
{
    waiting w;
    asio::cancellation_signal signal;
    w.mailbox->async_noop(asio::bind_cancellation_slot(signal.slot(), w.note()));
    // The write is done, but its completion was not yet delivered: there is nothing to cancel but what comes next.
    signal.emit(asio::cancellation_type::terminal);
    test::run(w.context);
    CHECK(w.completed == asio::error::operation_aborted);
    CHECK(w.talk->closed());
}

TEST_CASE("an operation that takes too long")
{
    waiting w;
    pop3::limits limits;
    limits.operation_time = std::chrono::milliseconds(20);
    w.mailbox->set_limits(limits);
    w.mailbox->async_noop(w.note());
    test::run(w.context);
    CHECK(w.completed == pop3::errc::timed_out);
    CHECK(w.talk->closed());
    CHECK(!w.mailbox->is_open());
}

TEST_CASE("a greeting that takes too long")
{
    const auto talk = pop3::testing::script::make();
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        pop3::connect_options options;
        options.limits.connect_time = std::chrono::milliseconds(20);
        std::error_code ec;
        const auto r = co_await pop3::async_greet(pop3::testing::scripted_stream(executor, talk), options,
                                                  asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == pop3::errc::timed_out);
    });
    CHECK(talk->closed());
}

TEST_CASE("a deadline is of one operation, not of the session")
{
    waiting w;
    pop3::limits limits;
    limits.operation_time = std::chrono::milliseconds(200);
    w.mailbox->set_limits(limits);
    w.talk->server("+OK\r\n");
    w.mailbox->async_noop(w.note());
    test::run(w.context); // returns at once: a session that does nothing leaves no timer behind
    CHECK(w.completed == std::error_code());
    CHECK(w.mailbox->is_open());
}

TEST_CASE("no deadline at all")
{
    waiting w;
    pop3::limits limits;
    limits.operation_time = std::chrono::milliseconds::max();
    w.mailbox->set_limits(limits);
    w.talk->server("+OK\r\n");
    w.mailbox->async_noop(w.note());
    test::run(w.context);
    CHECK(w.completed == std::error_code());
}
