// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Fetching an account, over as many sessions as it takes.

#include "support/fetched_account.hpp"
#include "support/machine_account.hpp"
#include "support/run.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace fetch_run_tests {
namespace {

using pop3::errc;
using std::chrono::milliseconds;
using test::fetched_account;
using test::machine_account;
using test::pop3_machine;

static_assert(pop3::opens_mailbox<machine_account>);
static_assert(pop3::opens_mailbox<pop3::mail_account>);

struct fixture {
    fixture()
    {
        a.options.account.clear();
        a.options.retry.first_wait = milliseconds(2);
    }

    void fill(int count)
    {
        a.server.maildrop.clear();
        for (int i = 0; i != count; ++i)
            a.server.maildrop.push_back({"u" + std::to_string(i), std::to_string(i) + "\r\n", 0, 0});
    }

    pop3::fetch_report fetch(const pop3::fetch_policy& policy = pop3::delete_after_delivery())
    {
        pop3::fetch_report report;
        test::run([&]() -> asio::awaitable<void> {
            pop3::maildir inbox("inbox", a.disk);
            std::error_code ec;
            report = co_await pop3::async_fetch(co_await asio::this_coro::executor, machine_account(state),
                                                a.seen, inbox, policy, a.options,
                                                asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == report.error);
        });
        return report;
    }

    fetched_account a;
    std::shared_ptr<machine_account::state> state = std::make_shared<machine_account::state>(a);
};

} // namespace

TEST_CASE("an account is fetched in one session if that is enough")
{
    fixture f;
    const auto r = f.fetch();
    CHECK(!r.error);
    CHECK(r.account == "alice@machine");
    CHECK(r.sessions == 1);
    CHECK(r.fetched == 3);
    CHECK(r.deleted == 3);
    CHECK(!r.one_by_one);
    CHECK(f.state->opened.size() == 1);
}

TEST_CASE("a session that has reached its bound is followed by another")
{
    for (const auto& policy :
         {pop3::fetch_policy(pop3::delete_after_delivery()), pop3::fetch_policy(pop3::keep_on_server())}) {
        fixture f;
        f.fill(25);
        f.a.options.session_messages = 10;
        const auto r = f.fetch(policy);
        CHECK(!r.error);
        CHECK(r.sessions == 3);
        CHECK(r.fetched == 25);
        CHECK(r.listed == 25);
        CHECK(r.left == 0);
        CHECK(r.unasked == 0);
        CHECK(f.a.files() == 25);
        CHECK(f.a.server.retrieved == 25);
    }
}

TEST_CASE("a server that mixes up its replies is asked again, one by one")
{
    fixture f;
    f.fill(9);
    f.a.server.ahead = pop3_machine::pipelining::inside;
    const auto r = f.fetch();
    CHECK(!r.error);
    CHECK(r.one_by_one);
    CHECK(r.sessions == 2);
    CHECK(f.a.files() == 9);
    CHECK(f.a.server.maildrop.empty());
    CHECK(f.state->opened == std::vector{pop3::pipelining::automatic, pop3::pipelining::never});
}

TEST_CASE("a connection that is lost again and again: all comes, and nothing twice")
{
    fixture f;
    f.fill(30);
    f.a.options.batch_messages = 3;
    f.state->on_open = [](std::size_t n, test::wire& w) {
        w.cut_after_received = w.received + 500 + 40 * n;
    };
    const auto r = f.fetch();
    CHECK(!r.error);
    CHECK(r.sessions > 2);
    CHECK(r.fetched == 30);
    CHECK(f.a.files() == 30);
    CHECK(f.a.server.maildrop.empty());
}

TEST_CASE("connections that fail: so many tries, and no more")
{
    fixture f;
    f.state->fails = {asio::error::connection_refused, errc::timed_out};
    auto r = f.fetch();
    CHECK(!r.error);
    CHECK(r.fetched == 3);
    CHECK(f.state->opened.size() == 3);

    fixture g;
    g.state->fails.assign(10, asio::error::connection_refused);
    r = g.fetch();
    CHECK(r.error == asio::error::connection_refused);
    CHECK(r.sessions == 0);
    CHECK(g.state->opened.size() == 4);

    fixture h;
    h.state->fails.assign(10, asio::error::host_not_found);
    CHECK(h.fetch().error == asio::error::host_not_found);
    CHECK(h.state->opened.size() == 1);
}

TEST_CASE("an error after sessions that fetched something stands beside what they did")
{
    fixture f;
    f.fill(20);
    f.a.options.session_messages = 10;
    f.state->fails = {{}, asio::error::host_not_found};
    const auto r = f.fetch();
    CHECK(r.error == asio::error::host_not_found);
    CHECK(r.fetched == 10);
    CHECK(r.deleted == 10);
    CHECK(r.left == 10);
    CHECK(f.a.server.maildrop.size() == 10);
}

TEST_CASE("a message that fails is not tried again in the same run")
{
    fixture f;
    f.fill(25);
    f.a.server.maildrop[3].refusals = 100;
    f.a.options.session_messages = 10;
    const auto r = f.fetch();
    CHECK(r.fetched == 24);
    REQUIRE(r.skipped.size() == 1);
    CHECK(r.skipped[0].unique_id == "u3");
    CHECK(r.skipped[0].why == pop3::skip_reason::refused);
    CHECK(r.skipped[0].text == "it is broken");
    CHECK(r.skipped[0].attempts == 1);
    CHECK(f.a.server.maildrop.size() == 1);
    CHECK(f.a.server.maildrop[0].refusals == 99);
}

TEST_CASE("a server that lists a part of what there is, is asked again")
{
    fixture f;
    f.fill(4);
    f.a.options.look_again = true;
    f.state->before = [&](std::size_t n) {
        if (n == 1 || n == 2)
            f.a.server.maildrop.push_back({"more" + std::to_string(n), "more\r\n", 0, 0});
    };
    const auto r = f.fetch();
    CHECK(r.sessions == 4); // the last one finds nothing
    CHECK(r.fetched == 6);
    CHECK(f.a.server.maildrop.empty());
}

TEST_CASE("whoever wants no more gets no other session")
{
    fixture f;
    f.fill(25);
    f.a.options.session_messages = 10;
    f.a.options.on_progress = [](const pop3::fetch_progress& p) {
        return p.messages == 5 ? pop3::flow::drain : pop3::flow::more;
    };
    const auto r = f.fetch();
    CHECK(!r.error);
    CHECK(r.stopped);
    CHECK(r.sessions == 1);
    CHECK(r.fetched >= 5);
    CHECK(r.fetched < 25);
    CHECK(f.a.files() == r.fetched);
}

TEST_CASE("cancelled while it waits for the next try")
{
    fixture f;
    f.a.options.retry.first_wait = std::chrono::hours(1);
    f.a.options.retry.longest_wait = std::chrono::hours(1);
    f.state->fails.assign(5, asio::error::connection_refused);
    asio::cancellation_signal stop;
    std::optional<pop3::fetch_report> report;
    pop3::maildir inbox("inbox", f.a.disk);
    test::run([&]() -> asio::awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        pop3::async_fetch(
            executor, machine_account(f.state), f.a.seen, inbox, pop3::keep_on_server(), f.a.options,
            asio::bind_cancellation_slot(
                stop.slot(), [&](std::error_code, pop3::fetch_report r) { report = std::move(r); }));
        asio::steady_timer pause(executor, milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
        CHECK(!report);
        stop.emit(asio::cancellation_type::terminal);
    });
    REQUIRE(report);
    CHECK(report->error == asio::error::operation_aborted);
    CHECK(f.state->opened.size() == 1);
}

TEST_CASE(
    "cancelled while it connects, and that fails for another reason, or does not fail: there is no other try")
{
    for (const bool fails : {true, false}) {
        fixture f;
        f.a.options.retry.first_wait = std::chrono::hours(1);
        f.a.options.retry.longest_wait = std::chrono::hours(1);
        f.state->deaf = true;
        f.state->takes = milliseconds(40);
        if (fails)
            f.state->fails.assign(1, asio::error::connection_refused);
        asio::cancellation_signal stop;
        std::optional<pop3::fetch_report> report;
        pop3::maildir inbox("inbox", f.a.disk);
        test::run([&]() -> asio::awaitable<void> {
            const auto executor = co_await asio::this_coro::executor;
            pop3::async_fetch(
                executor, machine_account(f.state), f.a.seen, inbox, pop3::keep_on_server(), f.a.options,
                asio::bind_cancellation_slot(
                    stop.slot(), [&](std::error_code, pop3::fetch_report r) { report = std::move(r); }));
            asio::steady_timer pause(executor, milliseconds(10));
            co_await pause.async_wait(asio::use_awaitable);
            stop.emit(asio::cancellation_type::terminal);
        });
        REQUIRE(report);
        CHECK(report->error == asio::error::operation_aborted);
        CHECK(report->sessions == 0);
        CHECK(f.state->opened.size() == 1);
    }
}

TEST_CASE("mail_account: with TLS, STLS, a mechanism, and a password that is wrong")
{
    for (const bool implicit : {true, false}) {
        asio::io_context context(1);
        pop3::testing::server_options settings(
            {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
        settings.tls = implicit;
        const pop3::testing::server server(context.get_executor(), settings);
        pop3::tls_context tls(pop3::no_system_roots);
        tls.add_certificate_authority(server.identity().pem());
        const pop3::url where("localhost", server.port(), "alice", "SCRAM-SHA-256");
        const auto account = [&](std::string_view secret) {
            const pop3::password credentials("alice", secret);
            return implicit ? pop3::mail_account(tls, where, credentials)
                            : pop3::mail_account(pop3::stls(tls), where, credentials);
        };
        CHECK(account("secret").name() == "alice@localhost:" + std::to_string(server.port()));
        test::simulated_disk disk;
        pop3::maildir inbox("inbox", disk);
        pop3::seen_memory seen;
        test::run(context, [&]() -> asio::awaitable<void> {
            const auto executor = context.get_executor();
            auto report = co_await pop3::async_fetch(executor, account("secret"), seen, inbox,
                                                     pop3::delete_after_delivery());
            CHECK(report.fetched == 5);
            CHECK(report.deleted == 5);
            std::error_code ec;
            report =
                co_await pop3::async_fetch(executor, account("wrong"), seen, inbox, pop3::keep_on_server(),
                                           asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == pop3::fetch_errc::login_refused);
            REQUIRE(report.refused);
            CHECK(report.refused->verb() == "AUTH");
            CHECK(report.sessions == 0);
            context.stop();
        });
    }
}

TEST_CASE("mail_account: a certificate that nobody trusts, and a token")
{
    asio::io_context context(1);
    const pop3::testing::server server(context.get_executor(),
                                       pop3::testing::server_options({pop3::testing::account(
                                           "alice", "secret", pop3::testing::sample_messages())}));
    test::simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    pop3::seen_memory seen;
    const pop3::url where("localhost", server.port());
    test::run(context, [&]() -> asio::awaitable<void> {
        std::error_code ec;
        const pop3::tls_context nobody(pop3::no_system_roots);
        auto report = co_await pop3::async_fetch(
            context.get_executor(), pop3::mail_account(nobody, where, pop3::password("alice", "secret")),
            seen, inbox, pop3::keep_on_server(), asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec.category() == pop3::certificate_category());

        pop3::tls_context tls(pop3::no_system_roots);
        tls.add_certificate_authority(server.identity().pem());
        int asked = 0;
        const pop3::token_provider provider("alice", [&](bool, const pop3::token_provider::callback& done) {
            ++asked;
            done({}, pop3::secret("secret"));
        });
        report = co_await pop3::async_fetch(context.get_executor(), pop3::mail_account(tls, where, provider),
                                            seen, inbox, pop3::keep_on_server(),
                                            asio::redirect_error(asio::use_awaitable, ec));
        CHECK((report.fetched == 5 || ec == errc::no_shared_mechanism));
        CHECK(asked <= 1);
        context.stop();
    });
}

} // namespace fetch_run_tests
