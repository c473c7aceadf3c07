// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// grammar/listing.hpp, and the numbers in it: grammar/decimal.hpp.

#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/grammar/line.hpp>
#include <pop3/grammar/listing.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::drop_listing;
using pop3::scan_listing;
using pop3::grammar::decimal;
using pop3::grammar::parse_drop_listing;
using pop3::grammar::parse_message_number;
using pop3::grammar::parse_scan_listing;
using pop3::grammar::parse_unique_id_listing;
using pop3::grammar::read_scan_listing;
using pop3::grammar::read_unique_id_listing;
using test::escaped;

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();

/// What the parsers must come to, written to be read: words cut off one by one, and each looked at octet by octet.
namespace by_the_book {

std::string_view take_word(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return word;
}

template <class Integer>
std::optional<Integer> number(std::string_view text)
{
    Integer value{};
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return value;
}

std::optional<scan_listing> scan(std::string_view text)
{
    const auto message = number<std::uint32_t>(take_word(text));
    const auto octets = number<std::uint64_t>(take_word(text));
    if (!message || *message == 0 || !octets)
        return std::nullopt;
    return scan_listing{*message, *octets};
}

std::optional<drop_listing> drop(std::string_view text)
{
    const auto count = number<std::uint64_t>(take_word(text));
    const auto octets = number<std::uint64_t>(take_word(text));
    if (!count || !octets)
        return std::nullopt;
    return drop_listing{*count, *octets};
}

std::optional<pop3::unique_id_listing> unique_id(std::string_view text)
{
    const auto message = number<std::uint32_t>(take_word(text));
    const auto last = text.find_last_not_of(' ');
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (!message || *message == 0 || last == std::string_view::npos ||
        std::any_of(text.begin(), text.end(), is_control))
        return std::nullopt;
    return pop3::unique_id_listing{*message, std::string(text.substr(0, last + 1))};
}

} // namespace by_the_book

auto fields(const scan_listing& entry)
{
    return std::pair(entry.number, entry.octets);
}

auto fields(const pop3::unique_id_view& entry)
{
    return std::pair(entry.number, entry.unique_id);
}

/// What is taken at sight must be what is found out slowly.
template <class Entry, class Take, class Parse>
void check_taken(std::string_view wire, Take take, Parse parse)
{
    std::vector<char> octets(wire.begin(), wire.end());
    octets.shrink_to_fit();
    Entry taken;
    const char* const behind = take(octets.data(), octets.data() + octets.size(), taken);
    if (behind == nullptr)
        return;
    std::string_view slow(octets.data(), octets.size());
    std::error_code ec;
    const auto line = pop3::grammar::take_line(slow, 100'000, ec);
    Entry parsed;
    const bool right = line && !ec && !line->starts_with('.') && parse(*line, parsed);
    if (!right)
        FAIL_CHECK("taken, but wrong: " << escaped(wire));
    else if (!(fields(taken) == fields(parsed)) || behind != slow.data())
        FAIL_CHECK("taken for another: " << escaped(wire));
}

void check_taken(std::string_view line)
{
    static unsigned turn = 0;
    ++turn;
    const std::string wire =
        std::string(line) + "\r\n" +
        std::string("2 1000\r\n3 12\r\n4 77777\r\n5 1\r\n6 2\r\n.\r\n").substr(0, turn % 45);
    check_taken<scan_listing>(wire, read_scan_listing,
                              [](auto in, auto& e) { return parse_scan_listing(in, e); });
    check_taken<pop3::unique_id_view>(wire, read_unique_id_listing,
                                      [](auto in, auto& e) { return parse_unique_id_listing(in, e); });
}

/// How many of the parsers took `line`.
int check_all(std::string_view line)
{
    check_taken(line);
    // In memory that ends where the line does: AddressSanitizer sees who looks further.
    std::vector<char> octets(line.begin(), line.end());
    octets.shrink_to_fit();
    const std::string_view text(octets.data(), octets.size());

    const auto scan = parse_scan_listing(text);
    if (scan != by_the_book::scan(line))
        FAIL_CHECK("scan listing: " << escaped(line));
    if (parse_drop_listing(text) != by_the_book::drop(line))
        FAIL_CHECK("drop listing: " << escaped(line));
    if (decimal<std::uint64_t>(text) != by_the_book::number<std::uint64_t>(line))
        FAIL_CHECK("64 bits: " << escaped(line));
    if (decimal<std::uint32_t>(text) != by_the_book::number<std::uint32_t>(line))
        FAIL_CHECK("32 bits: " << escaped(line));
    if (decimal<std::uint16_t>(text) != by_the_book::number<std::uint16_t>(line))
        FAIL_CHECK("16 bits: " << escaped(line));
    const auto unique_id = parse_unique_id_listing(text);
    const auto expected = by_the_book::unique_id(line);
    if (unique_id.has_value() != expected.has_value() ||
        (unique_id && (unique_id->number != expected->number || unique_id->unique_id != expected->unique_id)))
        FAIL_CHECK("unique-id listing: " << escaped(line));
    return scan.has_value() + unique_id.has_value();
}

/// A number, often near what fits in 16, 32 or 64 bits, and with zeros before it.
template <class Random>
std::string some_number(Random& random)
{
    constexpr std::string_view edges[] = {"0", "65535", "4294967295", "18446744073709551615"};
    std::string digits;
    if (random() % 4 == 0) {
        digits = edges[random() % std::size(edges)];
        if (random() % 2 == 0)
            digits.back() = static_cast<char>('0' + random() % 10);
        if (random() % 8 == 0)
            digits.front() = static_cast<char>('0' + random() % 10);
    } else {
        for (auto n = 1 + random() % (random() % 4 == 0 ? 25 : 6); n != 0; --n)
            digits += static_cast<char>('0' + random() % 10);
    }
    if (random() % 8 == 0)
        digits.insert(0, random() % 22, '0');
    return digits;
}

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

TEST_CASE("listings: generated and spoilt lines, against a parser that is easily read")
{
    std::mt19937 random(1725);
    const auto spaces = [&] {
        return std::string(random() % 8 == 0 ? random() % 4 : 1, ' ');
    };
    int taken = 0;
    constexpr int lines = 60'000;
    for (int n = 0; n != lines; ++n) {
        std::string line = (random() % 8 == 0 ? spaces() : "") + some_number(random) + spaces();
        if (random() % 2 == 0) {
            line += some_number(random);
        } else {
            for (auto size = random() % 80; size != 0; --size)
                line += static_cast<char>(random() % 64 == 0 ? 0x80 + random() % 128 : 0x20 + random() % 95);
        }
        if (random() % 8 == 0)
            line += spaces() + "more";
        if (random() % 8 == 0)
            line += spaces();
        taken += check_all(line);
        for (auto spoils = 1 + random() % 3; spoils != 0 && !line.empty(); --spoils) {
            const auto at = random() % line.size();
            constexpr auto bad = "\0\x01\t\n\r\x1f\x7f\x80\x9f\xff -+./:09"sv;
            switch (random() % 4) {
            case 0:
                line.erase(at, 1);
                break;
            case 1:
                line.insert(at, 1, bad[random() % bad.size()]);
                break;
            case 2:
                line[at] = static_cast<char>(random());
                break;
            default:
                line[at] = bad[random() % bad.size()];
            }
            check_all(line);
        }
    }
    // Many of both kinds.
    CHECK(taken > lines / 4);
    CHECK(taken < lines * 3 / 2);
}

TEST_CASE(
    "listings: what was written into is of no use when the answer is no, and all of it is written when yes")
{
    scan_listing scan{7, 7};
    CHECK(parse_scan_listing("1 120", scan));
    CHECK(scan == scan_listing{1, 120});
    CHECK(!parse_scan_listing("2 x", scan));
    pop3::unique_id_view id{7, "seven"};
    CHECK(parse_unique_id_listing("1 abc", id));
    CHECK(id.number == pop3::message_number(1));
    CHECK(id.unique_id == "abc");
    CHECK(!parse_unique_id_listing("2 ", id));
}

TEST_CASE("listings: what is written as it should be is taken at sight, with its CRLF")
{
    const std::string behind = "2 x\r\n........................................";
    for (const std::string number : {"1", "12", "1234567", "12345678", "123456789"}) {
        for (const std::string size : {"0", "9", "1234567", "12345678", "1234567890123456789"}) {
            const std::string wire = number + " " + size + "\r\n" + behind;
            scan_listing entry;
            const char* const next = read_scan_listing(wire.data(), wire.data() + wire.size(), entry);
            REQUIRE(next != nullptr);
            CHECK(std::to_string(entry.number.value()) == number);
            CHECK(std::to_string(entry.octets) == size);
            CHECK(next == wire.data() + wire.size() - behind.size());
        }
        for (const std::string id :
             {"a", "0123456789abcde", "0123456789abcdef", "0123456789abcdefg", "a b", "\x80\xff"}) {
            for (std::size_t more = 0; more != 20; ++more) {
                const std::string wire = number + " " + std::string(more, '~') + id + "\r\n" + behind;
                pop3::unique_id_view entry;
                const char* const next =
                    read_unique_id_listing(wire.data(), wire.data() + wire.size(), entry);
                REQUIRE(next != nullptr);
                CHECK(std::to_string(entry.number.value()) == number);
                CHECK(entry.unique_id == std::string(more, '~') + id);
                CHECK(next == wire.data() + wire.size() - behind.size());
            }
        }
    }

    // Nothing else, however like it looks.
    for (const auto& odd : {"0 5\r\n", "1 5 \r\n", " 1 5\r\n", "1  5\r\n", "1 5\n", "1 5\r5\r\n", "1\t5\r\n",
                            "1 \r\n", "1\r\n", ".\r\n", "-1 5\r\n", "1 5x\r\n"}) {
        const std::string wire = odd + behind;
        const char* const end = wire.data() + wire.size();
        scan_listing entry;
        CAPTURE(odd);
        CHECK(read_scan_listing(wire.data(), end, entry) == nullptr);
        if (std::string_view(odd) != "1 5x\r\n") {
            pop3::unique_id_view id;
            CHECK(read_unique_id_listing(wire.data(), end, id) == nullptr);
        }
    }
}

TEST_CASE("find_control: the first, wherever it is")
{
    for (std::size_t size = 0; size != 70; ++size) {
        for (std::size_t at = 0; at <= size; ++at) {
            for (const char control : {'\r', '\0', '\x1f', '\x7f'}) {
                std::vector<char> octets(size, '\x80');
                for (std::size_t i = 0; i != size; ++i)
                    octets[i] = static_cast<char>(i % 3 == 0 ? 0x20 : i % 3 == 1 ? 0x7e : 0xff);
                if (at != size)
                    octets[at] = control;
                const char* const begin = octets.data();
                CHECK(pop3::grammar::find_control(begin, begin + size) == begin + at);
            }
        }
    }
}

TEST_CASE("take_decimal: takes the digits, and leaves what follows")
{
    const auto take = [](std::string_view text) {
        std::uint32_t value = 7;
        std::string_view left = text;
        return pop3::grammar::take_decimal(left, value) ? std::to_string(value) + "|" + std::string(left)
                                                        : "";
    };
    CHECK(take("1") == "1|");
    CHECK(take("12 34") == "12| 34");
    CHECK(take("12a") == "12|a");
    CHECK(take("4294967295/") == "4294967295|/");
    CHECK(take("000000000000004294967295:") == "4294967295|:");
    CHECK(take("123456789x") == "123456789|x");
    CHECK(take("1234567890x") == "1234567890|x");
    for (const auto text : {""sv, " 1"sv, "a"sv, "-1"sv, "4294967296"sv, "4294967300 1"sv, "5000000000"sv})
        CHECK(take(text) == "");
}

// Usable where the compiler computes.
static_assert(decimal<std::uint8_t>("255") == 255);
static_assert(!decimal<std::uint8_t>("256"));
static_assert(parse_scan_listing("2 200 octets") == scan_listing{2, 200});
