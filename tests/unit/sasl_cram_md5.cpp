// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/cram_md5.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace std::string_view_literals;
using pop3::errc;
using pop3::password;
using pop3::sasl::cram_md5;
using test::fails;
using test::respond;
using test::says;

namespace {

template <class M>
concept says_it_reveals = requires { M::reveals_secret; };

} // namespace

static_assert(pop3::sasl::mechanism<cram_md5> && !pop3::sasl::begins<cram_md5>);
static_assert(!says_it_reveals<cram_md5>);
static_assert(cram_md5::name == "CRAM-MD5");

// RFC 2195, section 2.
TEST_CASE("CRAM-MD5: the example of RFC 2195")
{
    cram_md5 m(password("tim", "tanstaaftanstaaf"));
    CHECK(respond(m, "<1896.697170952@postoffice.reston.mci.net>") ==
          says("tim b913a602c7eda7a495b4e6e7334d3890"));
}

// Other values than the RFC's: computed with Python's hmac module.
TEST_CASE("CRAM-MD5: passwords longer than a block, octets that are no text, names with spaces")
{
    cram_md5 a(password("a b", std::string(100, 'k')));
    CHECK(respond(a, "<1@x>") == says("a b 386f82315f78ae2cbad709d59516436c"));
    cram_md5 b(password("t\xc3\xafm", "p\xc3\xa4ss"));
    CHECK(respond(b, "\0\xff\r\n"sv) == says("t\xc3\xafm 4212705d89dbe0b95687769477a07bab"));
}

TEST_CASE("CRAM-MD5: one challenge, and not an empty one")
{
    cram_md5 m(password("tim", "tanstaaftanstaaf"));
    CHECK(respond(m, "") == fails(errc::malformed_challenge));
    cram_md5 again(password("tim", "tanstaaftanstaaf"));
    CHECK_FALSE(respond(again, "<1@x>").error);
    CHECK(respond(again, "<2@x>") == fails(errc::malformed_challenge));
}

TEST_CASE("CRAM-MD5: a name or password that is empty or has a NUL is not used")
{
    for (auto m : {cram_md5(password("", "pw")), cram_md5(password("tim", "")),
                   cram_md5(password("t\0m"sv, "pw")), cram_md5(password("tim", "pw\0"sv))})
        CHECK(respond(m, "<1@x>") == fails(errc::invalid_argument));
}
