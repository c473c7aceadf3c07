// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/grammar/body_decoder.hpp>
#include <pop3/grammar/find_dot_line.hpp>

#include "feed.hpp"
#include "support/thorough.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::escaped;

struct decoded {
    std::string body;
    bool ended = false;
    std::string rest;

    friend bool operator==(const decoded&, const decoded&) = default;
};

/// RFC 1939, section 3, octet by octet and slowly. A line begins at the start and after CRLF; one of "."
/// alone is the end; off any other one that starts with a dot, the dot goes.
decoded by_the_book(std::string_view wire)
{
    decoded result;
    std::size_t i = 0;
    for (; i != wire.size(); ++i) {
        const bool line_start = i == 0 || (i >= 2 && wire.substr(i - 2, 2) == "\r\n");
        if (!line_start || wire[i] != '.') {
            result.body += wire[i];
            continue;
        }
        const auto line = wire.substr(i, 3);
        if (line == ".\r\n") {
            result.ended = true;
            i += 3;
            break;
        }
        // Not to be decided yet.
        if (line == "." || line == ".\r")
            break;
    }
    result.rest = wire.substr(i);
    return result;
}

using best = pop3::grammar::body_decoder;
using plain = pop3::grammar::basic_body_decoder<pop3::grammar::find_dot_line_plain>;

void keep(std::string_view piece, std::string_view from, decoded& result)
{
    if (piece.empty())
        FAIL_CHECK("an empty piece");
    // Nothing is copied: a piece is a part of the input.
    if (piece.data() < from.data() || piece.data() + piece.size() > from.data() + from.size())
        FAIL_CHECK("a piece of something else");
    result.body += piece;
}

template <class Decoder>
void push(Decoder& decoder, std::string_view& input, decoded& result)
{
    const auto before = input;
    result.ended = decoder.decode(
        input, [&](std::span<const char> octets) { keep({octets.data(), octets.size()}, before, result); });
}

/// Whether there was a piece.
template <class Decoder>
bool pull(Decoder& decoder, std::size_t most, std::string_view& input, decoded& result)
{
    const auto before = input;
    const auto piece = decoder.next(input, most);
    if (piece.size() > most)
        FAIL_CHECK("a piece of more than was asked for");
    if (!piece.empty())
        keep(piece, before, result);
    if (decoder.ended() && !piece.empty())
        FAIL_CHECK("the end comes with the last piece, not behind it");
    result.ended = decoder.ended();
    return !piece.empty();
}

/// `read(decoder, input, result)` is called for each piece of the input.
template <class Decoder, class Read>
decoded feed(const test::pieces& pieces, Read&& read)
{
    decoded result;
    Decoder decoder;
    test::kept_input kept;
    std::string behind;
    for (const auto piece : pieces) {
        if (result.ended) {
            behind += piece;
            continue;
        }
        kept.feed(piece, [&](std::string_view& input) {
            const auto before = input;
            read(decoder, input, result);
            if (!before.ends_with(input))
                FAIL_CHECK("what is left is not the end of the input");
            if (!result.ended && input.size() > 2)
                FAIL_CHECK("more than two octets are left");
            if (decoder.ended() != result.ended)
                FAIL_CHECK("two answers to whether it ended");
        });
    }
    result.rest = kept.rest() + behind;
    return result;
}

template <class Decoder = best>
decoded decode(const test::pieces& pieces)
{
    return feed<Decoder>(pieces, [](auto&... all) { push(all...); });
}

template <class Decoder, std::size_t Most>
decoded pulled(const test::pieces& pieces)
{
    return feed<Decoder>(pieces, [](auto& decoder, std::string_view& input, decoded& result) {
        while (pull(decoder, Most, input, result))
            ;
    });
}

/// Some by the one, some by the other.
template <class Decoder>
decoded mixed(const test::pieces& pieces)
{
    std::minstd_rand random(static_cast<unsigned>(pieces.size()));
    return feed<Decoder>(pieces, [&](auto& decoder, std::string_view& input, decoded& result) {
        for (auto n = random() % 4; n != 0; --n)
            if (!pull(decoder, 1 + random() % 9, input, result))
                return;
        push(decoder, input, result);
    });
}

struct way {
    std::string_view name;
    decoded (*read)(const test::pieces& pieces);
};

constexpr way ways[] = {
    {"decode", decode<best>},
    {"decode, plain", decode<plain>},
    {"next(1)", pulled<best, 1>},
    {"next(2), plain", pulled<plain, 2>},
    {"next(3)", pulled<best, 3>},
    {"next(7), plain", pulled<plain, 7>},
    {"next(64)", pulled<best, 64>},
    {"next(64), plain", pulled<plain, 64>},
    {"next(100000)", pulled<best, 100'000>},
    {"next(100000), plain", pulled<plain, 100'000>},
    {"both", mixed<best>},
    {"both, plain", mixed<plain>},
};

void check(std::string_view wire, const test::pieces& pieces, const decoded& expected)
{
    for (const auto& [name, read] : ways) {
        const auto got = read(pieces);
        if (got == expected)
            continue;
        std::string cuts;
        for (const auto piece : pieces)
            cuts += std::to_string(piece.size()) + ' ';
        FAIL_CHECK("on the wire: " << escaped(wire) << ", in pieces of " << cuts << "by " << name << ": got "
                                   << escaped(got.body) << (got.ended ? " (ended)" : "") << " rest "
                                   << escaped(got.rest) << ", expected " << escaped(expected.body)
                                   << (expected.ended ? " (ended)" : "") << " rest "
                                   << escaped(expected.rest));
    }
}

/// Whole, in every two pieces, and octet by octet.
void check_every_way(std::string_view wire, const decoded& expected)
{
    check(wire, {wire}, expected);
    for (std::size_t i = 0; i <= wire.size(); ++i)
        check(wire, {wire.substr(0, i), wire.substr(i)}, expected);
    check(wire, test::octet_by_octet(wire), expected);
}

/// Cuts `wire` in pieces of less than `bound` octets.
template <class Random>
test::pieces cut(std::string_view wire, std::size_t bound, Random& random)
{
    test::pieces pieces;
    while (!wire.empty()) {
        const auto n = std::min<std::size_t>(wire.size(), random() % bound);
        pieces.push_back(wire.substr(0, n));
        wire.remove_prefix(n);
    }
    return pieces;
}

/// What a server does to a message.
std::string stuffed(std::string_view message)
{
    std::string wire;
    bool line_start = true;
    bool after_cr = false;
    for (const char c : message) {
        if (line_start && c == '.')
            wire += '.';
        wire += c;
        line_start = after_cr && c == '\n';
        after_cr = c == '\r';
    }
    return wire + ".\r\n";
}

constexpr std::string_view alphabet = "\r\n.a";

} // namespace

TEST_CASE("body_decoder: dot-stuffing is undone, and the end found")
{
    struct row {
        std::string_view wire;
        std::string_view body;
        std::string_view rest;
    };
    constexpr row rows[] = {
        {".\r\n", "", ""},
        {"\r\n.\r\n", "\r\n", ""},
        {"a\r\n.\r\n", "a\r\n", ""},
        {"a\r\n..\r\n.\r\n", "a\r\n.\r\n", ""},
        {"..\r\n.\r\n", ".\r\n", ""},
        {"...\r\n.\r\n", "..\r\n", ""},
        {"..a\r\n.\r\n", ".a\r\n", ""},
        // A server that does not stuff.
        {".a\r\n.\r\n", "a\r\n", ""},
        {". \r\n.\r\n", " \r\n", ""},
        {"a.\r\n.b.\r\n.\r\n", "a.\r\nb.\r\n", ""},
        // A dot is a dot in the middle of a line.
        {"a..b\r\n.\r\n", "a..b\r\n", ""},
        {"\r\n\r\n.\r\n", "\r\n\r\n", ""},
        // The next reply is not touched, whatever it looks like.
        {".\r\n+OK\r\n", "", "+OK\r\n"},
        {"a\r\n.\r\n.\r\n", "a\r\n", ".\r\n"},
        {"a\r\n.\r\n\r\n.\r\n", "a\r\n", "\r\n.\r\n"},
        {"a\r\n.\r\n.", "a\r\n", "."},
        {"\0\xff\x80\r\n.\r\n"sv, "\0\xff\x80\r\n"sv, ""},
        // Seen at courier, popa3d, tcllib: CRLF put where CRLF was.
        {"a\r\r\n.\r\n", "a\r\r\n", ""},
        {"\r\r\n.\r\n", "\r\r\n", ""},
    };
    for (const auto& [wire, body, rest] : rows)
        check_every_way(wire, {std::string(body), true, std::string(rest)});
}

TEST_CASE("body_decoder: only CRLF.CRLF ends a body")
{
    constexpr std::string_view smuggled[] = {
        "a\n.\n",       "a\n.\r\n",  "a\r\n.\n",      "a\r.\r\n",      "a\r.\r",         "\n.\r\n",
        "\r.\r\n",      "\n.\n",     "\r\n.\n",       "\r\n.\rb\r\n",  "\r\n.\r\r\n",    ".\n",
        ".\r\r\n",      ".\n\r\n",   "\r\n.\n\r\n",   "a\n\r.\r\n",    "a\n\n.\r\n",     "a\r\n\n.\r\n",
        "a\r\n\r.\r\n", ".\r.\r\n",  "\r\n. \r\n",    "\r\n..\r\n",    "\r\n.\0\r\n"sv,  "a.\r\n",
        "..\r\n",       "..\n.\r\n", "\r\n..\n.\r\n", "\r\n..\r.\r\n", "\n\r\n.\n.\r\n",
    };
    for (const auto wire : smuggled) {
        INFO("on the wire: " << escaped(wire));
        const auto expected = by_the_book(wire);
        CHECK(!expected.ended);
        check_every_way(wire, expected);

        // The true end is still found, and what looked like an end is a part of the message.
        const auto more = std::string(wire) + "\r\n.\r\n+OK";
        const auto whole = decode({more});
        CHECK(whole.ended);
        CHECK(whole.rest == "+OK");
        check_every_way(more, by_the_book(more));
    }
    // By hand, so that not all depends on the reference.
    CHECK(decode({"a\n.\r\nb\r\n.\r\n"sv}) == decoded{"a\n.\r\nb\r\n", true, ""});
    CHECK(decode({"a\r\n.\nb\r\n.\r\n"sv}) == decoded{"a\r\n\nb\r\n", true, ""});
    CHECK(decode({"a\r.\r\nb\r\n.\r\n"sv}) == decoded{"a\r.\r\nb\r\n", true, ""});
    CHECK(decode({"a\r\n.\rb\r\n.\r\n"sv}) == decoded{"a\r\n\rb\r\n", true, ""});
}

TEST_CASE("body_decoder: what only the next octets can decide is left")
{
    CHECK(decode({"a\r\n."sv}) == decoded{"a\r\n", false, "."});
    CHECK(decode({"a\r\n.\r"sv}) == decoded{"a\r\n", false, ".\r"});
    CHECK(decode({"."sv}) == decoded{"", false, "."});
    CHECK(decode({".\r"sv}) == decoded{"", false, ".\r"});
    CHECK(decode({"a\r"sv}) == decoded{"a\r", false, ""});
    CHECK(decode({"a\r\n"sv}) == decoded{"a\r\n", false, ""});
    CHECK(decode({".."sv}) == decoded{".", false, ""});
    CHECK(decode({}) == decoded{});
    CHECK(decode({""sv, ""sv}) == decoded{});
}

TEST_CASE("body_decoder: nothing to decode, and no memory behind it")
{
    pop3::grammar::body_decoder decoder;
    std::string_view nothing;
    CHECK(!decoder.decode(nothing, [](std::span<const char>) { FAIL("there is nothing"); }));
    CHECK(nothing.empty());
}

TEST_CASE("body_decoder: a line is passed on in one piece, however long")
{
    const auto line = std::string(100'000, 'x') + "\r\n";
    const auto wire = line + ".\r\n";
    std::string_view input = wire;
    std::vector<std::size_t> sizes;
    pop3::grammar::body_decoder decoder;
    CHECK(decoder.decode(input, [&](std::span<const char> piece) { sizes.push_back(piece.size()); }));
    CHECK(sizes == std::vector<std::size_t>{line.size()});
    CHECK(input.empty());
}

TEST_CASE("body_decoder: many lines are passed on in one piece, up to one that begins with a dot")
{
    std::string wire;
    for (int i = 1; i <= 1000; ++i) {
        // Ten of them are stuffed. In the second line a dot stands behind LF, but no CR before that.
        wire += i % 100 == 0 ? "..a line\r\n" : "a line.\r\n";
        wire += "another\n.\r\n";
    }
    wire += ".\r\n";
    for (const bool is_plain : {false, true}) {
        std::size_t pieces = 0;
        std::string_view input = wire;
        const auto count = [&](std::span<const char>) {
            ++pieces;
        };
        const bool ended = is_plain ? plain().decode(input, count) : best().decode(input, count);
        CHECK(ended);
        CHECK(pieces == 11);
    }
}

TEST_CASE("body_decoder: next gives as much as was asked for, if it is there")
{
    const auto wire = std::string(1000, 'x') + "\r\n..y\r\n.\r\n+OK";
    std::string_view input = wire;
    pop3::grammar::body_decoder decoder;
    CHECK(decoder.next(input, 300).size() == 300);
    CHECK(decoder.next(input, 300).size() == 300);
    CHECK(decoder.next(input, 1000) == std::string(400, 'x') + "\r\n");
    CHECK(decoder.next(input, 1000) == ".y\r\n");
    CHECK(!decoder.ended());
    CHECK(decoder.next(input, 1000).empty());
    CHECK(decoder.ended());
    CHECK(input == "+OK");
}

TEST_CASE("body_decoder: behind the end nothing is taken")
{
    pop3::grammar::body_decoder decoder;
    std::string body;
    const auto sink = [&](std::span<const char> piece) {
        body.append(piece.data(), piece.size());
    };
    std::string_view input = "a\r\n.\r\n.b\r\n.\r\n+OK";
    CHECK(!decoder.ended());
    CHECK(decoder.decode(input, sink));
    CHECK(decoder.ended());
    CHECK(decoder.decode(input, sink));
    CHECK(decoder.next(input, 100).empty());
    CHECK(decoder.ended());
    CHECK(input == ".b\r\n.\r\n+OK");
    CHECK(body == "a\r\n");
}

TEST_CASE("body_decoder: a sink that throws has its piece, and the rest can be read")
{
    pop3::grammar::body_decoder decoder;
    std::string_view input = "a\r\n..b\r\n.\r\n";
    CHECK_THROWS_AS(decoder.decode(input, [](std::span<const char>) { throw 1; }), int);
    std::string body;
    CHECK(
        decoder.decode(input, [&](std::span<const char> piece) { body.append(piece.data(), piece.size()); }));
    CHECK(body == ".b\r\n");
}

TEST_CASE("body_decoder: all short inputs, cut in many ways, against the reference")
{
    constexpr std::size_t longest = test::thorough ? 7 : 6;
    std::size_t ends = 0;
    for (std::size_t length = 0; length <= longest; ++length) {
        const auto count = std::size_t{1} << (2 * length);
        for (std::size_t n = 0; n != count; ++n) {
            std::string wire;
            for (std::size_t i = 0; i != length; ++i)
                wire += alphabet[(n >> (2 * i)) & 3];
            const auto expected = by_the_book(wire);
            ends += expected.ended;
            if (length < 7) {
                check_every_way(wire, expected);
            } else {
                check(wire, {wire}, expected);
                check(wire, test::octet_by_octet(wire), expected);
            }
        }
    }
    // 3 octets ".\r\n" in front, or "\r\n.\r\n" somewhere: 4^4 + 4^3 + ... of the one, and the other.
    CHECK(ends > (test::thorough ? 300 : 90));
}

TEST_CASE("body_decoder: random inputs, cut everywhere, against the reference")
{
    std::mt19937 random(1939);
    std::size_t ends = 0;
    for (int n = 0; n != 1500; ++n) {
        std::string wire;
        const auto length = 8 + random() % 8;
        while (wire.size() < length) {
            // Single octets alone come to an end too seldom.
            switch (random() % 8) {
            case 0:
                wire += "\r\n";
                break;
            case 1:
                wire += "\r\n.";
                break;
            default:
                wire += alphabet[random() % alphabet.size()];
            }
        }
        const auto expected = by_the_book(wire);
        ends += expected.ended;
        check_every_way(wire, expected);
    }
    CHECK(ends > 100);
    CHECK(ends < 1500);
}

TEST_CASE("body_decoder: random inputs in many pieces, against the reference")
{
    std::mt19937 random(2449);
    for (int n = 0; n != 1000; ++n) {
        std::string wire;
        for (std::size_t length = random() % 60; wire.size() < length;)
            wire += alphabet[random() % alphabet.size()];
        wire += "\r\n.\r\n+OK";
        check(wire, cut(wire, 5, random), by_the_book(wire));
    }
}

// Where a search in steps of 16 and 64 octets begins and ends, and what stands over their bounds.
TEST_CASE("body_decoder: random inputs of every length up to 300, against the reference")
{
    std::mt19937 random(300);
    std::size_t ends = 0;
    for (std::size_t length = 0; length <= 300; ++length) {
        // From many lines that begin with a dot to hardly any.
        for (const std::size_t others : {1u, 12u, 150u}) {
            std::string wire;
            while (wire.size() < length) {
                const auto pick = random() % (5 + others);
                if (pick < 4)
                    wire += alphabet[pick];
                else if (pick == 4)
                    // The end is rare enough for some to come through without.
                    wire += random() % 16 == 0 ? "\r\n.\r\n" : "\r\n..";
                else
                    wire += random() % 8 == 0 ? '\xae' : 'a';
            }
            wire.resize(length);
            const auto expected = by_the_book(wire);
            ends += expected.ended;
            check(wire, {wire}, expected);
            check(wire, cut(wire, 5, random), expected);
            check(wire, cut(wire, 100, random), expected);
            // All cuts of some: they take long.
            if (length % 23 == 0 || length % 64 == 1)
                check_every_way(wire, expected);
        }
    }
    CHECK(ends > 50);
    CHECK(ends < 700);
}

TEST_CASE("body_decoder: a stuffed line, a false one and the end at every place of a long text")
{
    std::mt19937 random(64);
    for (const std::string_view mark :
         {"\r\n.."sv, "\n."sv, "\r\n.\r\n"sv, "\r\n.\rx"sv, "\r\n"sv, "\r\n."sv}) {
        for (std::size_t before = 0; before != 200; ++before) {
            const auto wire = std::string(before, 'x') + std::string(mark) + std::string(random() % 150, 'y');
            const auto expected = by_the_book(wire);
            check(wire, {wire}, expected);
            const auto middle = before + random() % (mark.size() + 1);
            check(wire, {std::string_view(wire).substr(0, middle), std::string_view(wire).substr(middle)},
                  expected);
        }
    }
}

TEST_CASE("body_decoder: long inputs, around multiples of what is looked at in one step")
{
    std::mt19937 random(16384);
    for (const std::size_t about : {1024u, 4096u, 16384u, test::thorough ? 100'000u : 2048u}) {
        for (std::size_t length = about - 3; length <= about + 3; ++length) {
            std::string wire;
            while (wire.size() < length)
                wire += random() % 50 == 0   ? "\r\n"s
                        : random() % 50 == 0 ? "\n."s
                                             : std::string(random() % 40, 'x') + '.';
            wire.resize(length);
            for (const auto end : {""sv, "\r\n."sv, "\r\n.\r\n+OK"sv}) {
                const auto whole = wire + std::string(end);
                const auto expected = by_the_book(whole);
                check(whole, {whole}, expected);
                check(whole, cut(whole, 10'000, random), expected);
            }
        }
    }
}

TEST_CASE("body_decoder: what a server stuffed comes out as it was")
{
    std::mt19937 random(822);
    for (int n = 0; n != 1000; ++n) {
        std::string message;
        for (std::size_t length = random() % 12; message.size() < length;)
            message += alphabet[random() % alphabet.size()];
        if (random() % 8 != 0)
            message += "\r\n";
        else
            message.clear();
        check_every_way(stuffed(message) + "+OK", {message, true, "+OK"});
    }
    CHECK(stuffed(".\r\n..\r\na.\r\n") == "..\r\n...\r\na.\r\n.\r\n");
}
