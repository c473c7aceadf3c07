// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/grammar/body_decoder.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

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

decoded decode(const test::pieces& pieces)
{
    decoded result;
    pop3::grammar::body_decoder decoder;
    test::kept_input kept;
    std::string behind;
    for (const auto piece : pieces) {
        if (result.ended) {
            behind += piece;
            continue;
        }
        kept.feed(piece, [&](std::string_view& input) {
            const auto before = input;
            result.ended = decoder.decode(input, [&](std::span<const char> octets) {
                if (octets.empty())
                    FAIL_CHECK("an empty piece");
                // Nothing is copied: a piece is a part of the input.
                if (octets.data() < before.data() ||
                    octets.data() + octets.size() > before.data() + before.size())
                    FAIL_CHECK("a piece of something else");
                result.body.append(octets.data(), octets.size());
            });
            if (!before.ends_with(input))
                FAIL_CHECK("what is left is not the end of the input");
            if (!result.ended && input.size() > 2)
                FAIL_CHECK("more than two octets are left");
        });
    }
    result.rest = kept.rest() + behind;
    return result;
}

/// Whole, in every two pieces, and octet by octet.
void check_every_way(std::string_view wire, const decoded& expected)
{
    INFO("on the wire: " << escaped(wire));
    const auto check = [&](const decoded& got, std::string_view how, std::size_t where) {
        if (!(got == expected))
            FAIL_CHECK(how << " " << where << ": got " << escaped(got.body) << (got.ended ? " (ended)" : "")
                           << " rest " << escaped(got.rest) << ", expected " << escaped(expected.body)
                           << (expected.ended ? " (ended)" : "") << " rest " << escaped(expected.rest));
    };
    check(decode({wire}), "whole", 0);
    for (std::size_t i = 0; i <= wire.size(); ++i)
        check(decode({wire.substr(0, i), wire.substr(i)}), "cut at", i);
    check(decode(test::octet_by_octet(wire)), "octet by octet", 0);
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

TEST_CASE("body_decoder: all inputs of up to 7 octets, cut everywhere, against the reference")
{
    std::size_t ends = 0;
    for (std::size_t length = 0; length <= 7; ++length) {
        const auto count = std::size_t{1} << (2 * length);
        for (std::size_t n = 0; n != count; ++n) {
            std::string wire;
            for (std::size_t i = 0; i != length; ++i)
                wire += alphabet[(n >> (2 * i)) & 3];
            const auto expected = by_the_book(wire);
            ends += expected.ended;
            check_every_way(wire, expected);
        }
    }
    // 3 octets ".\r\n" in front, or "\r\n.\r\n" somewhere: 4^4 + 4^3 + ... of the one, and the other.
    CHECK(ends > 300);
}

TEST_CASE("body_decoder: random inputs, cut everywhere, against the reference")
{
    std::mt19937 random(1939);
    std::size_t ends = 0;
    for (int n = 0; n != 6000; ++n) {
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
    CHECK(ends < 6000);
}

TEST_CASE("body_decoder: random inputs in many pieces, against the reference")
{
    std::mt19937 random(2449);
    for (int n = 0; n != 2000; ++n) {
        std::string wire;
        for (std::size_t length = random() % 60; wire.size() < length;)
            wire += alphabet[random() % alphabet.size()];
        wire += "\r\n.\r\n+OK";
        test::pieces pieces;
        for (std::string_view left = wire; !left.empty();) {
            const auto take = std::min<std::size_t>(left.size(), random() % 5);
            pieces.push_back(left.substr(0, take));
            left.remove_prefix(take);
        }
        const auto got = decode(pieces);
        if (!(got == by_the_book(wire)))
            FAIL_CHECK("on the wire: " << escaped(wire) << ", got " << escaped(got.body));
    }
}

TEST_CASE("body_decoder: what a server stuffed comes out as it was")
{
    std::mt19937 random(822);
    for (int n = 0; n != 3000; ++n) {
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
