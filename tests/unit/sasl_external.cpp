// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/external.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace std::string_view_literals;
using pop3::errc;
using pop3::sasl::external;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<external> && pop3::sasl::begins<external>);
static_assert(external::name == "EXTERNAL");

TEST_CASE("EXTERNAL: the name to act as, or nothing")
{
    external nobody;
    CHECK(begin(nobody) == says(""));
    external fred("fred@example.com");
    CHECK(begin(fred) == says("fred@example.com"));
    external cut("fred\0x"sv);
    CHECK(begin(cut) == fails(errc::invalid_argument));
}

TEST_CASE("EXTERNAL: an empty challenge is answered, once")
{
    for (auto m : {external(), external("fred")}) {
        CHECK_FALSE(begin(m).error);
        CHECK(respond(m, "") == says(""));
        CHECK(respond(m, "") == fails(errc::malformed_challenge));
    }
    for (const auto challenge : {"who?"sv, "\0"sv}) {
        external m;
        CHECK_FALSE(begin(m).error);
        CHECK(respond(m, challenge) == fails(errc::malformed_challenge));
    }
}
