// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/printable.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;

namespace {

std::string printable(std::string_view text)
{
    return pop3::printable(std::string(text));
}

struct row {
    std::string_view from;
    std::string_view to;
};

} // namespace

TEST_CASE("printable: each octet alone")
{
    for (int octet = 0; octet != 0x100; ++octet) {
        CAPTURE(octet);
        const std::string alone(1, static_cast<char>(octet));
        const bool shown = octet >= 0x20 && octet < 0x7f;
        CHECK(printable(alone) == (shown ? alone : "?"));
        CHECK(printable("a" + alone + "b") == "a" + (shown ? alone : "?") + "b");
    }
}

TEST_CASE("printable: text stays as it is")
{
    for (const auto text : {""sv, " a~"sv, "\xc2\xa0"sv, "\xc3\xa4"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv,
                            "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
                            "\xe4\xb8\x9b"sv, // with 0x9b in it
                            "p\xc3\xa4ss\xe2\x82\xac\xf0\x9f\x94\x91!"sv})
        CHECK(printable(text) == text);
}

TEST_CASE("printable: control characters above ASCII")
{
    for (int octet = 0x80; octet != 0xa0; ++octet) {
        CAPTURE(octet);
        const std::string control{'\xc2', static_cast<char>(octet)};
        CHECK(printable(control) == "??");
        CHECK(printable("a" + control + "b") == "a??b");
    }
}

TEST_CASE("printable: what is no UTF-8, octet by octet")
{
    const row table[] = {
        {"\x9b"
         "2J"sv,
         "?2J"sv},
        {"\xc0\x9b"sv, "??"sv}, // longer than need be
        {"\xc1\xbf"sv, "??"sv},
        {"\xe0\x82\x9b"sv, "???"sv},
        {"\xe0\x9f\xbf"sv, "???"sv},
        {"\xf0\x80\x82\x9b"sv, "????"sv},
        {"\xf0\x8f\xbf\xbf"sv, "????"sv},
        {"\xed\xa0\x80"sv, "???"sv}, // a surrogate
        {"\xed\xbf\xbf"sv, "???"sv},
        {"\xf4\x90\x80\x80"sv, "????"sv}, // beyond Unicode
        {"\xf5\x80\x80\x80"sv, "????"sv},
        {"\xf8\x88\x80\x80\x80"sv, "?????"sv}, // of five octets
        {"\xff\xfe"sv, "??"sv},
        {"\xc3"sv, "?"sv}, // cut
        {"\xe2\x82"sv, "??"sv},
        {"\xf0\x9f\x94"sv, "???"sv},
        {"\xc3!"sv, "?!"sv}, // another character begins
        {"\xe2\x82z"sv, "??z"sv},
        {"\xe2\x9bz"sv, "??z"sv},
        {"\xc3\xc3\xa4"sv, "?\xc3\xa4"sv},
        {"\xf0\x9f\xc3\xa4"sv, "??\xc3\xa4"sv},
        {"\xe4\x80\x1b["sv, "???["sv},
        {"\xc2\x1b["sv, "??["sv},
        {"\xc3\xa4\x9b"sv, "\xc3\xa4?"sv},
        {"gr\xfc\xdf"
         "e"sv,
         "gr??e"sv}, // Latin-1
    };
    for (const auto& r : table) {
        CAPTURE(std::string(r.from));
        CHECK(printable(r.from) == r.to);
    }
}
