// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// grammar/line.hpp, and what is as small: grammar/ascii.hpp, grammar/argument.hpp.

#include <pop3/grammar/argument.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/line.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::errc;
using pop3::grammar::take_line;

struct taken {
    std::optional<std::string> line;
    std::error_code ec;
    std::string rest;
};

taken take(std::string_view input, std::size_t limit = 100)
{
    taken result;
    // In memory of its own: AddressSanitizer sees what is read past it.
    const std::string copy(input);
    std::string_view left = copy;
    const auto line = take_line(left, limit, result.ec);
    if (line)
        result.line = std::string(*line);
    result.rest = left;
    return result;
}

} // namespace

TEST_CASE("take_line: a line ends in CRLF, and what follows is left")
{
    struct row {
        std::string_view input;
        std::string_view line;
        std::string_view rest;
    };
    constexpr row rows[] = {
        {"\r\n", "", ""},
        {"+OK\r\n", "+OK", ""},
        {"+OK\r\n1 120\r\n", "+OK", "1 120\r\n"},
        {"\r\n\r\n", "", "\r\n"},
        {"a\rb\r\n", "a\rb", ""},
        {"a\r\r\n", "a\r", ""},
        {"\0\x80\r\n"sv, "\0\x80"sv, ""},
        {" a \r\n", " a ", ""},
    };
    for (const auto& [input, line, rest] : rows) {
        const auto got = take(input);
        CHECK(!got.ec);
        REQUIRE(got.line);
        CHECK(*got.line == line);
        CHECK(got.rest == rest);
    }
}

TEST_CASE("take_line: nothing is taken of a line that is not all there")
{
    for (const auto input : {""sv, "+"sv, "+OK"sv, "+OK\r"sv, "\r"sv, "a\rb"sv}) {
        const auto got = take(input);
        CHECK(!got.ec);
        CHECK(!got.line);
        CHECK(got.rest == input);
    }
    std::string_view nothing;
    std::error_code ec;
    CHECK(!take_line(nothing, 100, ec));
    CHECK(!ec);
}

TEST_CASE("take_line: a bare LF is no end of a line, but an error")
{
    for (const auto input : {"\n"sv, "+OK\n"sv, "a\nb\r\n"sv, "\n\r\n"sv, "\r \n"sv, "a\n"sv}) {
        CAPTURE(input);
        const auto got = take(input);
        CHECK(got.ec == errc::malformed_reply);
        CHECK(!got.line);
        CHECK(got.rest == input);
    }
}

TEST_CASE("take_line: the limit is the most octets without CRLF")
{
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{510}, std::size_t{8192}}) {
        CAPTURE(limit);
        const std::string most(limit, 'a');

        const auto at = take(most + "\r\n", limit);
        CHECK(!at.ec);
        CHECK(at.line == most);
        const auto over = take(most + "a\r\n", limit);
        CHECK(over.ec == errc::response_line_limit);
        CHECK(!over.line);

        // While it comes: the CR that may be its last octet does not count, and no more is waited for.
        CHECK(!take(most, limit).ec);
        CHECK(!take(most + "\r", limit).ec);
        CHECK(!take(most + "a", limit).ec);
        CHECK(take(most + "a\r", limit).ec == errc::response_line_limit);
        CHECK(take(most + "aa", limit).ec == errc::response_line_limit);
    }
}

TEST_CASE("take_line: a limit of all that there is does not overflow when met")
{
    const auto got = take("a\r\n", std::size_t(-1) - 1);
    CHECK(!got.ec);
    CHECK(got.line == "a");
}

TEST_CASE("ascii: keywords do not mind case, and nothing else")
{
    using pop3::grammar::is_keyword;
    CHECK(is_keyword("PIPELINING", "PIPELINING"));
    CHECK(is_keyword("pipelining", "PIPELINING"));
    CHECK(is_keyword("PipeLining", "PIPELINING"));
    CHECK(!is_keyword("PIPELINE", "PIPELINING"));
    CHECK(!is_keyword("PIPELININGS", "PIPELINING"));
    CHECK(!is_keyword("", "PIPELINING"));
    CHECK(is_keyword("", ""));
    CHECK(is_keyword("sys/temp", "SYS/TEMP"));
    // 0x20 apart, but no letters: '{' and '[', '`' and '@'.
    CHECK(!is_keyword("{", "["));
    CHECK(!is_keyword("`", "@"));
    CHECK(!is_keyword("\xe9", "\xc9"));
}

TEST_CASE("ascii: controls are 0x00 to 0x1F, and DEL")
{
    for (int i = 0; i != 256; ++i) {
        CAPTURE(i);
        CHECK(pop3::grammar::is_control(static_cast<char>(i)) == (i < 32 || i == 127));
    }
}

TEST_CASE(
    "ascii: a control is found at each place of texts of each length, and nothing else is taken for one")
{
    using pop3::grammar::has_control;
    CHECK(!has_control({}));
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t at = 0; at != size; ++at) {
            for (int i = 0; i != 256; ++i) {
                // In memory of its own: AddressSanitizer sees what is read past it.
                std::vector<char> octets(size, ' ');
                octets[at] = static_cast<char>(i);
                // What a borrow or a carry could come from or go to.
                if (at + 1 != size)
                    octets[at + 1] = static_cast<char>(i % 2 == 0 ? 0x80 : 0x20);
                if (at != 0)
                    octets[at - 1] = static_cast<char>(i % 2 == 0 ? 0xff : 0x7e);
                if (has_control({octets.data(), size}) != (i < 32 || i == 127))
                    FAIL_CHECK("octet " << i << " at " << at << " of " << size);
            }
        }
    }
}

TEST_CASE("ascii: words are cut at spaces, of any number")
{
    using pop3::grammar::take_word;
    std::string_view text = "  1   120  octets  ";
    CHECK(take_word(text) == "1");
    CHECK(text == "120  octets  ");
    CHECK(take_word(text) == "120");
    CHECK(take_word(text) == "octets");
    CHECK(text.empty());
    CHECK(take_word(text).empty());

    text = "   ";
    CHECK(take_word(text).empty());
    CHECK(text.empty());
    text = "1\t120";
    CHECK(take_word(text) == "1\t120");
    text = {};
    CHECK(take_word(text).empty());
}

TEST_CASE("argument: each control is refused, at each place; any other octet passes")
{
    using pop3::grammar::is_argument;
    CHECK(!is_argument(""));
    CHECK(!is_argument({}));
    CHECK(is_argument(" "));
    CHECK(is_argument("mrose"));
    CHECK(is_argument("tanstaaf with spaces"));
    CHECK(is_argument("j\xc3\xbcrgen"));
    CHECK(!is_argument("a\r\nDELE 1"));
    for (int i = 0; i != 256; ++i) {
        CAPTURE(i);
        const auto c = static_cast<char>(i);
        const bool fit = !(i < 32 || i == 127);
        CHECK(is_argument(std::string(1, c)) == fit);
        CHECK(is_argument(c + std::string("bc")) == fit);
        CHECK(is_argument(std::string("a") + c + "c") == fit);
        CHECK(is_argument(std::string("ab") + c) == fit);
    }
}
