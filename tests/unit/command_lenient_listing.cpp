// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Listings in which a line that cannot be read hides no other.

#include "ahead.hpp"
#include "feed.hpp"

#include <pop3/command/lenient_listing.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/lenient.hpp>
#include <pop3/listing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace std::string_literals;
using pop3::errc;
using pop3::flow;
using pop3::listing_delivery;
using pop3::unreadable_line;
namespace command = pop3::command;

const std::string long_id(300, 'x');

/// Of a server with something wrong in each other line.
const std::string broken = "+OK\r\n1 a\r\n2 \r\n3 c d\r\n\r\n+OK 5 e\r\n6 " + long_id +
                           "\r\n00001a\r\n8 h\x1b\r\n9 i\r\n9 j\r\n..\r\n.\r\n+OK next\r\n";

} // namespace

TEST_SUITE_BEGIN("lenient listings");

TEST_CASE("UIDL: the entries, and the lines that are none, as they came")
{
    CHECK(test::written(command::lenient_uidl()) == "UIDL\r\n");
    const auto got = test::feed_every_way(command::lenient_uidl(), broken);
    REQUIRE(got.ok());
    CHECK(got.rest == "+OK next\r\n");
    CHECK(got.reply->entries ==
          std::vector<pop3::unique_id_listing>{{1, "a"}, {3, "c d"}, {9, "i"}, {9, "j"}});
    CHECK(got.reply->unreadable == std::vector<unreadable_line>{
                                       {2, "2 ", errc::malformed_value},
                                       {{}, "", errc::malformed_value},
                                       {{}, "+OK 5 e", errc::malformed_value},
                                       {6, "6 " + long_id, errc::unique_id_limit},
                                       {{}, "00001a", errc::malformed_value},
                                       {8, "8 h\x1b", errc::malformed_value},
                                       {{}, ".", errc::malformed_value},
                                   });
}

TEST_CASE("LIST: the same")
{
    CHECK(test::written(command::lenient_list()) == "LIST\r\n");
    const auto got =
        test::feed_every_way(command::lenient_list(), "+OK\r\n1 120\r\n2\r\n3 -1\r\n0 5\r\n4 40\r\n.\r\n");
    REQUIRE(got.ok());
    CHECK(got.reply->entries == std::vector<pop3::scan_listing>{{1, 120}, {4, 40}});
    CHECK(got.reply->unreadable == std::vector<unreadable_line>{{2, "2", errc::malformed_value},
                                                                {3, "3 -1", errc::malformed_value},
                                                                {{}, "0 5", errc::malformed_value}});
    const auto none = test::feed_every_way(command::lenient_list(), "+OK\r\n.\r\n");
    REQUIRE(none.ok());
    CHECK(none.reply->entries.empty());
    CHECK(none.reply->unreadable.empty());
    CHECK(test::feed_every_way(command::lenient_list(), "-ERR no\r\n").refused());
}

TEST_CASE("a sink is given each line in its place")
{
    std::vector<std::string> lines;
    const auto note = [&](pop3::listing_line<pop3::unique_id_view> line) {
        if (line.entry)
            lines.push_back(std::to_string(line.entry->number.value()) + "=" +
                            std::string(line.entry->unique_id));
        else
            lines.push_back((line.number ? std::to_string(line.number->value()) : "?"s) + ":" +
                            std::string(line.text));
        CHECK(bool(line.error) == !line.entry);
    };
    const std::vector<std::string> all{"1=a",      "2:2 ",      "3=c d", "?:",  "?:+OK 5 e", "6:6 " + long_id,
                                       "?:00001a", "8:8 h\x1b", "9=i",   "9=j", "?:."};
    for (const std::size_t size : {1u, 7u, 100000u}) {
        lines.clear();
        test::pieces pieces;
        for (std::string_view rest = broken; !rest.empty(); rest.remove_prefix(std::min(size, rest.size())))
            pieces.push_back(rest.substr(0, size));
        const auto got = test::feed(command::lenient_uidl_to(note), pieces);
        REQUIRE(got.ok());
        CHECK(*got.reply == listing_delivery{11, true});
        CHECK(lines == all);
    }

    int given = 0;
    const auto two = [&](pop3::listing_line<pop3::scan_listing>) {
        return ++given == 2 ? flow::drain : flow::more;
    };
    const auto got = test::feed(command::lenient_list_to(two), "+OK\r\n1 1\r\nx\r\n3 3\r\ny\r\n.\r\n");
    REQUIRE(got.ok());
    CHECK(*got.reply == listing_delivery{2, false});
    CHECK(given == 2);
}

TEST_CASE("what is wrong with the listing, and not with a line, is an error here as well")
{
    for (const auto& rest : {"-ERR failed\r\n.\r\n"s, "-err\r\n.\r\n"s, "2 b\n.\r\n"s}) {
        CHECK(test::feed_every_way(command::lenient_uidl(), "+OK\r\n1 a\r\n" + rest).ec ==
              errc::malformed_reply);
        CHECK(test::feed_every_way(command::lenient_uidl_to([](auto) {}), "+OK\r\n1 a\r\n" + rest).ec ==
              errc::malformed_reply);
    }
    CHECK(!test::feed_every_way(command::lenient_uidl(), "+OK\r\n1 a\r\nx\r\n").done);
    CHECK(test::feed(command::lenient_uidl(), "+OK\r\n" + std::string(9000, 'x')).ec ==
          errc::response_line_limit);
}

TEST_CASE("it is bounded like any other")
{
    pop3::limits bounds;
    bounds.listing_entries = 3;
    bounds.unique_id = 10;
    const auto uidl = [&](const std::string& lines) {
        const auto got =
            test::feed_every_way(command::lenient_uidl(), "+OK\r\n" + lines + ".\r\n+OK", bounds);
        CHECK(got.rest == "+OK");
        return got.ec;
    };
    CHECK(!uidl("1 a\r\nx\r\n3 c\r\n"));
    CHECK(uidl("1 a\r\nx\r\n3 c\r\n4 d\r\n") == errc::listing_entries_limit);
    CHECK(uidl("1 a\r\nx\r\n3 c\r\nx\r\n") == errc::listing_entries_limit);
    // What is long counts for more than one, or memory would be bounded by the longest line and not by the longest id.
    CHECK(!uidl("1 2345678901234567\r\n3 c\r\n"));
    CHECK(uidl("1 2345678901234567890123456789\r\n") == errc::listing_entries_limit);
    int given = 0;
    const auto count = [&](auto) {
        ++given;
    };
    bounds.streamed_entries = 3;
    CHECK(test::feed(command::lenient_uidl_to(count), "+OK\r\nx\r\n2 b\r\nx\r\n4 d\r\n.\r\n", bounds).ec ==
          errc::streamed_entries_limit);
    CHECK(given == 3);
}

TEST_CASE("in a pipeline")
{
    const auto server = [](const std::string& line) {
        return line == "UIDL" ? broken.substr(0, broken.size() - 10) : "+OK\r\n"s;
    };
    command::pipeline pipeline(true, command::lenient_uidl(), command::noop());
    CHECK(test::talk_ahead(pipeline, server, 5).ok());
    const auto [uidl, noop] = pipeline.take();
    REQUIRE(uidl);
    CHECK(uidl->entries.size() == 4);
    CHECK(uidl->unreadable.size() == 7);
    CHECK(noop);
}

TEST_SUITE_END();
