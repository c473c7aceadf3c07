// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/anonymous.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using pop3::errc;
using pop3::sasl::anonymous;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<anonymous> && pop3::sasl::begins<anonymous>);
static_assert(anonymous::name == "ANONYMOUS");

// RFC 4505, section 3: the base64 there is of this.
TEST_CASE("ANONYMOUS: the example of RFC 4505")
{
    anonymous m("sirhc");
    CHECK(begin(m) == says("sirhc"));
    anonymous nothing;
    CHECK(begin(nothing) == says(""));
}

TEST_CASE("ANONYMOUS: a trace has 255 characters, of UTF-8")
{
    std::string most;
    for (int i = 0; i != 255; ++i)
        most += "\xe2\x82\xac";
    anonymous longest(most);
    CHECK(begin(longest) == says(most));
    anonymous longer(most + "x");
    CHECK(begin(longer) == fails(errc::invalid_argument));
    for (const auto trace : {"a\0b"sv, "a\r\n"sv, "\x7f"sv, "\xff"sv, "\xe2\x82"sv}) {
        anonymous m(trace);
        CHECK(begin(m) == fails(errc::invalid_argument));
    }
}

TEST_CASE("ANONYMOUS: there is nothing to ask for")
{
    anonymous m("sirhc");
    CHECK_FALSE(begin(m).error);
    CHECK(respond(m, "") == fails(errc::malformed_challenge));
}
