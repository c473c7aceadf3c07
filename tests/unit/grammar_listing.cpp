// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// grammar/listing.hpp, and the numbers in it: grammar/decimal.hpp.

#include <pop3/grammar/decimal.hpp>
#include <pop3/grammar/listing.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using pop3::drop_listing;
using pop3::scan_listing;
using pop3::grammar::decimal;
using pop3::grammar::parse_drop_listing;
using pop3::grammar::parse_message_number;
using pop3::grammar::parse_scan_listing;
using pop3::grammar::parse_unique_id_listing;

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

} // namespace

TEST_CASE("decimal: digits, all of them, and no more than the type holds")
{
    CHECK(decimal<std::uint64_t>("0") == 0u);
    CHECK(decimal<std::uint64_t>("320") == 320u);
    CHECK(decimal<std::uint64_t>("00000000000000000000000000320") == 320u);
    CHECK(decimal<std::uint64_t>("4294967295") == 4294967295u);
    CHECK(decimal<std::uint64_t>("4294967296") == 4294967296u);
    CHECK(decimal<std::uint64_t>("18446744073709551615") == largest);
    CHECK(!decimal<std::uint64_t>("18446744073709551616"));
    CHECK(!decimal<std::uint64_t>("99999999999999999999999999"));
    CHECK(decimal<std::uint32_t>("4294967295") == 4294967295u);
    CHECK(!decimal<std::uint32_t>("4294967296"));

    for (const auto text : {""sv, " "sv, "-1"sv, "-0"sv, "+1"sv, " 1"sv, "1 "sv, "1a"sv, "0x10"sv, "1.5"sv,
                            "1e3"sv, "a"sv, "1\0"sv, "\xd9\xa1"sv, "1,000"sv, "1\r"sv}) {
        CAPTURE(text);
        CHECK(!decimal<std::uint64_t>(text));
        CHECK(!decimal<std::uint32_t>(text));
    }
    CHECK(!decimal<std::uint64_t>({}));
}

TEST_CASE("message-number: from 1 to 32 bits")
{
    CHECK(parse_message_number("1") == pop3::message_number(1));
    CHECK(parse_message_number("01") == pop3::message_number(1));
    CHECK(parse_message_number("4294967295") == pop3::message_number(4294967295u));
    for (const auto text : {"0"sv, "00"sv, ""sv, "-1"sv, "4294967296"sv, "4294967297"sv, "1x"sv, "a"sv}) {
        CAPTURE(text);
        CHECK(!parse_message_number(text));
    }
}

TEST_CASE("drop listing: two numbers; what follows has no meaning")
{
    struct row {
        std::string_view text;
        drop_listing value;
    };
    constexpr row rows[] = {
        {"2 320", {2, 320}},
        {"0 0", {0, 0}},
        {"10 3222118", {10, 3222118}},
        {"  2    320   ", {2, 320}},
        {"2 320 octets in maildrop", {2, 320}},
        {"002 0320", {2, 320}},
        {"1 2147483648", {1, 2147483648u}},
        {"1 4294967296", {1, 4294967296u}},
        {"4294967296 18446744073709551615", {4294967296u, largest}},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, value] = r;
        CHECK(parse_drop_listing(text) == value);
    }
    for (const auto text : {""sv, "2"sv, "2 "sv, " 320"sv, "two 320"sv, "2 big"sv, "-2 320"sv, "2 -320"sv,
                            "2 18446744073709551616"sv, "18446744073709551616 1"sv, "2,320"sv, "2\t320"sv,
                            "2 320\r"sv, "2 320octets"sv, "2. 320"sv, "messages: 2 320"sv}) {
        CAPTURE(text);
        CHECK(!parse_drop_listing(text));
    }
}

TEST_CASE("scan listing: a message-number and a size; what follows has no meaning")
{
    struct row {
        std::string_view text;
        scan_listing value;
    };
    const row rows[] = {
        {"1 120", {1, 120}},
        {"2    200", {2, 200}},
        {" 2 200 ", {2, 200}},
        {"01 222", {1, 222}},
        {"1 0", {1, 0}},
        {"1 120 extra", {1, 120}},
        {"4294967295 18446744073709551615", {4294967295u, largest}},
        {"3 4294967296", {3, 4294967296u}},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, value] = r;
        CHECK(parse_scan_listing(text) == value);
    }
    for (const auto text : {""sv, "1"sv, "1 "sv, "0 120"sv, "-1 120"sv, "1 -120"sv, "4294967296 1"sv,
                            "1 18446744073709551616"sv, "1 x"sv, "x 1"sv, "1 12x"sv, "1\t120"sv, "."sv,
                            "1 120\r"sv, "+OK 1 120"sv}) {
        CAPTURE(text);
        CHECK(!parse_scan_listing(text));
    }
}

TEST_CASE("unique-id listing: a message-number, and what follows without spaces around")
{
    struct row {
        std::string_view text;
        std::uint32_t number;
        std::string_view unique_id;
    };
    const std::string long_id(71, 'x');
    const auto long_line = "1 " + long_id;
    const row rows[] = {
        {"1 whqtswO00WBw418f9t5JxYwZ", 1, "whqtswO00WBw418f9t5JxYwZ"},
        {"2 QhdPYR:00WBw1Ph7x7", 2, "QhdPYR:00WBw1Ph7x7"},
        {"1    abc", 1, "abc"},
        {" 1 abc  ", 1, "abc"},
        {"1 two words", 1, "two words"},
        {"1 a  b", 1, "a  b"},
        {"1 UID1-1795427547", 1, "UID1-1795427547"},
        {"1 8eaf555f6d04c1f324bc444dc51da5fe.1795427726.1", 1,
         "8eaf555f6d04c1f324bc444dc51da5fe.1795427726.1"},
        {"1 j\xc3\xbcrgen\xff", 1, "j\xc3\xbcrgen\xff"},
        {"1 .", 1, "."},
        {"1 !~", 1, "!~"},
        {"4294967295 7", 4294967295u, "7"},
        {long_line, 1, long_id},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, number, unique_id] = r;
        const auto entry = parse_unique_id_listing(text);
        REQUIRE(entry);
        CHECK(entry->number == number);
        CHECK(entry->unique_id == unique_id);
    }
    for (const auto text :
         {""sv, "1"sv, "1 "sv, "1    "sv, "0 abc"sv, "abc"sv, "-1 abc"sv, "4294967296 a"sv, "02.eml"sv,
          "1 a\tb"sv, "1 \t"sv, "1 a\rb"sv, "1 a\r"sv, "1 a\0b"sv, "1 a\x7f"sv, "1\tabc"sv, "1 \x1b[2J"sv}) {
        CAPTURE(text);
        CHECK(!parse_unique_id_listing(text));
    }
}
