// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Commands sent ahead of their replies: what goes over the wire and when, what became of each, and that nothing that a
// server does makes it wait for ever.

#include "support/every_break.hpp"
#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"
#include "support/tokens.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <forward_list>
#include <future>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace {

namespace command = pop3::command;
using pop3::errc;
using pop3::flow;
using test::into;

/// A script in which alice logs in without a question.
std::shared_ptr<pop3::testing::script> logged_in_blindly()
{
    auto talk = test::greeting();
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    return talk;
}

asio::awaitable<test::mailbox_session> log_in_blindly(std::shared_ptr<pop3::testing::script> talk)
{
    auto greeted = co_await test::greet(talk);
    auto named = co_await std::move(greeted).async_user("alice");
    co_return co_await std::move(named).async_pass("secret");
}

asio::awaitable<test::mailbox_session> enter(std::shared_ptr<pop3::testing::script> talk, bool asks)
{
    if (asks)
        return test::log_in(talk);
    return log_in_blindly(talk);
}

/// DELE 1 to n.
std::vector<command::dele> deles(int n)
{
    std::vector<command::dele> all;
    for (int i = 1; i <= n; ++i)
        all.emplace_back(i);
    return all;
}

std::string dele_lines(int from, int to)
{
    std::string lines;
    for (int i = from; i <= to; ++i)
        lines += "DELE " + std::to_string(i) + "\r\n";
    return lines;
}

void ignore(std::size_t, pop3::reply<void>)
{
}

/// The example of the documentation.
std::shared_ptr<pop3::testing::script> example()
{
    auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nUIDL\r\nRETR 4\r\nTOP 2 0\r\nDELE 1\r\n")
        .server("+OK 2 320\r\n+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n2 ..\r\n.\r\n")
        .server("-ERR no such message\r\n+OK\r\nSubject: x\r\n\r\n")
        .server("..\r\n.\r\n+OK\r\n")
        .client("NOOP\r\n")
        .server("+OK\r\n");
    return talk;
}

asio::awaitable<void> converse(std::shared_ptr<pop3::testing::script> talk)
{
    auto mailbox = co_await test::log_in(talk);
    auto [stat, uids, missing, top, dele] = co_await mailbox.async_pipeline(
        command::stat(), command::uidl(), command::retr(4), command::top(2, 0), command::dele(1));
    static_assert(std::same_as<decltype(uids), pop3::reply<std::vector<pop3::unique_id_listing>>>);
    CHECK(*stat == pop3::drop_listing{2, 320});
    CHECK(*uids == std::vector<pop3::unique_id_listing>{{1, "whqtswO00WBw418f9t5JxYwZ"}, {2, ".."}});
    CHECK(!missing.has_value());
    CHECK(missing.error() == pop3::refusal("RETR", pop3::response_code::none, "", "no such message"));
    CHECK(top->octets() == "Subject: x\r\n\r\n.\r\n");
    CHECK(dele.has_value());
    co_await mailbox.async_noop();
}

/// Resets the connection, once all that was said has arrived.
template <class Socket>
void hang_up(Socket& socket)
{
    int on_its_way = 0;
    while (::ioctl(socket.native_handle(), SIOCOUTQ, &on_its_way) == 0 && on_its_way != 0)
        std::this_thread::yield();
    socket.set_option(asio::socket_base::linger(true, 0));
    socket.close();
}

/// A session that has sent DELE 1 to 5, and has the replies to the first two.
struct half_way {
    std::shared_ptr<pop3::testing::script> talk = test::logged_in_ahead();
    asio::io_context context{1};
    std::optional<test::mailbox_session> mailbox;
    std::optional<std::error_code> completed;
    std::size_t answered = 0;
    std::size_t counted = 0;
    asio::cancellation_signal signal;

    half_way()
    {
        talk->client(dele_lines(1, 5)).server("+OK\r\n+OK\r\n+O");
        test::run(context, [this]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    }

    void start()
    {
        context.restart();
        mailbox->async_pipeline(
            deles(5), [this](std::size_t, pop3::reply<void>) { ++answered; },
            asio::bind_cancellation_slot(signal.slot(), [this](std::error_code ec, std::size_t n) {
                completed = ec;
                counted = n;
            }));
        while (context.poll_one() != 0) {
        }
        REQUIRE(!completed);
        REQUIRE(answered == 2);
    }

    void check_ended(std::error_code expected)
    {
        test::run(context);
        CHECK(completed == expected);
        CHECK(answered == 2);
        CHECK(counted == 2);
        CHECK(talk->closed());
    }
};

} // namespace

TEST_SUITE_BEGIN("pipeline");

TEST_CASE("a tuple of replies, in whatever pieces they come")
{
    test::cut_everywhere(example, converse);
}

TEST_CASE("the connection may fail at every step of a pipeline")
{
    const auto failures = test::fail_everywhere(example, converse, 9);
    CHECK(failures > 30);
}

TEST_CASE("an end that a write meets is told as the end that it is")
{
    const auto steps = test::fail_everywhere(example, converse, 9, asio::error::eof, errc::connection_closed);
    CHECK(steps > 30);
}

TEST_CASE_TEMPLATE("what the server said before it hung up is read, though a write has failed by then",
                   Stream, pop3::cleartext_stream, pop3::tls_stream)
{
    constexpr std::size_t said = 60;
    std::promise<void> gone;
    test::peer_of<Stream> server([&](test::peer_stream_of<Stream>& stream) {
        std::size_t heard = 0;
        test::serve(stream, [&](auto& end, const std::string&) {
            if (++heard <= said) {
                end.say("+OK\r\n" + std::string(600, 'x') + "\r\n.\r\n");
            } else if (heard == said + 1) {
                hang_up(stream.lowest_layer());
                gone.set_value();
            }
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.pipeline_commands = 100; // half of them are topped up
        auto mailbox = co_await test::log_in_to<Stream>(server, options);
        const std::vector<command::retr> retrs(200, command::retr(1));
        std::size_t answered = 0;
        std::error_code ec;
        co_await mailbox.async_pipeline(
            retrs,
            [&](std::size_t, const pop3::reply<pop3::message>& reply) {
                if (answered++ == 0)
                    gone.get_future().wait();
                CHECK(reply->octets().size() == 602);
            },
            into(ec));
        CHECK(ec);
        CHECK(answered == said - 1); // the last was not confirmed
        CHECK(!mailbox.is_open());
    });
}

TEST_CASE("a line that has become invalid since all were looked at is not sent, and the session lives")
{
    struct line_of : command::noop {
        explicit line_of(std::string_view& w) : word(w)
        {
        }

        void write(pop3::command::command_line& line) const
        {
            line.verb("XSAY").argument(word);
        }

        std::string_view& word;
    };
    for (const bool behind : {true, false}) {
        const auto talk = test::logged_in(); // one by one
        talk->client("STAT\r\n").server("+OK 2 320\r\n").client("NOOP\r\n").server("+OK\r\n");
        std::string_view word = "hello";
        pop3::connect_options options;
        options.observer = [&](pop3::direction, std::string_view shown) {
            if (shown.starts_with("+OK 2"))
                word = "";
        };
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk, options);
            std::error_code ec;
            const line_of say(word);
            if (behind) {
                auto [stat, said, noop] =
                    co_await mailbox.async_pipeline(command::stat(), say, command::noop(), into(ec));
                CHECK(stat->count == 2);
                CHECK(!said.answered());
                CHECK(!noop.answered());
            } else {
                auto [stat, said] = co_await mailbox.async_pipeline(command::stat(), say, into(ec));
                CHECK(stat->count == 2);
                CHECK(!said.answered());
            }
            CHECK(ec == errc::invalid_argument);
            CHECK(mailbox.is_open());
            co_await mailbox.async_noop();
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("CAPA is asked if nobody has, and once")
{
    for (const bool announced : {true, false}) {
        const auto talk = logged_in_blindly();
        talk->client("CAPA\r\n");
        if (announced)
            talk->server("+OK\r\nUIDL\r\nPIPELINING\r\n.\r\n")
                .client("NOOP\r\nSTAT\r\n")
                .server("+OK\r\n+OK 2 320\r\n")
                .client(dele_lines(1, 3))
                .server("+OK\r\n+OK\r\n+OK\r\n");
        else
            talk->server("-ERR what?\r\n")
                .client("NOOP\r\n")
                .server("+OK\r\n")
                .client("STAT\r\n")
                .server("+OK 2 320\r\n")
                .client("DELE 1\r\n")
                .server("+OK\r\n")
                .client("DELE 2\r\n")
                .server("+OK\r\n")
                .client("DELE 3\r\n")
                .server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await log_in_blindly(talk);
            CHECK(!mailbox.capabilities());
            auto [noop, stat] = co_await mailbox.async_pipeline(command::noop(), command::stat());
            CHECK(noop.has_value());
            CHECK(stat->count == 2);
            REQUIRE(mailbox.capabilities());
            CHECK(mailbox.capabilities()->pipelining == announced);
            const auto answered = co_await mailbox.async_pipeline(deles(3), ignore);
            CHECK(answered == 3);
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("CAPA is not asked again if the login, or the user, has")
{
    auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 2)).server("+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto answered = co_await mailbox.async_pipeline(deles(2), ignore);
        CHECK(answered == 2);
    });
    CHECK(talk->finished());

    talk = logged_in_blindly();
    talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\n.\r\n");
    talk->client(dele_lines(1, 2)).server("+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in_blindly(talk);
        const auto can = co_await mailbox.async_capa();
        CHECK(can.pipelining);
        const auto answered = co_await mailbox.async_pipeline(deles(2), ignore);
        CHECK(answered == 2);
    });
    CHECK(talk->finished());
}

TEST_CASE("one command, or none, is no reason to ask")
{
    const auto talk = logged_in_blindly();
    talk->client("STAT\r\n").server("+OK 2 320\r\n").client("DELE 1\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in_blindly(talk);
        const auto [stat] = co_await mailbox.async_pipeline(command::stat());
        CHECK(stat->count == 2);
        auto answered = co_await mailbox.async_pipeline(deles(1), ignore);
        CHECK(answered == 1);
        answered = co_await mailbox.async_pipeline(deles(0), ignore);
        CHECK(answered == 0);
        CHECK(!mailbox.capabilities());
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("no more commands are on their way than the window allows")
{
    const auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 4))
        .server("+OK\r\n")
        .server("+OK\r\n")
        .client(dele_lines(5, 6))
        .server("+OK\r\n")
        .server("+OK\r\n")
        .client(dele_lines(7, 7))
        .server("+OK\r\n+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        pop3::limits limits;
        limits.pipeline_commands = 4;
        mailbox.set_limits(limits);
        const auto answered = co_await mailbox.async_pipeline(deles(7), ignore);
        CHECK(answered == 7);
    });
    CHECK(talk->finished());
}

TEST_CASE("if one of them cannot be sent, none is, and the session lives")
{
    for (const bool asked : {true, false}) {
        const auto talk = asked ? test::logged_in_ahead() : logged_in_blindly();
        talk->client("NOOP\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await enter(talk, asked);
            std::error_code ec;
            auto [stat, retr] = co_await mailbox.async_pipeline(command::stat(), command::retr(0), into(ec));
            CHECK(ec == errc::invalid_argument);
            CHECK(!stat.answered());
            CHECK(!retr.answered());
            CHECK(mailbox.is_open());
            co_await mailbox.async_noop();
        });
        CHECK(talk->finished());
    }
}

TEST_CASE("a command that is made on the way, and cannot be sent: those before it are, and the session lives")
{
    enum class server { pipelines, does_not, unknown, refuses_capa };
    for (const auto kind : {server::pipelines, server::does_not, server::unknown, server::refuses_capa}) {
        for (const int good : {0, 1, 2, 5}) {
            CAPTURE(good);
            auto talk = test::logged_in_ahead();
            if (kind == server::does_not)
                talk = test::logged_in();
            if (kind == server::unknown || kind == server::refuses_capa) {
                talk = logged_in_blindly();
                talk->client("CAPA\r\n")
                    .server(kind == server::unknown ? "+OK\r\nPIPELINING\r\n.\r\n" : "-ERR\r\n");
            }
            if (kind == server::pipelines || kind == server::unknown) {
                if (good != 0)
                    talk->client(dele_lines(1, good));
                for (int i = 0; i != good; ++i)
                    talk->server("+OK\r\n");
            } else {
                for (int i = 1; i <= good; ++i)
                    talk->client(dele_lines(i, i)).server("+OK\r\n");
            }
            talk->client("NOOP\r\n").server("+OK\r\n");
            test::run([&]() -> asio::awaitable<void> {
                const bool asked = kind == server::pipelines || kind == server::does_not;
                auto mailbox = co_await enter(talk, asked);
                pop3::limits limits;
                limits.operation_time = std::chrono::seconds(5);
                mailbox.set_limits(limits);
                auto commands = deles(good);
                commands.emplace_back(0);
                commands.emplace_back(9);
                std::error_code ec;
                std::size_t called = 0;
                const auto answered = co_await mailbox.async_pipeline(
                    std::forward_list<command::dele>(commands.begin(), commands.end()),
                    [&](std::size_t, pop3::reply<void>) { ++called; }, into(ec));
                CHECK(ec == errc::invalid_argument);
                CHECK(answered == static_cast<std::size_t>(good));
                CHECK(called == answered);
                REQUIRE(mailbox.is_open());
                co_await mailbox.async_noop();
            });
            CHECK(talk->finished());
        }
    }
}

TEST_CASE("what was answered before the connection broke")
{
    const auto talk = test::logged_in_ahead();
    talk->client("STAT\r\nRETR 4\r\nRETR 1\r\nNOOP\r\n")
        .server("+OK 2 320\r\n-ERR no such message\r\n+OK\r\nSubject: x\r\n")
        .end();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        auto [stat, missing, message, noop] = co_await mailbox.async_pipeline(
            command::stat(), command::retr(4), command::retr(1), command::noop(), into(ec));
        CHECK(ec == errc::connection_closed);
        CHECK(stat.answered());
        CHECK(stat->count == 2);
        CHECK(missing.answered());
        CHECK(!missing.has_value());
        CHECK(!message.answered());
        CHECK(!message.has_value());
        CHECK(!noop.answered());
        CHECK(!mailbox.is_open());
        // Nothing was sent of these.
        const auto [again] = co_await mailbox.async_pipeline(command::noop(), into(ec));
        CHECK(ec == errc::session_closed);
        CHECK(!again.answered());
    });
    CHECK(!talk->wrong());
}

TEST_CASE("a server that goes after some replies")
{
    for (const int replies : {0, 1, 4}) {
        const auto talk = test::logged_in_ahead();
        talk->client(dele_lines(1, 5));
        for (int i = 0; i != replies; ++i)
            talk->server("+OK\r\n");
        talk->end();
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            const auto answered = co_await mailbox.async_pipeline(deles(5), ignore, into(ec));
            CHECK(ec == errc::connection_closed);
            CHECK(answered == static_cast<std::size_t>(replies));
        });
    }
}

TEST_CASE("a server that says more than it was asked")
{
    // With the last reply: the next operation finds it.
    auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 2)).server("+OK\r\n+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        auto answered = co_await mailbox.async_pipeline(deles(2), ignore);
        CHECK(answered == 2);
        answered = co_await mailbox.async_pipeline(deles(2), ignore, into(ec));
        CHECK(ec == errc::unexpected_data);
        CHECK(answered == 0);
    });
    CHECK(talk->closed());
    // With another one, when nothing is on its way.
    talk = test::logged_in();
    talk->client("DELE 1\r\n").server("+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        const auto answered = co_await mailbox.async_pipeline(deles(2), ignore, into(ec));
        CHECK(ec == errc::unexpected_data);
        CHECK(answered == 1);
    });
    CHECK(talk->closed());
    CHECK(!talk->wrong());
    // With the reply to CAPA.
    talk = logged_in_blindly();
    talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\n.\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await log_in_blindly(talk);
        std::error_code ec;
        const auto answered = co_await mailbox.async_pipeline(deles(2), ignore, into(ec));
        CHECK(ec == errc::unexpected_data);
        CHECK(answered == 0);
    });
    CHECK(talk->closed());
    CHECK(!talk->wrong());
}

TEST_CASE("who is called wants no more commands")
{
    const auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 4))
        .server("+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
        .client("NOOP\r\n")
        .server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        pop3::limits limits;
        limits.pipeline_commands = 4;
        mailbox.set_limits(limits);
        std::size_t called = 0;
        const auto answered =
            co_await mailbox.async_pipeline(deles(100), [&](std::size_t, pop3::reply<void>) {
                ++called;
                return flow::drain;
            });
        CHECK(answered == 4);
        CHECK(called == 4);
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("who is called wants the session to end")
{
    const auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 4)).server("+OK\r\n+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto answered = co_await mailbox.async_pipeline(
            deles(4), [](std::size_t i, pop3::reply<void>) { return i == 1 ? flow::close : flow::more; });
        CHECK(answered == 2);
        CHECK(!mailbox.is_open());
        CHECK(talk->closed());
        std::error_code ec;
        const auto none = co_await mailbox.async_stat(into(ec));
        CHECK(ec == errc::session_closed);
        CHECK(!none.has_value());
    });
}

TEST_CASE("sinks in a pipeline")
{
    const auto talk = test::logged_in_ahead();
    talk->client("RETR 1\r\nRETR 2\r\nRETR 3\r\n")
        .server("+OK\r\none\r\n.\r\n+OK\r\ntwo\r\nmore\r\n.\r\n-ERR gone\r\n")
        .client("STAT\r\nRETR 1\r\nSTAT\r\n")
        .server("+OK 3 3\r\n+OK\r\none\r\n.\r\n+OK 4 4\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::string got;
        const auto save = [&](std::span<const char> piece) {
            got.append(piece.begin(), piece.end());
            return got.ends_with("two\r\nmore\r\n") || got.ends_with("two\r\n") ? flow::drain : flow::more;
        };
        std::vector commands = {command::retr_to(1, save), command::retr_to(2, save),
                                command::retr_to(3, save)};
        std::vector<std::optional<bool>> complete;
        const auto answered =
            co_await mailbox.async_pipeline(commands, [&](std::size_t, pop3::reply<pop3::delivery> r) {
                complete.push_back(r ? std::optional(r->complete) : std::nullopt);
            });
        CHECK(answered == 3);
        CHECK(complete == std::vector<std::optional<bool>>{true, false, std::nullopt});
        CHECK(mailbox.is_open());
        // The session ends with the reply whose sink wants that.
        const auto close = [](auto) {
            return flow::close;
        };
        std::error_code ec;
        auto [first, message, last] = co_await mailbox.async_pipeline(
            command::stat(), command::retr_to(1, close), command::stat(), into(ec));
        CHECK(!ec);
        CHECK(first->count == 3);
        CHECK(*message == pop3::delivery{5, false});
        CHECK(!last.answered());
        CHECK(!mailbox.is_open());
    });
    CHECK(talk->closed());
}

TEST_CASE("a reply handler that throws ends the session, and the pipeline hears of it")
{
    const auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 3)).server("+OK\r\n+OK\r\n+OK\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    std::error_code completed;
    std::size_t answered = 0;
    std::size_t called = 0;
    mailbox->async_pipeline(
        deles(3),
        [&](std::size_t i, pop3::reply<void>) {
            ++called;
            if (i == 1)
                throw std::runtime_error("full");
        },
        [&](std::error_code ec, std::size_t n) {
            completed = ec;
            answered = n;
        });
    test::run(context);
    CHECK(completed == errc::function_threw);
    CHECK(called == 2);
    CHECK(answered == 2);
    CHECK(talk->closed());
    CHECK(!mailbox->is_open());
    // It is not busy for ever.
    std::error_code error;
    mailbox->async_noop([&](std::error_code ec, pop3::reply<void>) { error = ec; });
    test::run(context);
    CHECK(error == errc::session_closed);
}

TEST_CASE("a pipeline may be cancelled in the middle")
{
    half_way h;
    h.start();
    h.signal.emit(asio::cancellation_type::total);
    h.context.poll();
    CHECK(!h.completed);
    h.signal.emit(asio::cancellation_type::terminal);
    h.check_ended(asio::error::operation_aborted);
    CHECK(!h.mailbox->is_open());
}

TEST_CASE("the session may be destroyed in the middle of a pipeline")
{
    half_way h;
    h.start();
    h.mailbox.reset();
    h.check_ended(asio::error::operation_aborted);
}

TEST_CASE("a pipeline that stands still")
{
    half_way h;
    pop3::limits limits;
    limits.operation_time = std::chrono::milliseconds(50);
    h.mailbox->set_limits(limits);
    h.start();
    h.check_ended(errc::pipeline_timed_out);
}

TEST_CASE("a session that is moved in the middle of a pipeline goes on")
{
    half_way h;
    h.start();
    auto elsewhere = std::make_unique<test::mailbox_session>(std::move(*h.mailbox));
    h.mailbox.reset();
    CHECK(!h.talk->closed());
    CHECK(elsewhere->is_open());
    elsewhere.reset();
    h.check_ended(asio::error::operation_aborted);
}

TEST_CASE("the context may end in the middle of a pipeline")
{
    const auto counted = std::make_shared<int>(0);
    {
        const auto talk = test::logged_in_ahead();
        talk->client(dele_lines(1, 2)).server("+OK\r\n");
        std::optional<test::mailbox_session> mailbox;
        asio::io_context context(1);
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        mailbox->async_pipeline(
            deles(2), [counted](std::size_t, pop3::reply<void>) { ++*counted; },
            [counted](std::error_code, std::size_t) { *counted += 100; });
        context.poll();
        mailbox.reset();
        context.stop();
    }
    CHECK(*counted <= 1);
    CHECK(counted.use_count() == 1);
}

TEST_CASE("a pipeline that cannot begin")
{
    const auto talk = test::logged_in_ahead();
    talk->client(dele_lines(1, 2)).server("+OK\r\n+OK\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    int completed = 0;
    mailbox->async_pipeline(deles(2), ignore, [&](std::error_code ec, std::size_t n) {
        CHECK(!ec);
        CHECK(n == 2);
        ++completed;
    });
    mailbox->async_pipeline(deles(2), ignore, [&](std::error_code ec, std::size_t n) {
        CHECK(ec == errc::operation_in_progress);
        CHECK(n == 0);
        ++completed;
    });
    mailbox->async_pipeline(command::stat(), command::noop(), [&](std::error_code ec, auto replies) {
        CHECK(ec == errc::operation_in_progress);
        CHECK(!std::get<0>(replies).answered());
        ++completed;
    });
    CHECK(completed == 0);
    test::run(context);
    CHECK(completed == 3);
    test::mailbox_session empty;
    std::future<std::size_t> none = empty.async_pipeline(deles(2), ignore, asio::use_future);
    CHECK_THROWS_AS(none.get(), std::system_error);
    test::run([&]() -> asio::awaitable<void> {
        std::error_code ec;
        const auto n = co_await empty.async_pipeline(deles(2), ignore, into(ec));
        CHECK(ec == errc::no_session);
        CHECK(n == 0);
        const auto replies = co_await empty.async_pipeline(command::stat(), command::noop(), into(ec));
        CHECK(ec == errc::no_session);
        CHECK(!std::get<1>(replies).answered());
    });
    CHECK(talk->finished());
}

TEST_CASE("tokens behind a pipeline")
{
    const auto talk = test::logged_in_ahead();
    for (int i = 0; i != 3; ++i)
        talk->client("NOOP\r\nSTAT\r\n").server("+OK\r\n+OK 2 320\r\n");
    for (int i = 0; i != 3; ++i)
        talk->client(dele_lines(1, 2)).server("+OK\r\n-ERR\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    using replies = std::tuple<pop3::reply<void>, pop3::reply<pop3::drop_listing>>;

    auto both = mailbox->async_pipeline(command::noop(), command::stat(), asio::use_future);
    static_assert(std::same_as<decltype(both), std::future<replies>>);
    test::run(context);
    CHECK(std::get<1>(both.get())->count == 2);
    test::run(context, [&]() -> asio::awaitable<void> {
        auto [ec, r] = co_await mailbox->async_pipeline(command::noop(), command::stat(),
                                                        test::as_tuple(asio::use_awaitable));
        CHECK(!ec);
        CHECK(std::get<0>(r).has_value());
    });
    bool called = false;
    // What can only be moved.
    mailbox->async_pipeline(command::noop(), command::stat(),
                            [&, owned = std::make_unique<int>(1)](std::error_code, replies r) {
                                called = std::get<0>(r).has_value();
                            });
    test::run(context);
    CHECK(called);

    auto answered = mailbox->async_pipeline(deles(2), ignore, asio::use_future);
    test::run(context);
    CHECK(answered.get() == 2);
    test::run(context, [&]() -> asio::awaitable<void> {
        std::list<command::dele> list;
        list.emplace_back(1);
        list.emplace_back(2);
        auto [ec, n] = co_await mailbox->async_pipeline(list, ignore, test::as_tuple(asio::use_awaitable));
        CHECK(!ec);
        CHECK(n == 2);
    });
    std::vector<bool> said;
    auto commands = deles(2);
    mailbox->async_pipeline(
        std::move(commands),
        [&, owned = std::make_unique<int>(1)](std::size_t, pop3::reply<void> r) {
            said.push_back(r.has_value());
        },
        [&, owned = std::make_unique<int>(1)](std::error_code, std::size_t n) { called = n == 1; });
    test::run(context);
    CHECK(!called);
    CHECK(said == std::vector<bool>{true, false});
    CHECK(talk->finished());
}

TEST_CASE("an observer sees each command, and each reply")
{
    const auto talk = test::logged_in_ahead();
    talk->client("NOOP\r\nRETR 1\r\n").server("+OK\r\n+OK\r\none\r\n..\r\n.\r\n");
    std::vector<std::string> seen;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_observer([&](pop3::direction from, std::string_view line) {
            seen.push_back((from == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
        });
        const auto drain = [](auto) {
            return flow::drain;
        };
        auto [noop, message] = co_await mailbox.async_pipeline(command::noop(), command::retr_to(1, drain));
        CHECK(noop.has_value());
        CHECK(!message->complete);
    });
    CHECK(seen ==
          std::vector<std::string>{"C: NOOP", "C: RETR 1", "S: +OK", "S: +OK", "S: one", "S: ..", "S: ."});
}

TEST_CASE("temporaries that own memory, in an expression that waits for a pipeline")
{
    // See dialogue.cpp.
    const auto talk = test::logged_in_ahead();
    talk->client("RETR 1\r\nNOOP\r\n").server("+OK\r\none\r\n.\r\n+OK\r\n");
    talk->client(dele_lines(1, 2)).server("+OK\r\n+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::string got;
        // What captures memory has a name: g++ 12 would destroy the temporary twice.
        const auto save = [&got, s = std::string(60, 'x')](std::span<const char> piece) {
            got = s + std::string(piece.begin(), piece.end());
        };
        auto [message, noop] = co_await mailbox.async_pipeline(command::retr_to(1, save), command::noop());
        CHECK(got == std::string(60, 'x') + "one\r\n");
        const auto on_reply = [&got, s = std::string(60, 'y')](std::size_t, pop3::reply<void>) {
            got = s;
        };
        const auto answered = co_await mailbox.async_pipeline(deles(2), on_reply);
        CHECK(answered == 2);
        CHECK(got == std::string(60, 'y'));
    });
    CHECK(talk->finished());
}

// ---- Over a network

TEST_CASE_TEMPLATE("messages in a pipeline", Stream, POP3_TEST_STREAMS)
{
    using peer_stream = test::peer_stream_of<Stream>;
    test::peer_of<Stream> peer([](peer_stream& stream) {
        test::serve(stream, [](test::server_end<peer_stream>& end, const std::string& line) {
            if (line == "RETR 500")
                end.say("-ERR [SYS/PERM] broken\r\n");
            else
                end.say("+OK\r\n" + line + "\r\n..\r\n" + std::string(std::stoul(line.substr(5)), 'x') +
                        "\r\n.\r\n");
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<Stream>(peer);
        std::vector<command::retr> commands;
        for (int i = 1; i <= 1000; ++i)
            commands.emplace_back(i);
        std::size_t next = 0;
        const auto answered =
            co_await mailbox.async_pipeline(commands, [&](std::size_t i, pop3::reply<pop3::message> r) {
                CHECK(i == next);
                ++next;
                CHECK(r.has_value() == (next != 500));
                if (r && r->octets() !=
                             "RETR " + std::to_string(next) + "\r\n.\r\n" + std::string(next, 'x') + "\r\n")
                    FAIL_CHECK("other octets in message " << next);
            });
        CHECK(answered == 1000);
        auto [one, two] = co_await mailbox.async_pipeline(command::retr(1), command::retr(500));
        CHECK(one->octets() == "RETR 1\r\n.\r\nx\r\n");
        CHECK(!two.has_value());
    });
}

TEST_CASE_TEMPLATE("both ends write, and neither waits for the other", Stream, POP3_TEST_STREAMS)
{
    // More commands, and much more of replies, than fit into the socket buffers of both ends: who does not read while it
    // writes waits for ever.
    constexpr int commands = 100'000;
    using peer_stream = test::peer_stream_of<Stream>;
    const std::string reply = "+OK\r\n" + std::string(600, 'x') + "\r\n.\r\n";
    test::peer_of<Stream> peer([&](peer_stream& stream) {
        test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string&) { end.say(reply); });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto stream = co_await test::open_to<Stream>(peer);
        stream.lowest_layer().set_option(asio::socket_base::send_buffer_size(4096));
        pop3::connect_options options;
        options.limits.pipeline_commands = commands;
        options.limits.pipeline_octets = 100'000'000;
        options.limits.operation_time = std::chrono::seconds(20);
        auto greeted = co_await pop3::async_greet(std::move(stream), options);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        std::size_t octets = 0;
        const auto save = [&](std::span<const char> piece) {
            octets += piece.size();
        };
        std::vector<decltype(command::retr_to(1, save))> retrs;
        for (int i = 1; i <= commands; ++i)
            retrs.push_back(command::retr_to(i, save));
        std::size_t complete = 0;
        const auto answered = co_await mailbox.async_pipeline(
            std::move(retrs),
            [&](std::size_t, pop3::reply<pop3::delivery> r) { complete += r && r->complete ? 1u : 0u; });
        CHECK(answered == commands);
        CHECK(complete == commands);
        CHECK(octets == commands * std::size_t(602));
    });
}

TEST_CASE("a server that is slow, but steady, has the time for each reply")
{
    test::tcp_peer peer([](asio::ip::tcp::socket& socket) {
        int answered = 0;
        test::serve(socket, [&](test::server_end<asio::ip::tcp::socket>& end, const std::string&) {
            if (++answered > 25) // and then it stands still
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            end.say("+OK\r\n");
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.operation_time = std::chrono::milliseconds(500);
        auto mailbox = co_await test::log_in_to<pop3::cleartext_stream>(peer, options);
        const auto begun = std::chrono::steady_clock::now();
        std::error_code ec;
        auto answered = co_await mailbox.async_pipeline(deles(20), ignore, into(ec));
        CHECK(!ec);
        CHECK(answered == 20);
        CHECK(std::chrono::steady_clock::now() - begun > 2 * options.limits.operation_time);
        answered = co_await mailbox.async_pipeline(deles(20), ignore, into(ec));
        CHECK(ec == errc::pipeline_timed_out);
        CHECK(answered == 5);
        CHECK(!mailbox.is_open());
    });
}

TEST_CASE_TEMPLATE("a server that hangs up in the middle of a pipeline", Stream, POP3_TEST_STREAMS)
{
    using peer_stream = test::peer_stream_of<Stream>;
    test::peer_of<Stream> peer([](peer_stream& stream) {
        int answered = 0;
        test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string&) {
            if (++answered < 7)
                end.say("+OK\r\n");
            else if (answered == 7)
                stream.lowest_layer().shutdown(asio::socket_base::shutdown_send);
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<Stream>(peer);
        std::error_code ec;
        const auto answered = co_await mailbox.async_pipeline(deles(50), ignore, into(ec));
        if (std::same_as<Stream, pop3::cleartext_stream>)
            CHECK(ec == errc::connection_closed);
        else
            CHECK(ec == errc::connection_truncated);
        CHECK(answered == 6);
        CHECK(!mailbox.is_open());
    });
}

#if !defined(__clang__) || __clang_major__ >= 16 // clang 14 does not compile the views of libstdc++ 12

TEST_CASE("views, with and without an end")
{
    test::tcp_peer peer([](asio::ip::tcp::socket& socket) {
        test::serve(socket, [&](test::server_end<asio::ip::tcp::socket>& end, const std::string& line) {
            end.say(line == "DELE 300" ? "-ERR\r\n" : "+OK\r\n");
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<pop3::cleartext_stream>(peer);
        const auto make = [](int n) {
            return command::dele(n);
        };
        auto some = std::views::iota(1, 101) | std::views::transform(make);
        auto answered = co_await mailbox.async_pipeline(some, ignore);
        CHECK(answered == 100);
        answered = co_await mailbox.async_pipeline(deles(10) | std::views::drop(4), ignore);
        CHECK(answered == 6);
        std::size_t refused = 0;
        auto all = std::views::iota(1) | std::views::transform(make);
        answered = co_await mailbox.async_pipeline(all, [&](std::size_t i, pop3::reply<void> r) {
            if (!r)
                refused = i + 1;
            return r ? flow::more : flow::drain;
        });
        CHECK(refused == 300);
        CHECK(answered >= 300);
        CHECK(answered <= 300 + pop3::limits().pipeline_commands);
        CHECK(mailbox.is_open());
        co_await mailbox.async_dele(1);
    });
}

#endif

TEST_SUITE_END();

namespace {

/// Of a user: one that must not be sent.
struct guarded {
    static constexpr std::string_view verb = "XDEL";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).number(number);
    }

    std::error_code check() const
    {
        return number == 2 ? make_error_code(pop3::errc::invalid_argument) : std::error_code();
    }

    unsigned number;
};

} // namespace

TEST_CASE("what a command's own check forbids to send is not sent, and nothing of its container")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n");
    asio::io_context context(1);
    test::mailbox_session mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });

    std::error_code ec;
    std::size_t answered = 0;
    mailbox.async_pipeline(
        std::vector<guarded>{{1}, {2}, {3}}, [](std::size_t, pop3::reply<void>) {},
        [&](std::error_code e, std::size_t n) {
            ec = e;
            answered = n;
        });
    test::run(context);
    CHECK(ec == pop3::errc::invalid_argument);
    CHECK(answered == 0);
    mailbox.async_noop([&](std::error_code e, pop3::reply<void>) { ec = e; });
    test::run(context);
    CHECK(!ec);
    CHECK(talk->finished());
}
