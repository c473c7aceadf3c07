// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Fetching many accounts.

#include "support/fetched_account.hpp"
#include "support/machine_account.hpp"
#include "support/run.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace fetch_all_tests {
namespace {

using std::chrono::milliseconds;
using test::fetched_account;
using test::machine_account;

/// Many accounts, each with a server of its own.
struct crowd {
    struct one {
        fetched_account a;
        std::shared_ptr<machine_account::state> state = std::make_shared<machine_account::state>(a);
        std::string name;
    };

    explicit crowd(std::size_t count, const std::string& host = "")
    {
        for (std::size_t i = 0; i != count; ++i) {
            auto& o = all.emplace_back();
            o.name = "u" + std::to_string(i) + '@' + (host.empty() ? "h" + std::to_string(i) : host);
            o.state->takes = milliseconds(1);
        }
        options.patience = milliseconds(50);
    }

    auto source()
    {
        return [this, i = std::size_t(0)]() mutable -> std::optional<pop3::fetch_task> {
            if (i == all.size())
                return {};
            auto& o = all[i];
            pop3::fetch_options of_one;
            of_one.retry.first_wait = milliseconds(4);
            auto keep = std::make_unique<pop3::batch_delivery>(
                [this](const std::vector<pop3::batch_message>& batch, const pop3::commit_callback& done) {
                    kept += batch.size();
                    done({}, std::vector(batch.size(), pop3::kept::yes));
                });
            pop3::fetch_task task(machine_account(o.state, o.name), seen, std::move(keep),
                                  pop3::delete_after_delivery(), of_one);
            CHECK(task.account() == o.name);
            ++i;
            return task;
        };
    }

    std::error_code fetch()
    {
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            summary = co_await pop3::async_fetch_all(co_await asio::this_coro::executor, source(), options,
                                                     asio::redirect_error(asio::use_awaitable, ec));
        });
        return ec;
    }

    std::deque<one> all;
    std::size_t kept = 0;
    pop3::seen_memory seen;
    pop3::fetch_all_options options;
    pop3::fetch_summary summary;
};

} // namespace

TEST_CASE("many accounts are fetched, and make one report")
{
    for (const std::size_t count : {0u, 1u, 3u, 200u}) {
        crowd c(count);
        std::vector<std::string> told;
        c.options.on_report = [&](const pop3::fetch_report& r) {
            told.push_back(r.account);
        };
        CHECK(!c.fetch());
        CHECK(c.summary.accounts == count);
        CHECK(c.summary.failed == 0);
        CHECK(c.summary.fetched == 3 * count);
        CHECK(c.kept == 3 * count);
        CHECK(c.summary.deleted == 3 * count);
        CHECK(c.summary.octets == 59 * count);
        CHECK(c.summary.problems.empty());
        CHECK(told.size() == count);
        for (const auto& o : c.all)
            CHECK(o.a.server.maildrop.empty());
    }
}

TEST_CASE("more accounts than it looks ahead")
{
    crowd c(1'500, "one.example.org");
    c.options.per_host = 100;
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 1'500);
    CHECK(c.summary.fetched == 4'500);
}

TEST_CASE("servers that keep silent slow nobody, and are in the report")
{
    crowd c(100);
    std::vector<std::string> order;
    for (std::size_t i = 0; i != 10; ++i) {
        c.all[i].state->holds = [&] {
            return order.size() < 90; // or for ever, if the others wait for it
        };
        c.all[i].state->fails.assign(10, asio::error::timed_out);
    }
    c.options.accounts = 5;
    c.options.on_report = [&](const pop3::fetch_report& r) {
        order.push_back(r.account);
    };
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 100);
    CHECK(c.summary.failed == 10);
    CHECK(c.summary.fetched == 270);
    REQUIRE(c.summary.problems.size() == 10);
    CHECK(c.summary.problems[0].error == asio::error::timed_out);
    for (std::size_t i = 90; i != 100; ++i)
        CHECK(order[i].size() == std::string("u0@h0").size());
}

TEST_CASE("more silent servers than may be put aside: they are left for the end")
{
    crowd c(100);
    std::vector<std::string> order;
    for (std::size_t i = 0; i != 100; ++i)
        if (i % 10 < 3) {
            c.all[i].state->holds = [&] {
                return order.size() < 70;
            };
            c.all[i].state->fails.assign(1, asio::error::eof); // then it speaks
        }
    c.options.accounts = 5;
    c.options.put_aside = 4;
    c.options.on_report = [&](const pop3::fetch_report& r) {
        order.push_back(r.account);
    };
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 100);
    CHECK(c.summary.failed == 0);
    CHECK(c.summary.fetched == 300);
    REQUIRE(order.size() == 100);
    for (std::size_t i = 0; i != 70; ++i)
        CHECK(order[i][order[i].find('@') - 1] >= '3');
}

TEST_CASE("accounts that fail before they have begun: no call in a call for each")
{
    crowd c(5'000);
    for (auto& o : c.all) {
        o.state->fails.assign(1, asio::error::access_denied);
        o.state->at_once = true;
    }
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 5'000);
    CHECK(c.summary.failed == 5'000);
}

TEST_CASE("cancelled by the source itself")
{
    crowd c(20);
    for (auto& o : c.all)
        o.state->takes = std::chrono::hours(1);
    asio::cancellation_signal stop;
    std::optional<std::error_code> ec;
    test::run([&]() -> asio::awaitable<void> {
        std::size_t calls = 0;
        auto next = [&, from = c.source()]() mutable {
            if (++calls == 3)
                stop.emit(asio::cancellation_type::terminal);
            return from();
        };
        pop3::async_fetch_all(
            co_await asio::this_coro::executor, next, c.options,
            asio::bind_cancellation_slot(stop.slot(),
                                         [&](std::error_code e, const pop3::fetch_summary&) { ec = e; }));
    });
    REQUIRE(ec);
    CHECK(*ec == asio::error::operation_aborted);
}

TEST_CASE("a host that is down is given up, and the others of that host are left")
{
    crowd c(30, "down.example.org");
    for (auto& o : c.all)
        o.state->fails.assign(10, asio::error::connection_refused);
    c.options.host_failures = 5;
    c.options.reported = 20;
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 30);
    CHECK(c.summary.failed == 30);
    CHECK(c.summary.problems.size() == 20);
    const auto given_up =
        std::count_if(c.summary.problems.begin(), c.summary.problems.end(),
                      [](const auto& r) { return r.error == pop3::fetch_errc::host_given_up; });
    CHECK(given_up >= 10);
    const auto tried =
        std::count_if(c.all.begin(), c.all.end(), [](const auto& o) { return !o.state->opened.empty(); });
    CHECK(tried <= 5 + static_cast<int>(c.options.per_host));
}

TEST_CASE("one account twice: one after the other")
{
    crowd c(2);
    c.all[1].name = c.all[0].name;
    c.all[1].state = c.all[0].state;
    c.all[0].state->takes = milliseconds(20);
    CHECK(!c.fetch());
    CHECK(c.summary.accounts == 2);
    CHECK(c.summary.failed == 0);
    CHECK(c.summary.fetched == 3);
}

TEST_CASE("it can be cancelled, and nothing is half recorded")
{
    crowd c(20);
    for (auto& o : c.all)
        o.state->takes = std::chrono::hours(1);
    c.options.accounts = 5;
    c.options.patience = std::chrono::hours(1);
    asio::cancellation_signal stop;
    std::optional<std::error_code> ec;
    test::run([&]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        pop3::async_fetch_all(
            executor, c.source(), c.options,
            asio::bind_cancellation_slot(stop.slot(), [&](std::error_code e, pop3::fetch_summary s) {
                ec = e;
                c.summary = std::move(s);
            }));
        asio::steady_timer pause(executor, milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        CHECK(!ec);
        stop.emit(asio::cancellation_type::terminal);
    });
    REQUIRE(ec);
    CHECK(*ec == asio::error::operation_aborted);
    CHECK(c.summary.accounts == 5);
    CHECK(c.summary.failed == 5);
    const auto opened =
        std::count_if(c.all.begin(), c.all.end(), [](const auto& o) { return !o.state->opened.empty(); });
    CHECK(opened == 5);
}

TEST_CASE("a source or a listener that throws: those under way end, and no more begin")
{
    for (const bool source_throws : {true, false}) {
        crowd c(20);
        c.options.accounts = 2;
        if (!source_throws)
            c.options.on_report = [](const pop3::fetch_report&) {
                throw std::runtime_error("enough");
            };
        std::error_code ec;
        test::run([&]() -> asio::awaitable<void> {
            int calls = 0;
            auto next = [&, from = c.source()]() mutable {
                if (source_throws && ++calls == 4)
                    throw std::runtime_error("no more");
                return from();
            };
            c.summary = co_await pop3::async_fetch_all(co_await asio::this_coro::executor, next, c.options,
                                                       asio::redirect_error(asio::use_awaitable, ec));
        });
        CHECK(ec == pop3::errc::function_threw);
        CHECK(c.summary.accounts >= (source_throws ? 0 : 1));
        CHECK(c.summary.accounts <= 4);
    }
}

} // namespace fetch_all_tests
