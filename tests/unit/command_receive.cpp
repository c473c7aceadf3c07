// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/receive.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/top.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace std::string_literals;
namespace command = pop3::command;
using command::next;
using pop3::errc;

const auto wire = "Subject: x\r\n\r\n..\r\n...two\r\n.\rx\r\n\0last\r\n.\r\n"s;
const auto message = "Subject: x\r\n\r\n.\r\n..two\r\n\rx\r\n\0last\r\n"s;

/// Refuses itself, apart from what it writes.
struct forbidden : command::retr {
    using retr::retr;

    std::error_code check() const
    {
        return errc::no_shared_mechanism;
    }
};

} // namespace

TEST_SUITE_BEGIN("receive");

TEST_CASE("of the command only the status line is read")
{
    CHECK(test::written(command::opened(command::retr(3))) == "RETR 3\r\n");
    CHECK(test::written(command::opened(command::top(3, 2))) == "TOP 3 2\r\n");
    CHECK(test::write_error(command::opened(command::retr(0))) == errc::invalid_argument);
    const auto r = test::feed_every_way(command::opened(command::retr(3)), "+OK 120 octets\r\nSubject");
    CHECK(r.ok());
    CHECK(r.rest == "Subject");
    const auto refused = test::feed_every_way(command::opened(command::top(3, 0)), "-ERR [SYS/PERM] no\r\n");
    REQUIRE(refused.refused());
    CHECK(refused.reply.error() == pop3::refusal("TOP", pop3::response_code::sys_perm, "SYS/PERM", "no"));
    CHECK(test::feed(command::opened(command::retr(3)), "what?\r\n").ec == errc::malformed_reply);
}

TEST_CASE("what forbids a command forbids to open it")
{
    const command::exchange exchange(command::opened(forbidden(1)));
    CHECK(exchange.check() == errc::no_shared_mechanism);
    CHECK(!command::exchange(command::opened(command::retr(1))).check());
}

TEST_CASE("room of any size, pieces of any size")
{
    for (const std::size_t room : {1u, 2u, 7u, 20u, 1000u}) {
        for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
            CAPTURE(room);
            CAPTURE(piece);
            command::received_body body;
            test::kept_input kept;
            std::string got;
            std::string_view coming = wire;
            std::error_code ec;
            bool ended = false;
            while (!ended) {
                std::vector<char> into(room);
                command::receive_piece receive(&body, into);
                auto wants = next::read;
                // What is there already, and then what comes.
                kept.feed({}, [&](std::string_view& input) { wants = receive.consume(input, {}, ec); });
                while (wants == next::read) {
                    REQUIRE(!coming.empty());
                    kept.feed(coming.substr(0, piece),
                              [&](std::string_view& input) { wants = receive.consume(input, {}, ec); });
                    coming.remove_prefix(std::min(piece, coming.size()));
                }
                REQUIRE(wants == next::done);
                REQUIRE(receive.received() <= room);
                ended = receive.at_end();
                CHECK(ended == (receive.received() == 0));
                got.append(into.data(), receive.received());
            }
            CHECK(!ec);
            CHECK(got == message);
            CHECK(body.decoder.ended());
            // And again.
            char octet = 0;
            command::receive_piece again(&body, {&octet, 1});
            std::string_view behind = "+OK\r\n";
            CHECK(again.consume(behind, {}, ec) == next::done);
            CHECK(again.at_end());
            CHECK(behind == "+OK\r\n");
        }
    }
}

TEST_CASE("a room is filled as far as there is something")
{
    command::received_body body;
    std::array<char, 100> into{};
    std::error_code ec;
    command::receive_piece receive(&body, into);
    std::string_view input = wire;
    CHECK(receive.consume(input, {}, ec) == next::done);
    CHECK(std::string(into.data(), receive.received()) == message);
    CHECK(!receive.at_end());
    CHECK(input.empty());
}

TEST_CASE("no room wants nothing")
{
    command::received_body body;
    std::error_code ec;
    std::string_view input = wire;
    command::receive_piece receive(&body, {});
    CHECK(receive.consume(input, {}, ec) == next::done);
    CHECK(receive.received() == 0);
    CHECK(!receive.at_end());
    CHECK(input == wire);
}

TEST_CASE("the rest is dropped, in whatever pieces it comes")
{
    for (std::size_t read = 0; read <= message.size(); ++read) {
        for (const std::size_t piece : {std::size_t(1), std::size_t(5), wire.size()}) {
            command::received_body body;
            std::string_view coming = wire;
            std::string got;
            while (got.size() != read)
                got += body.decoder.next(coming, read - got.size());
            std::error_code ec;
            command::drain_body drain(&body);
            test::kept_input kept;
            auto wants = next::read;
            kept.feed({}, [&](std::string_view& input) { wants = drain.consume(input, {}, ec); });
            while (wants == next::read) {
                REQUIRE(!coming.empty());
                kept.feed(coming.substr(0, piece),
                          [&](std::string_view& input) { wants = drain.consume(input, {}, ec); });
                coming.remove_prefix(std::min(piece, coming.size()));
            }
            CHECK(!ec);
            CHECK(wants == next::done);
            CHECK(body.decoder.ended());
            CHECK(coming.empty());
            CHECK(kept.rest().empty());
            CHECK(drain.take().has_value());
        }
    }
}

TEST_CASE("after the end there is nothing to drop")
{
    command::received_body body;
    std::string_view input = ".\r\n+OK\r\n";
    CHECK(body.decoder.next(input, 1).empty());
    command::drain_body drain(&body);
    std::error_code ec;
    pop3::limits bounds;
    bounds.drained_octets = 0;
    CHECK(drain.consume(input, bounds, ec) == next::done);
    CHECK(!ec);
    CHECK(input == "+OK\r\n");
}

TEST_CASE("what is dropped is bounded, to the octet")
{
    pop3::limits bounds;
    for (const bool enough : {true, false}) {
        bounds.drained_octets = message.size() - (enough ? 0 : 1);
        for (const std::size_t piece : {std::size_t(1), wire.size()}) {
            command::received_body body;
            command::drain_body drain(&body);
            test::kept_input kept;
            std::error_code ec;
            auto wants = next::read;
            for (std::string_view coming = wire; wants == next::read;) {
                REQUIRE(!coming.empty());
                kept.feed(coming.substr(0, piece),
                          [&](std::string_view& input) { wants = drain.consume(input, bounds, ec); });
                coming.remove_prefix(std::min(piece, coming.size()));
            }
            CHECK(ec == (enough ? std::error_code() : errc::drained_octets_limit));
        }
    }
}

TEST_SUITE_END();
