// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#include <pop3/grammar/base64.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_view_literals;

namespace {

std::string encoded(std::string_view octets)
{
    pop3::detail::wiped_octets into;
    pop3::grammar::base64_encode(octets, into);
    return {into.begin(), into.end()};
}

std::optional<std::string> decoded(std::string_view text)
{
    pop3::detail::wiped_octets into{'o', 'l', 'd'};
    if (!pop3::grammar::base64_decode(text, into)) {
        CHECK(into.empty());
        return {};
    }
    return std::string(into.begin(), into.end());
}

} // namespace

// RFC 4648, section 10.
TEST_CASE("base64: the test vectors of RFC 4648")
{
    const std::vector<std::pair<std::string_view, std::string_view>> vectors{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf"sv, "+/+/"},
        {"\0"sv, "AA=="},
        {"\0\0\0"sv, "AAAA"},
    };
    for (const auto& [octets, text] : vectors) {
        CHECK(encoded(octets) == text);
        CHECK(decoded(text) == octets);
    }
}

TEST_CASE("base64: encoding appends, decoding replaces")
{
    pop3::detail::wiped_octets into{'A', 'U', 'T', 'H', ' '};
    pop3::grammar::base64_encode("fo", into);
    CHECK(std::string_view(into.data(), into.size()) == "AUTH Zm8=");
    REQUIRE(pop3::grammar::base64_decode("Zg==", into));
    CHECK(std::string_view(into.data(), into.size()) == "f");
    REQUIRE(pop3::grammar::base64_decode("", into));
    CHECK(into.empty());
}

TEST_CASE("base64: any octets of any length come back")
{
    std::string octets;
    for (std::size_t n = 0; n != 600; ++n) {
        CAPTURE(n);
        REQUIRE(decoded(encoded(octets)) == octets);
        octets.push_back(static_cast<char>(n * 7));
    }
    // More than is given to OpenSSL at once, with and without a rest.
    for (const std::size_t n : {3u << 16, (3u << 16) + 1, 5u << 18}) {
        CAPTURE(n);
        octets.assign(n, '\x5a');
        const auto text = encoded(octets);
        REQUIRE(text.find('=') >= text.size() - 2);
        REQUIRE(decoded(text) == octets);
    }
}

TEST_CASE("base64: what is malformed is refused")
{
    for (const auto text : {
             "="sv,        "=="sv,           "==="sv,        "===="sv,
             "A"sv,        "AA"sv,           "AAA"sv,        "A==="sv,
             "AA=A"sv,     "A=AA"sv,         "=AAA"sv,       "AA==AAAA"sv,
             "AAA=AAAA"sv, "AAAA===="sv,     "AAAA="sv,      "Zg==\r\n"sv,
             "Zg==\n"sv,   " Zg=="sv,        "Zg== "sv,      "Zg\n=="sv,
             "Zm9v    "sv, "    Zm9v"sv,     "Zm 9"sv,       "Zm9\n"sv,
             "Zm9-"sv,     "Zm9_"sv,         "Zm9."sv,       "Zm9,"sv,
             "Zm9\0"sv,    "\0\0\0\0"sv,     "Zm\xc3\xa9"sv, "\xff\xff\xff\xff"sv,
             "\tZg="sv,    "Zm9v\0\0\0\0"sv, "Zm9v-AAA"sv,   "Z*=="sv,
         }) {
        CAPTURE(std::string(text));
        CHECK_FALSE(decoded(text).has_value());
    }
}

TEST_CASE("base64: bits that stand for nothing must be zero")
{
    CHECK(decoded("Zg==") == "f");
    for (const auto text :
         {"Zh=="sv, "Zk=="sv, "Zo=="sv, "Zv=="sv, "Zm9="sv, "Zm+="sv, "Zm/="sv, "AAAAZh=="sv})
        CHECK_FALSE(decoded(text).has_value());
}
