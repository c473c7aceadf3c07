// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A message that is read piece by piece, at the reader's pace.

#include "support/every_break.hpp"
#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"
#include "support/tokens.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/socket_base.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using pop3::errc;
using test::into;
using receiving_session = pop3::session<pop3::receiving, pop3::testing::scripted_stream>;

const std::string message = "Subject: x\r\n\r\n.\r\n..two\r\n\rx\r\nlast\r\n";
const std::string wire = "Subject: x\r\n\r\n..\r\n...two\r\n.\rx\r\nlast\r\n.\r\n";

/// Reads to the end with room for `room` octets.
template <class Session>
asio::awaitable<std::string> read_all(Session& body, std::size_t room)
{
    std::string got;
    std::vector<char> piece(room);
    for (;;) {
        std::error_code ec;
        const std::size_t n = co_await body.async_read_some(asio::buffer(piece), into(ec));
        got.append(piece.data(), n);
        if (ec == asio::error::eof)
            co_return got;
        if (ec)
            throw std::system_error(ec);
        CHECK(n != 0);
    }
}

std::shared_ptr<pop3::testing::script> with_message()
{
    auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server("+OK 120 octets\r\n" + wire);
    return talk;
}

std::shared_ptr<pop3::testing::script> with_message_and_more()
{
    auto talk = with_message();
    talk->client("NOOP\r\n").server("+OK\r\n");
    return talk;
}

asio::awaitable<void> receive_and_go_on(std::shared_ptr<pop3::testing::script> talk, std::size_t room)
{
    auto mailbox = co_await test::log_in(talk);
    auto body = co_await std::move(mailbox).async_receive(1);
    const auto got = co_await read_all(body, room);
    CHECK(got == message);
    mailbox = co_await std::move(body).async_finish();
    co_await mailbox.async_noop();
}

} // namespace

TEST_SUITE_BEGIN("receiving");

TEST_CASE("a message, in whatever pieces it comes, into whatever room")
{
    for (const std::size_t room : {1u, 7u, 100'000u}) {
        CAPTURE(room);
        test::cut_everywhere(with_message_and_more,
                             [&](const auto& talk) { return receive_and_go_on(talk, room); });
    }
}

TEST_CASE("the connection may fail at every step of receiving")
{
    const auto receive = [](const auto& talk) {
        return receive_and_go_on(talk, 7);
    };
    const auto failures = test::fail_everywhere(with_message_and_more, receive, 6);
    CHECK(failures > 20);
}

TEST_CASE("the end comes once all was read, and again")
{
    const auto talk = with_message();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto body = co_await std::move(mailbox).async_receive(1);
        CHECK(!mailbox.is_open());
        CHECK(body.is_open());
        std::array<char, 1000> piece;
        std::error_code ec;
        auto n = co_await body.async_read_some(asio::buffer(piece), into(ec));
        CHECK(!ec);
        CHECK(std::string_view(piece.data(), n) == message);
        for (int i = 0; i != 3; ++i) {
            n = co_await body.async_read_some(asio::buffer(piece), into(ec));
            CHECK(ec == asio::error::eof);
            CHECK(n == 0);
            CHECK(body.is_open());
        }
        // With the default token it is thrown.
        bool thrown = false;
        try {
            n = co_await body.async_read_some(asio::buffer(piece));
        } catch (const std::system_error& e) {
            thrown = e.code() == asio::error::eof;
        }
        CHECK(thrown);
        // No room wants nothing.
        n = co_await body.async_read_some(asio::mutable_buffer(), into(ec));
        CHECK(!ec);
        CHECK(n == 0);
        const auto steps = talk->steps();
        mailbox = co_await std::move(body).async_finish();
        CHECK(talk->steps() == steps);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("no room, and several buffers")
{
    const auto talk = with_message();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto body = co_await std::move(mailbox).async_receive(1);
        std::array<char, 4> first{};
        std::array<char, 4> second{};
        const std::vector<asio::mutable_buffer> none = {};
        auto n = co_await body.async_read_some(none);
        CHECK(n == 0);
        const std::array<asio::mutable_buffer, 3> some = {asio::mutable_buffer(), asio::buffer(first),
                                                          asio::buffer(second)};
        n = co_await body.async_read_some(some);
        CHECK(n == 4);
        CHECK(std::string_view(first.data(), 4) == "Subj");
        CHECK(second[0] == 0);
        // Asio fills them all.
        n = co_await asio::async_read(body, some, asio::use_awaitable);
        CHECK(n == 8);
        CHECK(std::string(first.data(), 4) + std::string(second.data(), 4) == "ect: x\r\n");
    });
}

TEST_CASE("with what Asio has for streams")
{
    const auto talk = with_message();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto body = co_await std::move(mailbox).async_receive(1);
        std::string header;
        auto n = co_await asio::async_read_until(body, asio::dynamic_buffer(header), "\r\n\r\n",
                                                 asio::use_awaitable);
        CHECK(header.substr(0, n) == "Subject: x\r\n\r\n");
        std::string rest = header.substr(n);
        std::error_code ec;
        n = co_await asio::async_read(body, asio::dynamic_buffer(rest), into(ec));
        CHECK(ec == asio::error::eof);
        CHECK(header.substr(0, 14) + rest == message);
        mailbox = co_await std::move(body).async_finish();
        CHECK(mailbox.is_open());
    });
}

TEST_CASE("a refusal hands the mailbox back")
{
    const auto talk = test::logged_in();
    talk->client("RETR 7\r\n").server("-ERR no such message\r\n").client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto reply = co_await std::move(mailbox).async_receive(7, asio::use_awaitable);
        REQUIRE(!reply.has_value());
        CHECK(reply.error() == pop3::refusal("RETR", pop3::response_code::none, "", "no such message"));
        mailbox = std::move(reply).session();
        co_await mailbox.async_noop();
        // So does what cannot be sent.
        std::error_code ec;
        auto zero = co_await std::move(mailbox).async_receive(0, into(ec));
        CHECK(ec == errc::invalid_argument);
        mailbox = std::move(zero).session();
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("of any command whose reply is a message")
{
    const auto talk = test::logged_in();
    talk->client("TOP 1 0\r\n").server("+OK\r\n" + wire).client("TOP 9 0\r\n").server("-ERR\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto body = co_await std::move(mailbox).async_receive(pop3::command::top(1, 0));
        const auto got = co_await read_all(body, 5);
        CHECK(got == message);
        mailbox = co_await std::move(body).async_finish();
        const auto refused =
            co_await std::move(mailbox).async_receive(pop3::command::top(9, 0), asio::use_awaitable);
        CHECK(!refused.has_value());
        CHECK(refused.error().verb() == "TOP");
    });
    CHECK(talk->finished());
}

TEST_CASE("one message after the other")
{
    const auto talk = test::logged_in();
    for (int i = 0; i != 3; ++i)
        talk->client("RETR 1\r\n").server("+OK\r\n" + wire);
    talk->client("RETR 2\r\n").server("+OK\r\n.\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        for (const std::size_t room : {1u, 7u, 1000u}) {
            auto body = co_await std::move(mailbox).async_receive(1);
            const auto got = co_await read_all(body, room);
            CHECK(got == message);
            mailbox = co_await std::move(body).async_finish();
        }
        auto body = co_await std::move(mailbox).async_receive(2);
        const auto got = co_await read_all(body, 10);
        CHECK(got.empty());
    });
    CHECK(talk->finished());
}

TEST_CASE("finished before the end: the rest is dropped, and the session goes on")
{
    for (const std::size_t pieces : {0u, 1u, 3u}) {
        for (const std::size_t octets : {1u, 5u, 1000u}) {
            const auto talk = with_message();
            talk->octets_at_a_time(octets);
            talk->client("STAT\r\n").server("+OK 2 320\r\n");
            test::run([&]() -> asio::awaitable<void> {
                auto mailbox = co_await test::log_in(talk);
                auto body = co_await std::move(mailbox).async_receive(1);
                std::array<char, 4> piece{};
                for (std::size_t i = 0; i != pieces; ++i)
                    (void)co_await body.async_read_some(asio::buffer(piece));
                mailbox = co_await std::move(body).async_finish();
                const auto drop = co_await mailbox.async_stat();
                CHECK(drop.count == 2);
            });
            CHECK(talk->finished());
        }
    }
}

TEST_CASE("a rest that is too large")
{
    for (const std::uint64_t limit : {std::uint64_t(message.size() - 4), std::uint64_t(message.size() - 5)}) {
        const auto talk = with_message();
        talk->octets_at_a_time(3);
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            auto body = co_await std::move(mailbox).async_receive(1);
            pop3::limits limits;
            limits.drained_octets = limit;
            body.set_limits(limits);
            std::array<char, 4> piece{};
            (void)co_await asio::async_read(body, asio::buffer(piece), asio::use_awaitable);
            std::error_code ec;
            auto reply = co_await std::move(body).async_finish(into(ec));
            CHECK(reply.has_value() == !ec);
            CHECK(ec == (limit == message.size() - 4 ? std::error_code() : errc::drained_octets_limit));
            if (ec)
                CHECK(!std::move(reply).session().is_open());
        });
        CHECK(talk->closed());
    }
}

TEST_CASE("a message that never ends")
{
    const auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server("+OK\r\n0123456789").server("0123456789").server("0123456789");
    pop3::connect_options options;
    options.limits.streamed_octets = 20;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk, options);
        auto body = co_await std::move(mailbox).async_receive(1);
        std::array<char, 1000> piece;
        std::error_code ec;
        std::size_t all = 0;
        while (!ec)
            all += co_await body.async_read_some(asio::buffer(piece), into(ec));
        CHECK(ec == errc::streamed_octets_limit);
        CHECK(all == 20);
        CHECK(!body.is_open());
    });
}

TEST_CASE("of each message so many octets")
{
    const auto talk = test::logged_in();
    for (int i = 0; i != 2; ++i)
        talk->client("RETR 1\r\n").server("+OK\r\n012345678901234567\r\n.\r\n");
    pop3::connect_options options;
    options.limits.streamed_octets = 20;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk, options);
        for (int i = 0; i != 2; ++i) {
            auto body = co_await std::move(mailbox).async_receive(1);
            const auto got = co_await read_all(body, 7);
            CHECK(got.size() == 20);
            mailbox = co_await std::move(body).async_finish();
        }
    });
    CHECK(talk->finished());
}

TEST_CASE("a message that breaks off is an error, and no end")
{
    for (std::size_t octets = 0; octets != wire.size(); ++octets) {
        CAPTURE(octets);
        const auto talk = test::logged_in();
        talk->client("RETR 1\r\n").server("+OK\r\n" + wire.substr(0, octets)).end();
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            auto body = co_await std::move(mailbox).async_receive(1);
            std::string got;
            std::error_code ec;
            const auto n = co_await asio::async_read(body, asio::dynamic_buffer(got), into(ec));
            CHECK(n == got.size());
            CHECK(ec == errc::connection_closed);
            CHECK(message.starts_with(got));
            CHECK(!body.is_open());
            // It stays one.
            std::array<char, 4> piece{};
            (void)co_await body.async_read_some(asio::buffer(piece), into(ec));
            CHECK(ec == errc::session_closed);
            const auto reply = co_await std::move(body).async_finish(into(ec));
            CHECK(ec == errc::session_closed);
            CHECK(!reply.has_value());
        });
        CHECK(talk->closed());
    }
}

TEST_CASE("destroyed in the middle of a message, it closes the connection")
{
    const auto talk = with_message();
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto body = co_await std::move(mailbox).async_receive(1);
        CHECK(!talk->closed());
    });
    CHECK(talk->closed());
}

TEST_CASE("destroyed, cancelled, or too late, while a piece is waited for")
{
    enum class end { destroyed, cancelled, late };
    for (const auto how : {end::destroyed, end::cancelled, end::late}) {
        for (const bool finishing : {false, true}) {
            const auto talk = test::logged_in();
            talk->client("RETR 1\r\n").server("+OK\r\nSubj");
            asio::io_context context(1);
            std::optional<receiving_session> body;
            test::run(context, [&]() -> asio::awaitable<void> {
                pop3::connect_options options;
                if (how == end::late)
                    options.limits.operation_time = std::chrono::milliseconds(50);
                auto mailbox = co_await test::log_in(talk, options);
                body = co_await std::move(mailbox).async_receive(1);
            });
            std::array<char, 100> piece{};
            body->async_read_some(asio::buffer(piece), [](std::error_code ec, std::size_t n) {
                CHECK(!ec);
                CHECK(n == 4);
            });
            test::run(context);
            asio::cancellation_signal signal;
            std::optional<std::error_code> completed;
            context.restart();
            if (finishing)
                std::move(*body).async_finish(asio::bind_cancellation_slot(
                    signal.slot(), [&](std::error_code ec, auto) { completed = ec; }));
            else
                body->async_read_some(
                    asio::buffer(piece),
                    asio::bind_cancellation_slot(signal.slot(), [&](std::error_code ec, std::size_t n) {
                        CHECK(n == 0);
                        completed = ec;
                    }));
            context.poll();
            CHECK(!completed);
            if (how == end::destroyed && finishing) {
                body.reset(); // it is empty
                CHECK(!talk->closed());
                signal.emit(asio::cancellation_type::terminal);
            } else if (how == end::destroyed) {
                body.reset();
            } else if (how == end::cancelled) {
                signal.emit(asio::cancellation_type::terminal);
            }
            test::run(context);
            CHECK(completed == (how == end::late ? make_error_code(errc::timed_out)
                                                 : make_error_code(asio::error::operation_aborted)));
            CHECK(talk->closed());
        }
    }
}

TEST_CASE("between two pieces the reader may take its time")
{
    const auto talk = with_message();
    talk->octets_at_a_time(10);
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.operation_time = std::chrono::milliseconds(200);
        auto mailbox = co_await test::log_in(talk, options);
        auto body = co_await std::move(mailbox).async_receive(1);
        std::array<char, 4> piece{};
        for (int i = 0; i != 3; ++i) {
            (void)co_await body.async_read_some(asio::buffer(piece));
            asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(150));
            co_await timer.async_wait(asio::use_awaitable);
        }
        CHECK(body.is_open());
        mailbox = co_await std::move(body).async_finish();
    });
    CHECK(talk->finished());
}

TEST_CASE("wrong uses of a message that is received")
{
    const auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server("+OK\r\nSubj");
    asio::io_context context(1);
    std::optional<receiving_session> body;
    test::run(context, [&]() -> asio::awaitable<void> {
        receiving_session empty;
        std::array<char, 4> piece{};
        std::error_code ec;
        (void)co_await empty.async_read_some(asio::buffer(piece), into(ec));
        CHECK(ec == errc::no_session);
        const auto none = co_await std::move(empty).async_finish(into(ec));
        CHECK(ec == errc::no_session);
        CHECK(!none.has_value());
        auto mailbox = co_await test::log_in(talk);
        body = co_await std::move(mailbox).async_receive(1);
        (void)co_await asio::async_read(*body, asio::buffer(piece), asio::use_awaitable);
        auto gone = co_await std::move(mailbox).async_receive(1, into(ec));
        CHECK(ec == errc::no_session);
        CHECK(!std::move(gone).session().is_open());
    });
    // Two at once.
    std::array<char, 4> piece{};
    int completed = 0;
    context.restart();
    body->async_read_some(asio::buffer(piece), [&](std::error_code ec, std::size_t) {
        CHECK(ec == asio::error::operation_aborted);
        ++completed;
    });
    std::move(*body).async_finish([&](std::error_code ec, auto reply) {
        CHECK(ec == errc::operation_in_progress);
        body = std::move(reply).session();
        ++completed;
    });
    context.poll();
    CHECK(completed == 1);
    CHECK(body->is_open());
    body.reset();
    test::run(context);
    CHECK(completed == 2);
}

TEST_CASE("an observer sees the lines of a message that is received")
{
    const auto talk = with_message();
    std::vector<std::string> seen;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_observer([&](pop3::direction from, std::string_view line) {
            seen.push_back((from == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
        });
        auto body = co_await std::move(mailbox).async_receive(1);
        std::array<char, 7> piece{};
        for (int i = 0; i != 3; ++i)
            (void)co_await body.async_read_some(asio::buffer(piece));
        mailbox = co_await std::move(body).async_finish();
    });
    CHECK(seen == std::vector<std::string>{"C: RETR 1", "S: +OK 120 octets", "S: Subject: x", "S: ", "S: ..",
                                           "S: ...two", "S: .\rx", "S: last", "S: ."});
}

// ---- Over a network

TEST_CASE_TEMPLATE("a large message, at the reader's pace", Stream, POP3_TEST_STREAMS)
{
    using peer_stream = test::peer_stream_of<Stream>;
    constexpr std::size_t lines = 20'000;
    const std::string line = std::string(70, 'x') + "\r\n";
    test::peer_of<Stream> peer([&](peer_stream& stream) {
        test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string& command) {
            std::string reply = "+OK\r\n";
            if (command == "RETR 1") {
                for (std::size_t i = 0; i != lines; ++i)
                    reply += line;
                reply += ".\r\n";
            }
            end.say(reply);
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<Stream>(peer);
        for (const std::size_t room : {999u, 100'000u}) {
            auto body = co_await std::move(mailbox).async_receive(1);
            const auto got = co_await read_all(body, room);
            CHECK(got.size() == lines * line.size());
            CHECK(got.find_first_not_of("x\r\n") == std::string::npos);
            mailbox = co_await std::move(body).async_finish();
            co_await mailbox.async_noop();
        }
        auto body = co_await std::move(mailbox).async_receive(1);
        mailbox = co_await std::move(body).async_finish();
        co_await mailbox.async_noop();
    });
}

TEST_CASE_TEMPLATE("while nobody reads, the server cannot send", Stream, POP3_TEST_STREAMS)
{
    // What is on its way is in the socket buffers, and at most one read ahead.
    constexpr std::size_t enough = 64u << 20;
    using peer_stream = test::peer_stream_of<Stream>;
    std::atomic<std::size_t> sent = 0;
    std::atomic<bool> all = false;
    test::peer_of<Stream> peer([&](peer_stream& stream) {
        stream.lowest_layer().set_option(asio::socket_base::send_buffer_size(65536));
        test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string&) {
            end.say("+OK\r\n");
            std::string piece;
            while (piece.size() < 65536)
                piece += std::string(62, 'x') + "\r\n";
            while (sent < enough && end.say(piece))
                sent += piece.size();
            all = end.say(".\r\n");
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto stream = co_await test::open_to<Stream>(peer);
        stream.lowest_layer().set_option(asio::socket_base::receive_buffer_size(65536));
        auto greeted = co_await pop3::async_greet(std::move(stream), pop3::connect_options());
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        auto body = co_await std::move(mailbox).async_receive(1);
        std::array<char, 100> piece{};
        (void)co_await body.async_read_some(asio::buffer(piece));
        asio::steady_timer timer(co_await asio::this_coro::executor);
        // Until it has stood still for a while.
        for (std::size_t before = 1, still = 0; still != 5; before = sent) {
            timer.expires_after(std::chrono::milliseconds(20));
            co_await timer.async_wait(asio::use_awaitable);
            still = sent == before ? still + 1 : 0;
        }
        CHECK(sent < 16u << 20);
        CHECK(!all);
        pop3::limits limits;
        limits.drained_octets = 2 * enough;
        body.set_limits(limits);
        mailbox = co_await std::move(body).async_finish();
        CHECK(sent >= enough);
    });
    CHECK(all);
}

TEST_SUITE_END();
