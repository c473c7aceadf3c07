// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/oauthbearer.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using pop3::access_token;
using pop3::errc;
using pop3::sasl::oauthbearer;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<oauthbearer> && pop3::sasl::begins<oauthbearer>);
static_assert(pop3::sasl::explains<oauthbearer> && oauthbearer::reveals_secret);
static_assert(oauthbearer::name == "OAUTHBEARER");

// RFC 7628, section 4.
TEST_CASE("OAUTHBEARER: the examples of RFC 7628")
{
    const access_token token("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
    oauthbearer imap(token, "server.example.com", 143);
    CHECK(begin(imap) == says("n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
                              "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"));
    oauthbearer smtp(token, "server.example.com", 587);
    CHECK(begin(smtp) == says("n,a=user@example.com,\x01host=server.example.com\x01port=587\x01"
                              "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"));
}

TEST_CASE("OAUTHBEARER: what is not known is left out")
{
    oauthbearer plain(access_token("a", "t"));
    CHECK(begin(plain) == says("n,a=a,\x01"
                               "auth=Bearer t\x01\x01"));
    oauthbearer host(access_token("a", "t"), "h");
    CHECK(begin(host) == says("n,a=a,\x01host=h\x01"
                              "auth=Bearer t\x01\x01"));
    oauthbearer port(access_token("a", "t"), {}, 65535);
    CHECK(begin(port) == says("n,a=a,\x01port=65535\x01"
                              "auth=Bearer t\x01\x01"));
    oauthbearer nobody(access_token("", "t"));
    CHECK(begin(nobody) == says("n,,\x01"
                                "auth=Bearer t\x01\x01"));
}

TEST_CASE("OAUTHBEARER: a comma or equals sign in a name ends nothing")
{
    oauthbearer m(access_token("a,b=c\xc3\xa4", "t=,"));
    CHECK(begin(m) == says("n,a=a=2Cb=3Dc\xc3\xa4,\x01"
                           "auth=Bearer t=,\x01\x01"));
}

// RFC 7628, section 4.
TEST_CASE("OAUTHBEARER: a refusal is kept, and answered by a ^A, once")
{
    const std::string json = R"({"status":"invalid_token","scope":"example_scope","openid-configuration":)"
                             R"("https://example.com/.well-known/openid-configuration"})";
    oauthbearer m(access_token("a", "t"));
    CHECK_FALSE(begin(m).error);
    CHECK(m.details().empty());
    CHECK(respond(m, json) == says("\x01"));
    CHECK(m.details() == json);
    CHECK(respond(m, "") == fails(errc::malformed_challenge));
    CHECK(m.details() == json);
}

TEST_CASE("OAUTHBEARER: nothing is sent that could end an attribute")
{
    for (auto m : {oauthbearer(access_token("a\x01", "t")), oauthbearer(access_token("a\0"sv, "t")),
                   oauthbearer(access_token("a\xff", "t")), oauthbearer(access_token("a", "")),
                   oauthbearer(access_token("a", "t\x01port=1")), oauthbearer(access_token("a", "t\n")),
                   oauthbearer(access_token("a", "t"), "h\x01"), oauthbearer(access_token("a", "t"), "\0"sv)})
        CHECK(begin(m) == fails(errc::invalid_argument));
}
