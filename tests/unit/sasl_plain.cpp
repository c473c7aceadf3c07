// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/plain.hpp>

#include <doctest/doctest.h>

#include <string_view>

using namespace std::string_view_literals;
using pop3::errc;
using pop3::password;
using pop3::sasl::plain;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<plain> && pop3::sasl::begins<plain> && plain::reveals_secret);
static_assert(plain::name == "PLAIN");

// RFC 4616, section 4.
TEST_CASE("PLAIN: the examples of RFC 4616")
{
    plain m(password("tim", "tanstaaftanstaaf"));
    CHECK(begin(m) == says("\0tim\0tanstaaftanstaaf"sv));
    plain other(password("Kurt", "xipj3plmq"), "Ursel");
    CHECK(begin(other) == says("Ursel\0Kurt\0xipj3plmq"sv));
}

TEST_CASE("PLAIN: any octets but NUL are sent as they are")
{
    plain m(password("t\xc3\xafm \x01", " p\xff:,= "), "b,=");
    CHECK(begin(m) == says("b,=\0t\xc3\xafm \x01\0 p\xff:,= "sv));
}

TEST_CASE("PLAIN: what would be cut at a NUL, or is empty, is not sent")
{
    for (auto m : {plain(password("", "pw")), plain(password("tim", "")), plain(password("t\0m"sv, "pw")),
                   plain(password("tim", "p\0w"sv)), plain(password("tim", "pw\0"sv)),
                   plain(password("tim", "pw"), "a\0"sv)})
        CHECK(begin(m) == fails(errc::invalid_argument));
}

TEST_CASE("PLAIN: there is nothing to ask for")
{
    for (const auto challenge : {""sv, "\0"sv, "more"sv}) {
        plain m(password("tim", "pw"));
        CHECK(begin(m) == says("\0tim\0pw"sv));
        CHECK(respond(m, challenge) == fails(errc::malformed_challenge));
    }
}
