// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Deliveries that commit later: a database's transaction.

#include "support/fetched_account.hpp"
#include "support/run.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace fetch_later_tests {
namespace {

using pop3::batch_message;
using pop3::commit_callback;
using pop3::kept;
using std::chrono::milliseconds;
using account = test::fetched_account;

std::vector<kept> all(const std::vector<batch_message>& batch, kept k = kept::yes)
{
    return std::vector<kept>(batch.size(), k);
}

/// A database that takes its time, in a thread of its own.
struct slow_database {
    ~slow_database()
    {
        if (thread.joinable())
            thread.join();
    }

    pop3::batch_delivery delivery()
    {
        return pop3::batch_delivery([this](std::vector<batch_message> batch, commit_callback done) {
            if (thread.joinable())
                thread.join();
            batches.push_back(batch.size());
            thread = std::thread([this, batch = std::move(batch), done] {
                std::this_thread::sleep_for(takes);
                rows.insert(rows.end(), batch.begin(), batch.end());
                done({}, all(batch));
            });
        });
    }

    milliseconds takes{1};
    std::vector<batch_message> rows; // of the thread, until `done`
    std::vector<std::size_t> batches;
    std::thread thread;
};

} // namespace

TEST_CASE("batches go to a function that calls back from another thread")
{
    account a;
    a.options.batch_messages = 2;
    slow_database database;
    auto delivery = database.delivery();
    const auto first = a.fetch(a.seen, delivery, pop3::delete_after_delivery());
    CHECK(!first.ec);
    CHECK(first.report.fetched == 3);
    CHECK(first.report.octets == 59);
    CHECK(first.report.deleted == 3);
    CHECK(a.server.maildrop.empty());
    REQUIRE(database.rows.size() == 3);
    CHECK(database.rows[0].account == "alice");
    CHECK(database.rows[0].unique_id == "a");
    CHECK(database.rows[0].ordinal == 1);
    CHECK(database.rows[0].number == 1);
    CHECK(!database.rows[0].headers);
    CHECK(database.rows[2].octets == "Subject: c\r\n\r\nthree\r\n");
}

TEST_CASE("messages that were on their way when a batch was full are in the next, and none is lost")
{
    for (const std::size_t batch : {1u, 2u, 3u, 7u, 50u}) {
        CAPTURE(batch);
        account a;
        a.server.maildrop.clear();
        for (int i = 0; i != 50; ++i)
            a.server.maildrop.push_back({std::to_string(i), std::to_string(i) + "\r\n", 0, 0});
        a.options.batch_messages = batch;
        slow_database database;
        auto delivery = database.delivery();
        const auto o = a.fetch(a.seen, delivery, pop3::delete_after_delivery());
        CHECK(!o.ec);
        CHECK(o.report.fetched == 50);
        CHECK(a.server.maildrop.empty());
        REQUIRE(database.rows.size() == 50);
        for (std::size_t i = 0; i != 50; ++i)
            CHECK(database.rows[i].octets == std::to_string(i) + "\r\n");
    }
}

TEST_CASE("nothing is recorded or deleted before the transaction is durable")
{
    account a;
    commit_callback held;
    std::vector<batch_message> batch;
    pop3::batch_delivery delivery([&](std::vector<batch_message> b, commit_callback done) {
        batch = std::move(b);
        held = std::move(done);
    });
    asio::io_context context(1);
    test::fetch_outcome o;
    test::run(context, [&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        pop3::async_fetch(std::move(session), a.seen, delivery, pop3::delete_after_delivery(), a.options,
                          [&o](std::error_code ec, pop3::fetch_report r) { o = {ec, std::move(r), true}; });
        asio::steady_timer pause(context, milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        REQUIRE(batch.size() == 3);
        std::error_code ec;
        CHECK(a.seen.open("alice", ec)->size() == 0);
        CHECK(!o.done);
        held({}, {kept::yes, kept::no, kept::never});
        held(std::make_error_code(std::errc::io_error), {}); // counts for nothing
    });
    CHECK(o.done);
    CHECK(!o.ec);
    CHECK(o.report.fetched == 1);
    CHECK(o.report.deleted == 1);
    REQUIRE(o.report.skipped.size() == 2);
    CHECK(o.report.skipped[0].why == pop3::skip_reason::not_kept);
    CHECK(o.report.skipped[1].why == pop3::skip_reason::quarantine);
    CHECK(a.server.maildrop.size() == 2);
}

TEST_CASE("a transaction that fails, throws, or says too little ends it, and deletes nothing")
{
    const std::vector<std::pair<std::error_code, pop3::batch_delivery::function>> faults = {
        {std::make_error_code(std::errc::io_error),
         [](auto, commit_callback done) {
             done(std::make_error_code(std::errc::io_error), {});
         }},
        {pop3::errc::function_threw,
         [](auto, auto) {
             throw std::runtime_error("no database");
         }},
        {pop3::errc::invalid_argument,
         [](auto, commit_callback done) {
             done({}, {kept::yes});
         }},
    };
    for (const auto& [error, function] : faults) {
        account a;
        pop3::batch_delivery delivery(function);
        const auto o = a.fetch(a.seen, delivery, pop3::delete_after_delivery());
        CHECK(o.ec == error);
        CHECK(o.report.fetched == 0);
        CHECK(o.report.deleted == 0);
        CHECK(a.server.maildrop.size() == 3);
        std::error_code ec;
        CHECK(a.seen.open("alice", ec)->size() == 0);
    }
}

TEST_CASE("a session is kept alive while a transaction takes long")
{
    account a;
    commit_callback held;
    pop3::batch_delivery delivery([&](auto, commit_callback done) { held = std::move(done); });
    asio::io_context context(1);
    test::fetch_outcome o;
    a.options.keep_alive = std::chrono::seconds(1);
    test::run(context, [&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        pop3::async_fetch(std::move(session), a.seen, delivery, pop3::delete_after_delivery(), a.options,
                          [&o](std::error_code ec, pop3::fetch_report r) { o = {ec, std::move(r), true}; });
        asio::steady_timer pause(context);
        while (a.server.noops < 2) {
            pause.expires_after(milliseconds(20));
            co_await pause.async_wait(asio::use_awaitable);
        }
        held({}, std::vector(3, kept::yes));
    });
    CHECK(o.report.deleted == 3);
}

TEST_CASE("the server hangs up while a transaction takes long: it is recorded all the same, and deleted in "
          "the next run")
{
    account a;
    commit_callback held;
    pop3::batch_delivery delivery([&](auto, commit_callback done) { held = std::move(done); });
    asio::io_context context(1);
    test::fetch_outcome o;
    a.options.keep_alive = std::chrono::seconds(1);
    test::run(context, [&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        pop3::async_fetch(std::move(session), a.seen, delivery, pop3::delete_after_delivery(), a.options,
                          [&o](std::error_code ec, pop3::fetch_report r) { o = {ec, std::move(r), true}; });
        asio::steady_timer pause(context, milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        a.wire->cut = true; // seen by NOOP
        pause.expires_after(milliseconds(1200));
        co_await pause.async_wait(asio::use_awaitable);
        held({}, std::vector(3, kept::yes));
    });
    CHECK(o.done);
    CHECK(o.ec);
    CHECK(o.report.fetched == 3);
    CHECK(o.report.deleted == 0);
    CHECK(o.report.wanted_deletions == 3);
    CHECK(a.fetch(pop3::keep_on_server()).report.deleted == 3);
    CHECK(a.server.retrieved == 0);
}

TEST_CASE("cancelled while a transaction takes long: it waits for that, and no longer")
{
    account a;
    commit_callback held;
    pop3::batch_delivery delivery([&](auto, commit_callback done) { held = std::move(done); });
    asio::io_context context(1);
    test::fetch_outcome o;
    asio::cancellation_signal stop;
    test::run(context, [&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        pop3::async_fetch(
            std::move(session), a.seen, delivery, pop3::delete_after_delivery(), a.options,
            asio::bind_cancellation_slot(stop.slot(), [&o](std::error_code ec, pop3::fetch_report r) {
                o = {ec, std::move(r), true};
            }));
        asio::steady_timer pause(context, milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        stop.emit(asio::cancellation_type::terminal);
        pause.expires_after(milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        CHECK(!o.done);
        CHECK(a.wire->closed);
        held({}, std::vector(3, kept::yes));
    });
    CHECK(o.done);
    CHECK(o.ec == asio::error::operation_aborted);
    CHECK(o.report.fetched == 3);
    CHECK(a.server.maildrop.size() == 3);
}

TEST_CASE("cancelled by the function that commits: it is recorded, and nothing is deleted")
{
    for (const bool deletes : {true, false}) {
        account a;
        asio::cancellation_signal stop;
        pop3::batch_delivery delivery(
            [&](const std::vector<batch_message>& batch, const commit_callback& done) {
                stop.emit(asio::cancellation_type::terminal);
                done({}, all(batch));
            });
        asio::io_context context(1);
        test::fetch_outcome o;
        test::run(context, [&]() -> asio::awaitable<void> {
            auto session = co_await a.log_in();
            pop3::async_fetch(
                std::move(session), a.seen, delivery,
                deletes ? pop3::fetch_policy(pop3::delete_after_delivery()) : pop3::keep_on_server(),
                a.options,
                asio::bind_cancellation_slot(stop.slot(), [&o](std::error_code ec, pop3::fetch_report r) {
                    o = {ec, std::move(r), true};
                }));
        });
        CHECK(o.done);
        CHECK(o.ec == asio::error::operation_aborted);
        CHECK(o.report.fetched == 3);
        CHECK(a.server.maildrop.size() == 3);
    }
}

TEST_CASE("a callback that outlives the operation does no harm")
{
    account a;
    commit_callback held;
    pop3::batch_delivery delivery([&](auto, commit_callback done) { held = std::move(done); });
    {
        asio::io_context context(1);
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                auto session = co_await a.log_in();
                pop3::async_fetch(std::move(session), a.seen, delivery, pop3::keep_on_server(), a.options,
                                  [](std::error_code, const pop3::fetch_report&) { CHECK(false); });
            },
            [](std::exception_ptr) {});
        context.run_for(milliseconds(20));
    }
    REQUIRE(held);
    held({}, std::vector(3, kept::yes));
}

TEST_CASE("a message that is too large for a batch")
{
    for (const bool lies : {false, true}) {
        account a;
        a.server.maildrop[1].octets = std::string(500, 'x') + "\r\n";
        a.server.maildrop[1].listed_as = lies ? 100 : 0;
        std::vector<std::string> ids;
        pop3::batch_delivery delivery(
            [&](const std::vector<batch_message>& batch, const commit_callback& done) {
                for (const auto& m : batch)
                    ids.push_back(m.unique_id);
                done({}, all(batch));
            },
            300);
        const auto o = a.fetch(a.seen, delivery, pop3::delete_after_delivery());
        CHECK(!o.ec);
        CHECK(ids == std::vector<std::string>{"a", "c"});
        CHECK(o.report.fetched == 2);
        REQUIRE(o.report.skipped.size() == 1);
        CHECK(o.report.skipped[0].error == std::errc::file_too_large);
        CHECK(a.server.maildrop.size() == 1);
    }
}

} // namespace fetch_later_tests
