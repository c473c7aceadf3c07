// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Messages and listings that go to a sink as they come.

#include "support/every_break.hpp"
#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"
#include "support/thorough.hpp"
#include "support/tokens.hpp"

#include <pop3/pop3.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using pop3::delivery;
using pop3::errc;
using pop3::flow;
using pop3::listing_delivery;
using test::into;

const std::string message = "Subject: x\r\n\r\n.\r\n..two\r\n\rx\r\nlast\r\n";
const std::string wire = "Subject: x\r\n\r\n..\r\n...two\r\n.\rx\r\nlast\r\n.\r\n";

std::shared_ptr<pop3::testing::script> all_kinds()
{
    auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server("+OK 120 octets\r\n" + wire);
    talk->client("TOP 1 0\r\n").server("+OK\r\nSubject: x\r\n\r\n.\r\n");
    talk->client("LIST\r\n").server("+OK\r\n1 120\r\n3 200\r\n.\r\n");
    talk->client("UIDL\r\n").server("+OK\r\n1 one\r\n3 three\r\n.\r\n");
    talk->client("RETR 2\r\n").server("-ERR no such message\r\n");
    talk->client("RETR 3\r\n").server("+OK\r\n.\r\n");
    talk->client("NOOP\r\n").server("+OK\r\n");
    return talk;
}

asio::awaitable<void> take_all_kinds(std::shared_ptr<pop3::testing::script> talk)
{
    auto mailbox = co_await test::log_in(talk);
    std::string got;
    const auto save = [&](std::span<const char> piece) {
        got.append(piece.begin(), piece.end());
    };
    const auto first = co_await mailbox.async_retr(1, save);
    CHECK(first == delivery{message.size(), true});
    CHECK(got == message);
    got.clear();
    // A sink may take text as well.
    const auto append = [&](std::string_view piece) {
        got += piece;
        return flow::more;
    };
    const auto top = co_await mailbox.async_top(1, 0, append);
    CHECK(top == delivery{14, true});
    CHECK(got == "Subject: x\r\n\r\n");
    std::vector<pop3::scan_listing> list;
    const auto sizes = co_await mailbox.async_list([&](pop3::scan_listing entry) { list.push_back(entry); });
    CHECK(sizes == listing_delivery{2, true});
    CHECK(list == std::vector<pop3::scan_listing>{{1, 120}, {3, 200}});
    std::string ids;
    const auto uidl = co_await mailbox.async_uidl([&](pop3::unique_id_view entry) {
        ids += std::to_string(entry.number.value()) + std::string(entry.unique_id);
        return flow::more;
    });
    CHECK(uidl == listing_delivery{2, true});
    CHECK(ids == "1one3three");
    got.clear();
    const auto refused = co_await mailbox.async_retr(2, save, asio::use_awaitable);
    CHECK(!refused.has_value());
    CHECK(refused.error().text() == "no such message");
    const auto empty = co_await mailbox.async_retr(3, save);
    CHECK(empty == delivery{0, true});
    CHECK(got.empty());
    co_await mailbox.async_noop();
}

/// A logged-in session that gets `reply` to RETR 1, and what becomes of it.
template <class Sink>
std::error_code deliver(const std::shared_ptr<pop3::testing::script>& talk, Sink sink, delivery& into_this,
                        const pop3::limits& limits = {})
{
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        mailbox.set_limits(limits);
        const auto reply = co_await mailbox.async_retr(1, sink, into(ec));
        CHECK(reply.has_value() == !ec);
        if (reply)
            into_this = *reply;
        if (mailbox.is_open())
            co_await mailbox.async_noop();
    });
    return ec;
}

std::shared_ptr<pop3::testing::script> with(std::string_view reply)
{
    auto talk = test::logged_in();
    talk->client("RETR 1\r\n").server(reply);
    return talk;
}

constexpr std::uint64_t mebi = 1u << 20;

/// Any message has so many MiB.
void serve_large(asio::ip::tcp::socket& socket, int size)
{
    std::string block;
    while (block.size() != mebi)
        block += std::string(62, 'x') + "\r\n";
    test::serve(socket, [&](test::server_end<asio::ip::tcp::socket>& end, const std::string&) {
        end.say("+OK\r\n");
        for (int sent = 0; sent != size && end.say(block); ++sent) {
        }
        end.say(".\r\n");
    });
}

/// How much of the process is in memory now, in KiB.
std::size_t resident()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:"))
            return std::stoul(line.substr(6));
    return 0;
}

} // namespace

TEST_SUITE_BEGIN("streaming");

TEST_CASE("messages and listings, in whatever pieces they come")
{
    test::cut_everywhere(all_kinds, take_all_kinds);
}

TEST_CASE("the connection may fail at every step of a delivery")
{
    const auto failures = test::fail_everywhere(all_kinds, take_all_kinds, 8);
    CHECK(failures > 30);
}

TEST_CASE("a sink gets a part of a message that breaks off, and an error says so")
{
    for (std::size_t octets = 0; octets != wire.size(); ++octets) {
        CAPTURE(octets);
        for (const auto& end :
             {make_error_code(asio::error::eof), make_error_code(asio::ssl::error::stream_truncated)}) {
            const auto talk = with("+OK\r\n" + wire.substr(0, octets));
            talk->end(end);
            std::string got;
            delivery became;
            const auto ec = deliver(
                talk, [&](std::span<const char> piece) { got.append(piece.begin(), piece.end()); }, became);
            CHECK(ec == (end == asio::error::eof ? errc::connection_closed : errc::connection_truncated));
            CHECK(became == delivery());
            CHECK(message.starts_with(got));
            CHECK(talk->closed());
        }
    }
}

TEST_CASE("a sink that wants no more, and the session goes on")
{
    for (const std::size_t octets : {1u, 5u, 1000u}) {
        const auto talk = with("+OK\r\n" + wire);
        talk->client("NOOP\r\n").server("+OK\r\n");
        talk->octets_at_a_time(octets);
        int calls = 0;
        delivery became;
        const auto ec = deliver(
            talk,
            [&](auto) {
                ++calls;
                return flow::drain;
            },
            became);
        CHECK(!ec);
        CHECK(calls == 1);
        CHECK(!became.complete);
        CHECK(became.octets > 0);
        CHECK(became.octets <= octets);
        CHECK(talk->finished());
    }
}

TEST_CASE("a rest that is too large ends the session")
{
    pop3::limits limits;
    for (const bool enough : {true, false}) {
        limits.drained_octets = message.size() - 1 - (enough ? 0 : 1);
        const auto talk = with("+OK\r\n" + wire);
        talk->octets_at_a_time(1);
        if (enough)
            talk->client("NOOP\r\n").server("+OK\r\n");
        delivery became;
        const auto ec = deliver(talk, [](auto) { return flow::drain; }, became, limits);
        CHECK(ec == (enough ? std::error_code() : errc::drained_octets_limit));
        CHECK(!talk->wrong());
        CHECK(talk->closed());
    }
}

TEST_CASE("a sink that wants the session to end")
{
    const auto talk = with("+OK\r\n" + wire);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        int calls = 0;
        const auto became = co_await mailbox.async_retr(1, [&](std::span<const char>) {
            ++calls;
            return flow::close;
        });
        CHECK(calls == 1);
        CHECK(!became.complete);
        CHECK(became.octets > 0);
        CHECK(!mailbox.is_open());
        CHECK(talk->closed());
        std::error_code ec;
        (void)co_await mailbox.async_noop(into(ec));
        CHECK(ec == errc::session_closed);
    });
}

TEST_CASE("a message that is larger than what may be streamed")
{
    pop3::limits limits;
    limits.streamed_octets = message.size() - 1;
    std::string got;
    delivery became;
    const auto talk = with("+OK\r\n" + wire);
    const auto ec = deliver(
        talk, [&](std::span<const char> piece) { got.append(piece.begin(), piece.end()); }, became, limits);
    CHECK(ec == errc::streamed_octets_limit);
    CHECK(got.size() < message.size());
    CHECK(talk->closed());
}

TEST_CASE("listings that a sink wants no more of")
{
    const auto talk = test::logged_in();
    talk->client("LIST\r\n").server("+OK\r\n1 120\r\n3 200\r\nnobody reads it\r\n.\r\n");
    talk->client("LIST\r\n").server("+OK\r\n1 120\r\n-ERR what?\r\n");
    std::vector<std::uint32_t> got;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto became = co_await mailbox.async_list([&](pop3::scan_listing entry) {
            got.push_back(entry.number.value());
            return got.size() == 2 ? flow::drain : flow::more;
        });
        CHECK(became == listing_delivery{2, false});
        CHECK(mailbox.is_open());
        std::error_code ec;
        const auto none = co_await mailbox.async_list(
            [&](pop3::scan_listing entry) { got.push_back(entry.number.value()); }, into(ec));
        CHECK(ec == errc::malformed_reply);
        CHECK(!none.has_value());
        CHECK(!mailbox.is_open());
    });
    CHECK(got == std::vector<std::uint32_t>{1, 3, 1});
    CHECK(talk->closed());
}

TEST_CASE("a listing whose sink wants the session to end")
{
    const auto talk = test::logged_in();
    talk->client("UIDL\r\n").server("+OK\r\n1 one\r\n3 three\r\n.\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const auto became = co_await mailbox.async_uidl([](pop3::unique_id_view) { return flow::close; });
        CHECK(became == listing_delivery{1, false});
        CHECK(!mailbox.is_open());
    });
    CHECK(talk->closed());
}

TEST_CASE("a sink that throws ends the session, and the operation hears of it")
{
    const auto talk = with("+OK\r\n" + wire);
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    std::error_code completed;
    std::exception_ptr thrown;
    mailbox->async_retr(
        1, [](std::span<const char>) { throw std::runtime_error("full"); },
        [&](std::error_code ec, pop3::reply<delivery> r) {
            completed = ec;
            thrown = r.thrown();
        });
    test::run(context);
    CHECK(completed == pop3::errc::function_threw);
    REQUIRE(thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(thrown), "full");
    CHECK(talk->closed());
    CHECK(!mailbox->is_open());
}

TEST_CASE("what a sink throws comes out of co_await")
{
    const auto talk = with("+OK\r\n" + wire);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::string caught;
        try {
            co_await mailbox.async_retr(1, [](std::span<const char>) { throw std::runtime_error("full"); });
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        CHECK(caught == "full");
    });
    CHECK(talk->closed());
}

TEST_CASE("a sink may destroy the session, or put another in its place")
{
    for (const bool replaced : {false, true}) {
        const auto talk = with("+OK\r\n" + wire);
        talk->octets_at_a_time(8);
        asio::io_context context(1);
        std::optional<test::mailbox_session> mailbox;
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        std::optional<std::error_code> completed;
        int calls = 0;
        mailbox->async_retr(
            1,
            [&](std::span<const char>) {
                ++calls;
                if (replaced)
                    *mailbox = test::mailbox_session();
                else
                    mailbox.reset();
            },
            [&](std::error_code ec, pop3::reply<delivery> r) {
                CHECK(!r.has_value());
                CHECK(!completed);
                completed = ec;
            });
        test::run(context);
        CHECK(completed == asio::error::operation_aborted);
        CHECK(calls == 1);
        CHECK(talk->closed());
    }
}

TEST_CASE("what a sink holds is gone when the handler is called")
{
    const auto talk = with("+OK\r\n" + wire);
    auto held = std::make_shared<int>(0);
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    bool completed = false;
    mailbox->async_retr(
        1, [held](std::span<const char>) { ++*held; },
        [&](std::error_code, pop3::reply<delivery>) {
            CHECK(held.use_count() == 1);
            completed = true;
        });
    CHECK(held.use_count() == 2);
    test::run(context);
    CHECK(completed);
    CHECK(*held > 0);
}

TEST_CASE("an observer sees all of a message that goes to a sink, wanted or not")
{
    for (const auto wish : {flow::more, flow::drain}) {
        const auto talk = with("+OK 120 octets\r\n" + wire);
        std::vector<std::string> seen;
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            mailbox.set_observer([&](pop3::direction from, std::string_view line) {
                seen.push_back((from == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
            });
            const auto became = co_await mailbox.async_retr(1, [&](auto&&) { return wish; });
            CHECK(became.complete == (wish == flow::more));
        });
        CHECK(seen == std::vector<std::string>{"C: RETR 1", "S: +OK 120 octets", "S: Subject: x",
                                               "S: ", "S: ..", "S: ...two", "S: .\rx", "S: last", "S: ."});
    }
}

TEST_CASE("cancelled or destroyed in the middle of a message")
{
    for (const bool destroyed : {false, true}) {
        const auto talk = with("+OK\r\nSubj");
        asio::io_context context(1);
        std::optional<test::mailbox_session> mailbox;
        test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
        asio::cancellation_signal signal;
        std::string got;
        std::optional<std::error_code> completed;
        mailbox->async_retr(
            1, [&](std::span<const char> piece) { got.append(piece.begin(), piece.end()); },
            asio::bind_cancellation_slot(signal.slot(), [&](std::error_code ec, pop3::reply<delivery> r) {
                CHECK(!r.has_value());
                CHECK(!r.answered());
                completed = ec;
            }));
        context.restart();
        context.poll();
        CHECK(got == "Subj");
        CHECK(!completed);
        if (destroyed)
            mailbox.reset();
        else
            signal.emit(asio::cancellation_type::terminal);
        test::run(context);
        CHECK(completed == asio::error::operation_aborted);
        CHECK(talk->closed());
    }
}

TEST_CASE("tokens behind a sink")
{
    const auto talk = test::logged_in();
    for (int i = 0; i != 3; ++i)
        talk->client("RETR 1\r\n").server("+OK\r\n" + wire);
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    std::size_t total = 0;
    const auto count = [&](std::span<const char> piece) {
        total += piece.size();
    };
    std::future<pop3::reply<delivery>> future = mailbox->async_retr(1, count, asio::use_future);
    test::run(context);
    CHECK(future.get()->complete);
    test::run(context, [&]() -> asio::awaitable<void> {
        auto [ec, reply] = co_await mailbox->async_retr(1, count, test::as_tuple(asio::use_awaitable));
        CHECK(!ec);
        CHECK(reply->complete);
    });
    bool called = false;
    // Both can only be moved.
    mailbox->async_retr(
        1, [&, owned = std::make_unique<int>(0)](std::span<const char> piece) { total += piece.size(); },
        [&, owned = std::make_unique<int>(0)](std::error_code, pop3::reply<delivery> r) {
            called = r->complete;
        });
    test::run(context);
    CHECK(called);
    CHECK(total == 3 * message.size());
    CHECK(talk->finished());
}

TEST_CASE("sinks that own memory, in an expression that waits")
{
    const auto talk = test::logged_in();
    for (int i = 0; i != 2; ++i)
        talk->client("RETR 1\r\n").server("+OK\r\none\r\n.\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::string got;
        // g++ 12 destroys a lambda that owns memory twice if it has no name; the address sanitizer sees it.
        auto named = [&got, s = std::string(60, 'x')](std::span<const char>) {
            got = s;
        };
        auto became = co_await mailbox.async_retr(1, named);
        CHECK(became.complete);
        CHECK(got == std::string(60, 'x'));
        got.clear();
        became = co_await mailbox.async_retr(1, std::move(named));
        CHECK(got == std::string(60, 'x'));
    });
    CHECK(talk->finished());
}

// ---- Over a network

TEST_CASE_TEMPLATE("the same octets as without a sink", Stream, POP3_TEST_STREAMS)
{
    // Any octets, but with many that matter.
    std::mt19937 random(7);
    std::vector<std::string> messages = {"", "\r\n", ".\r\n"};
    for (const std::size_t size : {100u, 16'384u, 100'000u, 1'000'000u}) {
        std::string text;
        while (text.size() < size) {
            const auto r = random();
            text += (r & 0x300) != 0 ? static_cast<char>(r & 0xff) : "\r\n.\n"[(r >> 12) & 3];
            if ((r >> 16) % 50 == 0)
                text += "\r\n.";
        }
        messages.push_back(text + "\r\n");
    }
    using peer_stream = test::peer_stream_of<Stream>;
    test::peer_of<Stream> peer([&](peer_stream& stream) {
        test::serve(stream, [&](test::server_end<peer_stream>& end, const std::string& line) {
            if (line == "NOOP") {
                end.say("+OK\r\n");
                return;
            }
            std::string stuffed = "+OK\r\n";
            for (const char c : messages[std::stoul(line.substr(5)) - 1]) {
                if (c == '.' && stuffed.ends_with("\r\n"))
                    stuffed += '.';
                stuffed += c;
            }
            end.say(stuffed + ".\r\n");
        });
    });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<Stream>(peer);
        for (std::size_t i = 0; i != messages.size(); ++i) {
            const pop3::message_number number(static_cast<int>(i) + 1);
            const auto whole = co_await mailbox.async_retr(number);
            CHECK(whole.octets() == messages[i]);
            std::string got;
            auto became = co_await mailbox.async_retr(
                number, [&](std::span<const char> piece) { got.append(piece.begin(), piece.end()); });
            CHECK(got == messages[i]);
            CHECK(became == delivery{got.size(), true});
            became = co_await mailbox.async_retr(number, [](std::span<const char>) { return flow::drain; });
            CHECK(became.complete == messages[i].empty());
            co_await mailbox.async_noop();
        }
        const auto became = co_await mailbox.async_retr(7, [](std::span<const char>) { return flow::close; });
        CHECK(!became.complete);
        CHECK(!mailbox.is_open());
    });
}

TEST_CASE("a large message takes no more memory than a small one")
{
    constexpr int mebis = test::thorough ? 2048 : 512;
    constexpr std::uint64_t size = mebis * mebi;
    test::tcp_peer peer([](asio::ip::tcp::socket& socket) { serve_large(socket, mebis); });
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in_to<pop3::cleartext_stream>(peer);
        const auto before = resident();
        REQUIRE(before != 0);
        auto most = before;
        std::uint64_t next = 0;
        std::uint64_t octets = 0;
        const auto became = co_await mailbox.async_retr(1, [&](std::span<const char> piece) {
            octets += piece.size();
            if (octets >= next) {
                most = std::max(most, resident());
                next += 64 * mebi;
            }
        });
        CHECK(became == delivery{size, true});
        CHECK(octets == size);
        CHECK(most - before < 4096);
    });
}

TEST_CASE("a sink that is slower than the server has the time for what it is given")
{
    // There is always something to read: nothing is ever waited for.
    test::tcp_peer peer([](asio::ip::tcp::socket& socket) { serve_large(socket, 24); });
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.operation_time = std::chrono::milliseconds(400);
        auto mailbox = co_await test::log_in_to<pop3::cleartext_stream>(peer, options);
        const auto begun = std::chrono::steady_clock::now();
        std::uint64_t octets = 0;
        std::uint64_t next = 0;
        std::error_code ec;
        const auto slow = [&](std::span<const char> piece) {
            octets += piece.size();
            if (octets < next)
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(50)); // for each MiB
            next += mebi;
        };
        const auto became = co_await mailbox.async_retr(1, slow, into(ec));
        CHECK(!ec);
        CHECK(octets == 24 * mebi);
        CHECK(became.has_value());
        CHECK(std::chrono::steady_clock::now() - begun > 2 * options.limits.operation_time);
    });
}

TEST_SUITE_END();
