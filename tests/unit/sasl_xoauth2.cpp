// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/xoauth2.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using pop3::access_token;
using pop3::errc;
using pop3::sasl::xoauth2;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<xoauth2> && pop3::sasl::begins<xoauth2> && pop3::sasl::explains<xoauth2>);
static_assert(xoauth2::name == "XOAUTH2" && xoauth2::reveals_secret);

// The example of Google's description of the protocol.
TEST_CASE("XOAUTH2: name and token")
{
    xoauth2 m(access_token("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
    CHECK(begin(m) == says("user=someuser@example.com\x01"
                           "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"));
    CHECK(m.details().empty());
}

TEST_CASE("XOAUTH2: a refusal is kept, and answered by an empty response, once")
{
    const std::string json = R"({"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"})";
    xoauth2 m(access_token("a", "t"));
    CHECK_FALSE(begin(m).error);
    CHECK(respond(m, json) == says(""));
    CHECK(m.details() == json);
    CHECK(respond(m, "more") == fails(errc::malformed_challenge));
    CHECK(m.details() == json);

    xoauth2 silent(access_token("a", "t"));
    CHECK_FALSE(begin(silent).error);
    CHECK(respond(silent, "") == says(""));
    CHECK(silent.details().empty());
    CHECK(respond(silent, "") == fails(errc::malformed_challenge));
}

TEST_CASE("XOAUTH2: nothing is sent that could end an attribute")
{
    for (auto m :
         {xoauth2(access_token("", "t")), xoauth2(access_token("a", "")), xoauth2(access_token("a\x01", "t")),
          xoauth2(access_token("a", "t\x01host=x")), xoauth2(access_token("a\0"sv, "t")),
          xoauth2(access_token("a", "t\r\n")), xoauth2(access_token("a", "t\x7f"))})
        CHECK(begin(m) == fails(errc::invalid_argument));
}
