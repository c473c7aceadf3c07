// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/sasl/utf8.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;
using pop3::sasl::is_utf8_text;

TEST_CASE("is_utf8_text: text")
{
    for (const auto text :
         {""sv, "a"sv, " ~"sv, "\xc2\xa0"sv, "\xc3\xa4"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xe2\x82\xac"sv,
          "\xed\x9f\xbf"sv, "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv,
          "p\xc3\xa4ss\xe2\x82\xac\xf0\x9f\x94\x91!"sv})
        CHECK(is_utf8_text(text));
}

TEST_CASE("is_utf8_text: a character that goes on where the text ends is cut")
{
    for (const auto text : {"\xc3\xa4"sv, "\xe2\x82\xac"sv, "\xf0\x9f\x94\x91"sv}) {
        for (std::size_t n = 1; n != text.size(); ++n) {
            // In memory as large as the text: AddressSanitizer sees who reads past it.
            const std::vector<char> octets(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(n));
            CHECK_FALSE(is_utf8_text({octets.data(), octets.size()}));
        }
        CHECK(is_utf8_text(text));
    }
}

TEST_CASE("is_utf8_text: control characters")
{
    for (int c = 0; c != 0x20; ++c)
        CHECK_FALSE(is_utf8_text("a" + std::string(1, static_cast<char>(c))));
    CHECK_FALSE(is_utf8_text("\x7f"));
    CHECK_FALSE(is_utf8_text("\xc2\x80"));
    CHECK_FALSE(is_utf8_text("\xc2\x85"));
    CHECK_FALSE(is_utf8_text("\xc2\x9f"));
}

TEST_CASE("is_utf8_text: what is no UTF-8")
{
    for (const auto text : {
             "\x80"sv,
             "\xbf"sv,
             "a\xa4"sv, // no lead
             "\xc3"sv,
             "\xe2\x82"sv,
             "\xf0\x9f\x94"sv, // ends early
             "\xc3z"sv,
             "\xe2\x82z"sv,
             "\xe2z\xac"sv,
             "\xf0\x9f\x94z"sv,
             "\xc3\xc3\xa4"sv, // another one begins
             "\xc0\x80"sv,
             "\xc0\xaf"sv,
             "\xc1\xbf"sv,
             "\xe0\x9f\xbf"sv,
             "\xe0\x80\xaf"sv,
             "\xf0\x8f\xbf\xbf"sv, // too long
             "\xed\xa0\x80"sv,
             "\xed\xbf\xbf"sv, // surrogates
             "\xf4\x90\x80\x80"sv,
             "\xf5\x80\x80\x80"sv,
             "\xf8\x88\x80\x80\x80"sv,
             "\xff"sv,
             "\xfe"sv, // beyond Unicode
         })
        CHECK_FALSE(is_utf8_text(text));
}
