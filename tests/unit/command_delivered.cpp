// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Replies that go to a sink: the same octets and entries as without, and what becomes of them if the sink wants no more.

#include <pop3/command/delivered.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/delivery.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/limits.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::string_literals;
namespace command = pop3::command;
using pop3::delivery;
using pop3::errc;
using pop3::flow;
using pop3::listing_delivery;

/// Refuses itself, apart from what it writes.
struct forbidden : command::retr {
    using retr::retr;

    std::error_code check() const
    {
        return errc::no_shared_mechanism;
    }
};

/// A message as a server sends it.
std::string stuffed(std::string_view message)
{
    std::string wire = "+OK\r\n";
    bool at_start = true;
    for (std::size_t i = 0; i != message.size(); ++i) {
        if (at_start && message[i] == '.')
            wire += '.';
        wire += message[i];
        at_start = wire.ends_with("\r\n");
    }
    if (!at_start)
        wire += "\r\n";
    return wire + ".\r\n";
}

/// Messages of octets that matter, and of any.
std::vector<std::string> messages()
{
    std::vector<std::string> all = {"",
                                    "\r\n",
                                    ".\r\n",
                                    "..\r\n...\r\n.\r\n",
                                    "Subject: x\r\n\r\nbody\r\n",
                                    "a\n.\nb\r.\rc\r\n",
                                    "\r\r\n.\r\n",
                                    "\0\xff\x80.\r\n.\0\r\n"s};
    std::mt19937 random(1);
    for (int i = 0; i != 200; ++i) {
        std::string message;
        const auto size = std::uniform_int_distribution<int>(0, 60)(random);
        for (int j = 0; j != size; ++j)
            message += "\r\n.x"[std::uniform_int_distribution<int>(0, 3)(random)];
        if (!message.ends_with("\r\n"))
            message += "\r\n";
        all.push_back(message);
    }
    std::string any;
    for (int i = 0; i != 3000; ++i)
        any += static_cast<char>(random() & 0xff);
    all.push_back(any + "\r\n");
    return all;
}

template <class Sink>
auto deliver(const test::pieces& octets, Sink sink, const pop3::limits& bounds = {})
{
    return test::feed(command::retr_to(1, std::move(sink)), octets, bounds);
}

template <class Sink>
auto deliver(std::string_view octets, Sink sink, const pop3::limits& bounds = {})
{
    return deliver(test::pieces{octets}, std::move(sink), bounds);
}

/// A sink that says `then` as soon as it has got `wanted` octets, or more.
auto until(std::string& got, std::size_t wanted, flow then)
{
    return [&got, wanted, then](std::span<const char> piece) {
        got.append(piece.begin(), piece.end());
        return got.size() < wanted ? flow::more : then;
    };
}

} // namespace

TEST_SUITE_BEGIN("delivered");

TEST_CASE("what is written is the command in it")
{
    const auto ignore = [](auto) {
    };
    CHECK(test::written(command::retr_to(7, ignore)) == "RETR 7\r\n");
    CHECK(test::written(command::top_to(7, 3, ignore)) == "TOP 7 3\r\n");
    CHECK(test::written(command::list_to(ignore)) == "LIST\r\n");
    CHECK(test::written(command::uidl_to(ignore)) == "UIDL\r\n");
    CHECK(test::write_error(command::retr_to(0, ignore)) == errc::invalid_argument);
}

TEST_CASE("what forbids a command forbids it with a sink")
{
    const auto ignore = [](auto) {
    };
    using to_ignore = command::delivered<forbidden, decltype(ignore)>;
    CHECK(command::exchange(to_ignore(forbidden(1), ignore)).check() == errc::no_shared_mechanism);
    CHECK(!command::exchange(command::retr_to(1, ignore)).check());
}

TEST_CASE("the octets of a message, in whatever pieces they come")
{
    for (const auto& message : messages()) {
        INFO("message: " << test::escaped(message));
        const auto wire = stuffed(message);
        // Without a sink it is the same.
        const auto whole = test::feed(command::retr(1), wire);
        REQUIRE(whole.ok());
        REQUIRE(whole.reply->octets() == message);

        const auto check = [&](const test::pieces& pieces) {
            std::string got;
            const auto r = deliver(pieces, [&](std::span<const char> piece) {
                CHECK(!piece.empty());
                got.append(piece.begin(), piece.end());
            });
            CHECK(r.ok());
            CHECK(r.rest.empty());
            CHECK(got == message);
            CHECK(*r.reply == delivery{message.size(), true});
        };
        check({wire});
        check(test::octet_by_octet(wire));
        const auto step = wire.size() / 100 + 1;
        for (std::size_t i = 0; i <= wire.size(); i += step)
            check({std::string_view(wire).substr(0, i), std::string_view(wire).substr(i)});
    }
}

TEST_CASE("TOP is delivered as RETR is")
{
    std::string got;
    const auto r =
        test::feed(command::top_to(1, 0, until(got, 1000, flow::close)), "+OK\r\nSubject: x\r\n\r\n.\r\n");
    CHECK(r.ok());
    CHECK(got == "Subject: x\r\n\r\n");
    CHECK(*r.reply == delivery{14, true});
}

TEST_CASE("what comes behind the message is left alone")
{
    const auto r = deliver("+OK\r\na\r\n.\r\n+OK\r\n", [](auto) {});
    CHECK(r.ok());
    CHECK(r.rest == "+OK\r\n");
}

TEST_CASE("a refusal does not get to the sink")
{
    bool called = false;
    const auto note = [&](auto) {
        called = true;
    };
    for (const auto& octets : test::pieces{"-ERR no such message\r\n", "-ERR\r\n"}) {
        CHECK(test::feed(command::retr_to(1, note), octets).refused());
        CHECK(test::feed(command::list_to(note), octets).refused());
        CHECK(test::feed(command::uidl_to(note), octets).refused());
    }
    CHECK(!called);
    const auto r = deliver("-ERR [SYS/TEMP] no\r\n", note);
    CHECK(r.reply.error() == pop3::refusal("RETR", pop3::response_code::sys_temp, "SYS/TEMP", "no"));
}

TEST_CASE("a message that has not ended is not complete, whatever came")
{
    const auto wire = "+OK\r\nSubject: x\r\n\r\n..\r\n.\r\n"s;
    for (std::size_t n = 0; n != wire.size(); ++n) {
        std::string got;
        const auto r = deliver(wire.substr(0, n), until(got, 1000, flow::more));
        CHECK(!r.done);
        CHECK(!r.reply.has_value());
        CHECK("Subject: x\r\n\r\n.\r\n"s.starts_with(got));
    }
}

TEST_CASE("a sink that wants no more: the rest is read, and not given to it")
{
    const auto wire =
        stuffed(std::string(50, 'a') + "\r\n.b\r\n" + std::string(50, 'c') + "\r\n") + "+OK\r\n";
    for (const std::size_t wanted : {1u, 20u, 52u, 53u, 56u, 80u}) {
        CAPTURE(wanted);
        std::string got;
        const auto r = deliver(test::octet_by_octet(wire), until(got, wanted, flow::drain));
        CHECK(r.ok());
        CHECK(got.size() == wanted);
        CHECK(*r.reply == delivery{wanted, false});
        CHECK(r.rest == "+OK\r\n");
    }
    // It has all, but did not know.
    std::string got;
    const auto r = deliver(wire, until(got, 108, flow::drain));
    CHECK(r.ok());
    CHECK(got.size() == 108);
    CHECK(r.reply->octets == 108);
    CHECK(!r.reply->complete);
}

TEST_CASE("the rest is bounded, to the octet")
{
    pop3::limits bounds;
    const auto wire = stuffed("first\r\n.second\r\n.third\r\n"); // in three pieces
    const auto drained = [&](const test::pieces& pieces) {
        return deliver(pieces, [](auto) { return flow::drain; }, bounds);
    };
    bounds.drained_octets = 17;
    CHECK(drained({wire}).ok());
    bounds.drained_octets = 16;
    CHECK(drained({wire}).ec == errc::drained_octets_limit);
    CHECK(pop3::is_fatal(errc::drained_octets_limit));
    // Octet by octet all but the first are dropped.
    bounds.drained_octets = 23;
    CHECK(drained(test::octet_by_octet(wire)).ok());
    bounds.drained_octets = 22;
    CHECK(drained(test::octet_by_octet(wire)).ec == errc::drained_octets_limit);
    // What was given to the sink does not count, and the other way round.
    bounds.drained_octets = 0;
    std::string got;
    CHECK(deliver(wire, until(got, 1000, flow::drain), bounds).ok());
    bounds = {};
    bounds.streamed_octets = 1;
    CHECK(deliver(test::octet_by_octet(wire), [](auto) { return flow::drain; }, bounds).ok());
}

TEST_CASE("a sink that wants the session to end is not called again")
{
    const auto wire = stuffed("first\r\n.second\r\n.third\r\n") + "+OK\r\n";
    for (const auto& pieces : {test::pieces{wire}, test::octet_by_octet(wire)}) {
        int calls = 0;
        command::exchange exchange(command::retr_to(1, [&](auto) {
            ++calls;
            return flow::close;
        }));
        test::kept_input kept;
        std::error_code ec;
        auto wants = command::next::read;
        for (const auto piece : pieces)
            if (wants == command::next::read)
                kept.feed(piece, [&](std::string_view& input) { wants = exchange.consume(input, {}, ec); });
        CHECK(wants == command::next::done); // without the rest
        CHECK(!ec);
        CHECK(calls == 1);
        CHECK(exchange.closes());
        const auto reply = exchange.take();
        REQUIRE(reply.has_value());
        CHECK(!reply->complete);
        CHECK(reply->octets == (pieces.size() == 1 ? 7 : 1));
    }
}

TEST_CASE("nothing but its wish closes the session")
{
    for (const auto f : {flow::more, flow::drain}) {
        command::exchange exchange(command::retr_to(1, [f](auto) { return f; }));
        std::error_code ec;
        std::string_view wire = "+OK\r\na\r\n.\r\n";
        CHECK(exchange.consume(wire, {}, ec) == command::next::done);
        CHECK(!exchange.closes());
    }
}

TEST_CASE("a message that goes to a sink is bounded, to the octet")
{
    pop3::limits bounds;
    bounds.message_octets = 0; // is not meant
    const auto wire = stuffed("0123456\r\n");
    for (const auto& pieces : {test::pieces{wire}, test::octet_by_octet(wire)}) {
        std::string got;
        bounds.streamed_octets = 9;
        CHECK(deliver(pieces, until(got, 100, flow::more), bounds).ok());
        got.clear();
        bounds.streamed_octets = 8;
        const auto r = deliver(pieces, until(got, 100, flow::more), bounds);
        CHECK(r.ec == errc::streamed_octets_limit);
        CHECK(!r.reply.has_value());
        CHECK(got.size() <= 8);
    }
    CHECK(pop3::is_fatal(errc::streamed_octets_limit));
}

TEST_CASE("a limit that is lowered in the middle")
{
    command::exchange exchange(command::retr_to(1, [](auto) {}));
    pop3::limits bounds;
    std::error_code ec;
    std::string_view wire = "+OK\r\n0123456789";
    CHECK(exchange.consume(wire, bounds, ec) == command::next::read);
    bounds.streamed_octets = 5;
    wire = "x";
    CHECK(exchange.consume(wire, bounds, ec) == command::next::done);
    CHECK(ec == errc::streamed_octets_limit);
}

TEST_CASE("an exception of the sink goes through")
{
    CHECK_THROWS_AS(deliver("+OK\r\na\r\n.\r\n", [](auto) { throw std::runtime_error("full"); }),
                    std::runtime_error);
}

TEST_CASE("a sink may be something that can only be moved, or a member")
{
    auto owned = std::make_unique<std::string>();
    auto& got = *owned;
    CHECK(test::feed(command::retr_to(1,
                                      [owned = std::move(owned)](std::span<const char> piece) {
                                          owned->append(piece.begin(), piece.end());
                                      }),
                     "+OK\r\na\r\n.\r\n.")
              .ok());
    (void)got; // gone with the command
}

TEST_CASE("the entries of a listing")
{
    const auto wire = "+OK 3 messages\r\n1 120\r\n3 18446744073709551615\r\n7 0 and more\r\n.\r\n"s;
    const auto whole = test::feed(command::list(), wire);
    REQUIRE(whole.ok());
    for (std::size_t i = 0; i <= wire.size(); ++i) {
        std::vector<pop3::scan_listing> got;
        const test::pieces pieces{std::string_view(wire).substr(0, i), std::string_view(wire).substr(i)};
        const auto r =
            test::feed(command::list_to([&](pop3::scan_listing entry) { got.push_back(entry); }), pieces);
        CHECK(r.ok());
        CHECK(got == *whole.reply);
        CHECK(*r.reply == listing_delivery{3, true});
    }
}

TEST_CASE("the entries of a listing of unique-ids")
{
    const auto wire = "+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n3 QhdPYR:00WBw1Ph7x7  \r\n.\r\n"s;
    const auto whole = test::feed(command::uidl(), wire);
    REQUIRE(whole.ok());
    for (std::size_t i = 0; i <= wire.size(); ++i) {
        std::vector<pop3::unique_id_listing> got;
        const test::pieces pieces{std::string_view(wire).substr(0, i), std::string_view(wire).substr(i)};
        const auto r = test::feed(command::uidl_to([&](pop3::unique_id_view entry) {
                                      got.push_back({entry.number, std::string(entry.unique_id)});
                                  }),
                                  pieces);
        CHECK(r.ok());
        CHECK(got == *whole.reply);
        CHECK(*r.reply == listing_delivery{2, true});
    }
}

TEST_CASE("an empty listing")
{
    const auto r = test::feed(command::list_to([](auto) { FAIL("there is none"); }), "+OK\r\n.\r\n");
    CHECK(r.ok());
    CHECK(*r.reply == listing_delivery{0, true});
}

TEST_CASE("an entry that is none")
{
    int given = 0;
    const auto count = [&](auto) {
        ++given;
    };
    for (const auto& line : test::pieces{"x", "", "0 1", "1", "1 x", "4294967296 1", "-1 1"}) {
        INFO("line: " << line);
        given = 0;
        const auto wire = "+OK\r\n1 1\r\n" + std::string(line) + "\r\n2 2\r\n.\r\n";
        CHECK(test::feed(command::list_to(count), wire).ec == errc::malformed_value);
        CHECK(given == 1); // what comes behind it is not for the sink
    }
    CHECK(test::feed(command::uidl_to(count), "+OK\r\n1\r\n.\r\n").ec == errc::malformed_value);
    CHECK(test::feed(command::uidl_to(count), "+OK\r\n1 a\tb\r\n.\r\n").ec == errc::malformed_value);
}

TEST_CASE("the limits of a listing")
{
    pop3::limits bounds;
    std::vector<std::uint32_t> got;
    const auto keep = [&](auto entry) {
        got.push_back(entry.number.value());
    };
    bounds.listing_entries = 1; // of what is kept in memory
    bounds.streamed_entries = 2;
    CHECK(test::feed(command::list_to(keep), "+OK\r\n1 1\r\n2 2\r\n.\r\n", bounds).ok());
    got.clear();
    CHECK(test::feed(command::list_to(keep), "+OK\r\n1 1\r\n2 2\r\n3 3\r\n.\r\n", bounds).ec ==
          errc::streamed_entries_limit);
    CHECK(got == std::vector<std::uint32_t>{1, 2});
    bounds.unique_id = 4;
    CHECK(test::feed(command::uidl_to(keep), "+OK\r\n1 abcd\r\n.\r\n", bounds).ok());
    CHECK(test::feed(command::uidl_to(keep), "+OK\r\n1 abcde\r\n.\r\n", bounds).ec == errc::unique_id_limit);
    bounds.response_line = 10;
    CHECK(test::feed(command::list_to(keep), "+OK\r\n1 2 45678901\r\n.\r\n", bounds).ec ==
          errc::response_line_limit);
}

TEST_CASE("a listing of which the sink wants no more")
{
    const auto drained = [](std::string_view rest, const pop3::limits& bounds) {
        int given = 0;
        const auto r = test::feed(command::list_to([&](auto) {
                                      ++given;
                                      return flow::drain;
                                  }),
                                  "+OK\r\n1 1\r\n" + std::string(rest) + ".\r\n+OK\r\n", bounds);
        CHECK(given == 1);
        if (!r.ec) {
            CHECK(r.ok());
            CHECK(*r.reply == listing_delivery{1, false});
            CHECK(r.rest == "+OK\r\n");
        }
        return r.ec;
    };
    pop3::limits bounds;
    CHECK(!drained("2 2\r\n3 3\r\n", bounds));
    CHECK(!drained("nobody reads it\r\n..\r\n", bounds));
    bounds.streamed_entries = 1;
    CHECK(!drained("2 2\r\n3 3\r\n", bounds));
    bounds.drained_octets = 10;
    CHECK(!drained("2 2\r\n3 3\r\n", bounds));
    CHECK(drained("2 2\r\n3 33\r\n", bounds) == errc::drained_octets_limit);
    // Of lines without anything in them, too.
    CHECK(!drained("\r\n\r\n\r\n\r\n\r\n", bounds));
    CHECK(drained("\r\n\r\n\r\n\r\n\r\n\r\n", bounds) == errc::drained_octets_limit);
    CHECK(drained("..\r\n..\r\n..\r\n..\r\n", bounds) == errc::drained_octets_limit);
}

TEST_CASE("a listing that the sink closes")
{
    command::exchange exchange(command::list_to([](auto entry) {
        CHECK(entry.number.value() == 1);
        return flow::close;
    }));
    std::error_code ec;
    std::string_view wire = "+OK\r\n1 1\r\n2 2\r\n.\r\n";
    CHECK(exchange.consume(wire, {}, ec) == command::next::done);
    CHECK(!ec);
    CHECK(exchange.closes());
    CHECK(*exchange.take() == listing_delivery{1, false});
}

TEST_SUITE_END();
