// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/detail/line_tap.hpp>
#include <pop3/observer.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::detail::line_tap;
using strings = std::vector<std::string>;

strings shown(const test::pieces& pieces)
{
    strings lines;
    line_tap tap;
    const pop3::observer show = [&](pop3::direction from, std::string_view line) {
        CHECK(from == pop3::direction::received);
        lines.emplace_back(line);
    };
    for (const auto piece : pieces)
        tap.feed(piece, false, show);
    return lines;
}

/// However the network cuts it, the same is shown.
strings shown_every_way(std::string_view octets)
{
    INFO("received: " << test::escaped(octets));
    auto lines = shown({octets});
    for (std::size_t i = 0; i <= octets.size(); ++i)
        if (shown({octets.substr(0, i), octets.substr(i)}) != lines)
            FAIL_CHECK("other lines when cut at " << i);
    CHECK(shown(test::octet_by_octet(octets)) == lines);
    return lines;
}

} // namespace

TEST_CASE("line_tap: lines, without their CRLF")
{
    CHECK(shown_every_way("").empty());
    CHECK(shown_every_way("+OK").empty());
    CHECK(shown_every_way("+OK\r").empty());
    CHECK(shown_every_way("+OK\r\n") == strings{"+OK"});
    CHECK(shown_every_way("+OK\r\n1 120\r\n.\r\n+OK") == strings{"+OK", "1 120", "."});
    CHECK(shown_every_way("\r\n\r\n") == strings{"", ""});
    CHECK(shown_every_way("a\r\r\n") == strings{"a\r"});
    CHECK(shown_every_way("a\rb\r\n") == strings{"a\rb"});
    CHECK(shown_every_way("a\nb\n") == strings{"a", "b"});
    CHECK(shown_every_way("..stuffed\r\n") == strings{"..stuffed"});
    CHECK(shown_every_way("\0\xff\r\n"sv) == strings{std::string("\0\xff", 2)});
}

TEST_CASE("line_tap: a line of over 4,096 octets is shown in pieces, and nothing is lost")
{
    for (const std::size_t size : {4094u, 4097u, 8191u, 8193u, 20'000u}) {
        CAPTURE(size);
        std::string line;
        while (line.size() < size)
            line += static_cast<char>('a' + line.size() % 26);
        for (const auto& lines :
             {shown({line + "\r\n+OK\r\n"}), shown(test::octet_by_octet(line + "\r\n+OK\r\n"))}) {
            std::string all;
            for (const auto& piece : lines) {
                CHECK(piece.size() <= line_tap::longest_piece);
                all += piece;
            }
            CHECK(all == line + "+OK");
            CHECK(lines.back() == "+OK");
        }
    }
    CHECK(shown({std::string(4094, 'x') + "\r\n"}) == strings{std::string(4094, 'x')});
    CHECK(shown({std::string(4097, 'x') + "\r\n"}) == strings{std::string(4096, 'x'), "x"});
}

TEST_CASE("line_tap: a line of 4,095 or 4,096 octets is shown as one")
{
    CHECK(shown({std::string(4095, 'x') + "\r\n"}) == strings{std::string(4095, 'x')});
    CHECK(shown({std::string(4096, 'x') + "\r\n"}) == strings{std::string(4096, 'x')});
}

TEST_CASE("line_tap: a CR at the end of a piece that is not the end of the line is shown")
{
    const auto line = std::string(4095, 'x') + "\ry";
    std::string all;
    for (const auto& piece : shown({line + "\r\n"}))
        all += piece;
    CHECK((all == line));
}

TEST_CASE("line_tap: what a server asks in a login, and proves itself with, is hidden, however it comes")
{
    const std::string long_one(9000, 'c');
    const auto text = "+ Y2hhbGxlbmdl\r\n+\r\n+ \r\n+ " + long_one +
                      "\r\n+OK dj1zaWduYXR1cmU=\r\n+ok dj1z\r\n+OKdj1z\r\n+OK  dj1z\r\n+OK djinn\r\n+OK "
                      "welcome\r\n-ERR + no\r\n";
    const strings expected = {"+ ****",  "+",        "+ ",       "+ ****",      "+OK ****", "+ok ****",
                              "+OK****", "+OK ****", "+OK ****", "+OK welcome", "-ERR + no"};
    for (const std::size_t size : {100000u, 1u, 2u, 3u, 5u, 7u, 4096u, 4099u}) {
        CAPTURE(size);
        line_tap tap;
        strings lines;
        for (std::size_t at = 0; at < text.size(); at += size)
            tap.feed(std::string_view(text).substr(at, size), true,
                     [&](pop3::direction, std::string_view line) { lines.emplace_back(line); });
        CHECK(lines == expected);
    }
}
