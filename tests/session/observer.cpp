// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The wire observer, the limits, and commands of a user's own.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// Writes lines as the demo does.
auto note(std::vector<std::string>& lines)
{
    return [&lines](pop3::direction from, std::string_view line) {
        lines.push_back((from == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
    };
}

/// XTND (RFC 1082), which no server of today has: a command that the library does not know.
class xtnd {
public:
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
    using result_type = std::vector<std::string>;
    using permitted_in = pop3::states<pop3::transaction>;

    explicit xtnd(std::string_view what) : what_(what)
    {
    }

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).argument(what_);
    }

    std::error_code read_line(std::string_view line, result_type& into, const pop3::limits& limits) const
    {
        if (into.size() == limits.listing_entries)
            return pop3::errc::listing_entries_limit;
        into.emplace_back(line);
        return {};
    }

private:
    std::string what_;
};

/// What it completes with if a server answers `reply` to `command`.
template <class Command>
std::error_code outcome(const pop3::limits& limits, std::string_view sent, std::string_view reply,
                        Command command)
{
    const auto talk = test::logged_in();
    talk->client(sent).server(reply);
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_limits(limits);
        const auto r = co_await mailbox.async_execute(command, asio::redirect_error(asio::use_awaitable, ec));
        CHECK(mailbox.is_open() == !pop3::is_fatal(ec));
    });
    return ec;
}

} // namespace

TEST_CASE("an observer sees every line, and no secret")
{
    std::vector<std::string> lines;
    pop3::connect_options options;
    options.observer = note(lines);
    const auto talk = test::greeting();
    talk->client("CAPA\r\n")
        .server("-ERR what?\r\n")
        .client("USER alice\r\n")
        .server("+OK send it\r\n")
        .client("PASS hunter2 *\r\n")
        .server("+OK\r\n");
    talk->client("RETR 1\r\n").server("+OK\r\n..\r\n\r\n.\r\n").client("QUIT\r\n").server("+OK bye\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk, options);
        const pop3::password alice("alice", "hunter2 *");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        const auto message = co_await mailbox.async_retr(1);
        const auto update = co_await std::move(mailbox).async_quit();
    });
    CHECK(talk->finished());
    CHECK(lines == std::vector<std::string>{"S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
                                            "C: CAPA", "S: -ERR what?", "C: USER alice", "S: +OK send it",
                                            "C: PASS ****", "S: +OK", "C: RETR 1", "S: +OK", "S: ..",
                                            "S: ", "S: .", "C: QUIT", "S: +OK bye"});
}

TEST_CASE("an observer sees the same lines in whatever pieces they come, and what could not be read")
{
    std::vector<std::string> lines;
    const auto talk = test::logged_in();
    talk->client("LIST\r\n").server("+OK\r\n1 120\r\n-ERR x\r\n");
    talk->octets_at_a_time(1);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_observer(note(lines));
        std::error_code ec;
        const auto list = co_await mailbox.async_list(asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == pop3::errc::malformed_reply);
    });
    CHECK(lines == std::vector<std::string>{"C: LIST", "S: +OK", "S: 1 120", "S: -ERR x"});
}

TEST_CASE("an observer may replace itself")
{
    std::vector<std::string> lines;
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK one\r\n").client("NOOP\r\n").server("+OK two\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_observer([&, own = std::string(100, 'x')](pop3::direction, std::string_view line) {
            mailbox.set_observer({});
            lines.push_back(std::string(line) + " " + own.substr(0, 1));
        });
        co_await mailbox.async_noop();
        co_await mailbox.async_noop();
    });
    CHECK(lines == std::vector<std::string>{"NOOP x"});
}

TEST_CASE("an observer that throws ends the session, and the operation hears of it")
{
    for (const std::string at : {"C", "S"}) {
        CAPTURE(at);
        const auto talk = test::logged_in();
        talk->client("NOOP\r\n").server("+OK\r\n");
        asio::io_context context(1);
        std::optional<test::mailbox_session> mailbox;
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        mailbox->set_observer([&](pop3::direction from, std::string_view) {
            if ((from == pop3::direction::sent) == (at == "C"))
                throw std::runtime_error("disk full");
        });
        std::error_code ec;
        std::exception_ptr thrown;
        mailbox->async_noop([&](std::error_code e, pop3::reply<void> r) {
            ec = e;
            thrown = r.thrown();
        });
        test::run(context);
        CHECK(ec == pop3::errc::function_threw);
        REQUIRE(thrown);
        CHECK_THROWS_WITH(std::rethrow_exception(thrown), "disk full");
        CHECK(!mailbox->is_open());
        CHECK(talk->closed());
        mailbox->async_noop([&](std::error_code e, pop3::reply<void>) { ec = e; });
        test::run(context);
        CHECK(ec == pop3::errc::session_closed);
    }
}

TEST_CASE("limits: what is at the limit passes, one more is an error that names it")
{
    using namespace pop3;
    limits l;
    l.response_line = 20;
    CHECK(!outcome(l, "NOOP\r\n", "+OK 4567890123456789\r\n", command::noop()));
    CHECK(outcome(l, "NOOP\r\n", "+OK 45678901234567890\r\n", command::noop()) == errc::response_line_limit);
    CHECK(outcome(l, "NOOP\r\n", "+OK no end in sight, ever", command::noop()) == errc::response_line_limit);
    CHECK(outcome(l, "LIST\r\n", "+OK\r\n1 00000000000000000000\r\n.\r\n", command::list()) ==
          errc::response_line_limit);

    l = limits();
    l.listing_entries = 2;
    CHECK(!outcome(l, "LIST\r\n", "+OK\r\n1 1\r\n2 2\r\n.\r\n", command::list()));
    CHECK(outcome(l, "LIST\r\n", "+OK\r\n1 1\r\n2 2\r\n3 3\r\n.\r\n", command::list()) ==
          errc::listing_entries_limit);
    CHECK(outcome(l, "UIDL\r\n", "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n", command::uidl()) ==
          errc::listing_entries_limit);

    l = limits();
    l.unique_id = 3;
    CHECK(!outcome(l, "UIDL\r\n", "+OK\r\n1 abc\r\n.\r\n", command::uidl()));
    CHECK(outcome(l, "UIDL\r\n", "+OK\r\n1 abcd\r\n.\r\n", command::uidl()) == errc::unique_id_limit);
    CHECK(!outcome(l, "UIDL 1\r\n", "+OK 1 abc\r\n", command::uidl_one(1)));
    CHECK(outcome(l, "UIDL 1\r\n", "+OK 1 abcd\r\n", command::uidl_one(1)) == errc::unique_id_limit);

    l = limits();
    l.capabilities = 1;
    CHECK(!outcome(l, "CAPA\r\n", "+OK\r\nTOP\r\n.\r\n", command::capa()));
    CHECK(outcome(l, "CAPA\r\n", "+OK\r\nTOP\r\nUIDL\r\n.\r\n", command::capa()) == errc::capabilities_limit);

    l = limits();
    l.message_octets = 6;
    CHECK(!outcome(l, "RETR 1\r\n", "+OK\r\n..123\r\n.\r\n", command::retr(1)));
    CHECK(outcome(l, "RETR 1\r\n", "+OK\r\n..1234\r\n.\r\n", command::retr(1)) == errc::message_octets_limit);
    CHECK(outcome(l, "TOP 1 0\r\n", "+OK\r\n..1234\r\n.\r\n", command::top(1, 0)) ==
          errc::message_octets_limit);
}

TEST_CASE("limits that change while an operation runs are not passed either")
{
    const auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server("+OK\r\n" + std::string(100, 'x') + "\r\n.\r\n");
    talk->octets_at_a_time(10);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        std::optional<pop3::reply<pop3::message>> reply;
        mailbox.async_retr(1, [&](std::error_code e, pop3::reply<pop3::message> r) {
            ec = e;
            reply = std::move(r);
        });
        pop3::limits smaller;
        smaller.message_octets = 5;
        // After some of the message has come.
        while (talk->steps() < 10)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        mailbox.set_limits(smaller);
        while (!reply)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        CHECK(ec == pop3::errc::message_octets_limit);
    });
}

TEST_CASE("lines of a message have no limit, and a raised limit on lines is kept")
{
    pop3::limits l;
    const std::string line(100'000, 'x');
    CHECK(!outcome(l, "RETR 1\r\n", "+OK\r\n" + line + "\r\n.\r\n", pop3::command::retr(1)));
    l.response_line = static_cast<std::size_t>(-1);
    CHECK(!outcome(l, "NOOP\r\n", "+OK " + line + "\r\n", pop3::command::noop()));
    l.response_line = 100'000;
    CHECK(!outcome(l, "NOOP\r\n", "+OK " + line.substr(4) + "\r\n", pop3::command::noop()));
    CHECK(outcome(l, "NOOP\r\n", "+OK " + line + "\r\n", pop3::command::noop()) ==
          pop3::errc::response_line_limit);
}

TEST_CASE("a command of a user's own")
{
    // As a temporary that owns memory, in the expression that waits: g++ 12 would free a wrong pointer if it were an
    // aggregate. The address sanitizer sees it.
    const auto talk = test::logged_in();
    const std::string what = "ARCHIVE-with-a-name-that-does-not-fit-into-a-string-itself";
    talk->client("XTND " + what + "\r\n").server("+OK\r\nfirst\r\n..second\r\n.\r\n");
    talk->client("XTND nothing\r\n")
        .server("-ERR\r\n")
        .client("XTND " + what + "\r\n")
        .server("+OK\r\n.\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto lines = co_await mailbox.async_execute(xtnd(what));
        CHECK(lines == std::vector<std::string>{"first", ".second"});
        const auto r = co_await mailbox.async_execute(xtnd("nothing"), asio::use_awaitable);
        CHECK(!r.has_value());
        CHECK(r.error() == pop3::refusal("XTND", pop3::response_code::none, "", ""));
        const auto none = co_await mailbox.async_execute(xtnd{std::string(what)});
        CHECK(none.empty());
    });
    CHECK(talk->finished());
}
