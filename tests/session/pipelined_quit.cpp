// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// QUIT behind other commands: the session ends with it, and says what became of the deletions whatever happens on the way.

#include "support/every_break.hpp"
#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <concepts>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

namespace {

namespace command = pop3::command;
using pop3::deletions;
using pop3::errc;
using test::into;

/// The example of the documentation.
std::shared_ptr<pop3::testing::script> example()
{
    auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nUIDL\r\nQUIT\r\n")
        .server("+OK 1 120\r\n+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n.\r\n")
        .server("+OK dewey POP3 server signing off\r\n");
    return talk;
}

asio::awaitable<void> converse(std::shared_ptr<pop3::testing::script> talk)
{
    auto mailbox = co_await test::log_in(talk);
    auto [stat, uids, update] =
        co_await std::move(mailbox).async_pipeline(command::stat(), command::uidl(), command::quit());
    static_assert(std::same_as<decltype(update), pop3::reply<test::update_session, test::mailbox_session>>);
    CHECK(stat->count == 1);
    CHECK(uids->front().unique_id == "whqtswO00WBw418f9t5JxYwZ");
    CHECK(update->deletions() == deletions::committed);
    CHECK(!mailbox.is_open());
}

/// What a pipeline of STAT and QUIT completes with, after `talk`.
struct outcome {
    std::error_code error;
    std::optional<pop3::reply<pop3::drop_listing>> stat;
    std::optional<pop3::reply<test::update_session, test::mailbox_session>> update;
};

outcome look_and_leave(std::shared_ptr<pop3::testing::script> talk, pop3::connect_options options = {})
{
    outcome seen;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk, options);
        auto [stat, update] =
            co_await std::move(mailbox).async_pipeline(command::stat(), command::quit(), into(seen.error));
        seen.stat = std::move(stat);
        seen.update = std::move(update);
    });
    return seen;
}

} // namespace

TEST_SUITE_BEGIN("pipelined QUIT");

TEST_CASE("replies and the end of the session, in whatever pieces they come")
{
    test::cut_everywhere(example, converse);
}

TEST_CASE("the connection may fail at every step")
{
    const auto failures = test::fail_everywhere(example, converse, 9);
    CHECK(failures > 20);
}

TEST_CASE_TEMPLATE("over real streams", Stream, POP3_TEST_STREAMS)
{
    std::string heard;
    {
        test::peer_of<Stream> server([&](test::peer_stream_of<Stream>& stream) {
            test::serve(stream, [&](auto& end, const std::string& line) {
                heard += line + ' ';
                end.say(line == "STAT" ? "+OK 2 320\r\n" : "+OK\r\n");
            });
        });
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in_to<Stream>(server);
            auto [stat, noop, update] =
                co_await std::move(mailbox).async_pipeline(command::stat(), command::noop(), command::quit());
            CHECK(stat->octets == 320);
            CHECK(noop.has_value());
            CHECK(update->deletions() == deletions::committed);
        });
    }
    CHECK(heard == "STAT NOOP QUIT ");
}

TEST_CASE("without PIPELINING, QUIT waits for the replies before it")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("+OK 2 320\r\n").client("QUIT\r\n").server("+OK\r\n");
    const auto seen = look_and_leave(talk);
    CHECK(!seen.error);
    CHECK((*seen.stat)->count == 2);
    CHECK((*seen.update)->deletions() == deletions::committed);
    CHECK(talk->finished());
}

TEST_CASE("a refusal of another command does not keep QUIT from its work")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nQUIT\r\n").server("-ERR not now\r\n+OK\r\n");
    const auto seen = look_and_leave(talk);
    CHECK(!seen.error);
    CHECK(seen.stat->error().text() == "not now");
    CHECK((*seen.update)->deletions() == deletions::committed);
}

TEST_CASE("-ERR to QUIT: some deletions failed")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nQUIT\r\n").server("+OK 2 320\r\n-ERR some deleted messages not removed\r\n");
    const auto seen = look_and_leave(talk);
    CHECK(!seen.error);
    CHECK(seen.stat->has_value());
    CHECK((*seen.update)->deletions() == deletions::partly_failed);
    CHECK((*seen.update)->refusal().text() == "some deleted messages not removed");
}

TEST_CASE(
    "a connection that is lost after QUIT was sent: what was answered is had, the deletions are unknown")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nQUIT\r\n").server("+OK 2 320\r\n").end();
    const auto seen = look_and_leave(talk);
    CHECK(seen.error == errc::connection_closed);
    CHECK((*seen.stat)->count == 2);
    REQUIRE(seen.update->has_value());
    CHECK((*seen.update)->deletions() == deletions::unknown);
}

TEST_CASE("a connection that is lost before QUIT was sent: nothing was deleted")
{
    const auto talk = test::logged_in(); // no PIPELINING
    talk->client("STAT\r\n").end();
    const auto seen = look_and_leave(talk);
    CHECK(seen.error == errc::connection_closed);
    CHECK(!seen.stat->answered());
    CHECK(!seen.update->answered());
    CHECK(!seen.update->has_value());
}

TEST_CASE("a window of one: QUIT was not sent when a reply could not be read")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\n").server("two\r\n");
    pop3::connect_options options;
    options.limits.pipeline_commands = 1;
    const auto seen = look_and_leave(talk, options);
    CHECK(seen.error == errc::malformed_reply);
    CHECK(!seen.update->has_value());
    CHECK(talk->finished());
}

TEST_CASE("replies that come before what they answer was sent are none")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\n").server("+OK 2 320\r\n+OK signing off\r\n");
    pop3::connect_options options;
    options.limits.pipeline_commands = 1;
    const auto seen = look_and_leave(talk, options);
    CHECK(seen.error == errc::unexpected_data);
    CHECK((*seen.stat)->count == 2);
    CHECK(!seen.update->has_value());
}

TEST_CASE("a command that cannot be sent: nothing is, and the session is handed back")
{
    const auto talk = test::logged_in_ahead();
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        auto [retr, update] =
            co_await std::move(mailbox).async_pipeline(command::retr(0), command::quit(), into(ec));
        CHECK(ec == errc::invalid_argument);
        CHECK(!retr.answered());
        CHECK(!update.answered());
        auto back = std::move(update).session();
        co_await back.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a sink that closes the session")
{
    const auto close = [](std::span<const char>) {
        return pop3::flow::close;
    };
    const auto talk = test::logged_in_ahead();
    talk->client("RETR 1\r\nQUIT\r\n").server("+OK\r\nSubject: x\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto [retr, update] =
            co_await std::move(mailbox).async_pipeline(command::retr_to(1, close), command::quit());
        CHECK(!retr->complete);
        CHECK(update->deletions() == deletions::unknown);
    });
    CHECK(talk->closed());
}

TEST_CASE("the operation owns the connection: the session may go")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nQUIT\r\n").server("+OK 2 320\r\n+OK\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    context.restart();
    std::optional<std::error_code> error;
    std::move(*mailbox).async_pipeline(command::stat(), command::quit(),
                                       [&](std::error_code ec, auto replies) {
                                           error = ec;
                                           CHECK(std::get<1>(replies)->deletions() == deletions::committed);
                                       });
    mailbox.reset();
    test::run(context);
    REQUIRE(error);
    CHECK(!*error);
}

TEST_CASE("of an empty session")
{
    test::mailbox_session empty;
    std::promise<std::error_code> error;
    std::move(empty).async_pipeline(command::stat(), command::quit(), [&](std::error_code ec, auto replies) {
        CHECK(!std::get<1>(replies).answered());
        error.set_value(ec);
    });
    CHECK(error.get_future().get() == errc::no_session);
}

TEST_CASE("while another operation runs, it goes on")
{
    const auto talk = test::logged_in_ahead();
    talk->client("NOOP\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    context.restart();
    std::optional<std::error_code> noop;
    mailbox->async_noop([&](std::error_code ec, pop3::reply<void>) { noop = ec; });
    std::optional<std::error_code> error;
    std::optional<test::mailbox_session> back;
    std::move(*mailbox).async_pipeline(command::stat(), command::quit(),
                                       [&](std::error_code ec, auto replies) {
                                           error = ec;
                                           back = std::get<1>(std::move(replies)).session();
                                       });
    while (context.poll_one() != 0) {
    }
    REQUIRE(error);
    CHECK(*error == errc::operation_in_progress);
    CHECK(!noop);
    CHECK(talk->finished());
    back.reset();
    test::run(context);
    CHECK(*noop == asio::error::operation_aborted);
}

TEST_SUITE_END();
