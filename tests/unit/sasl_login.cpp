// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/sasl/login.hpp>

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

using namespace std::string_view_literals;
using pop3::errc;
using pop3::password;
using pop3::sasl::login;
using test::fails;
using test::respond;
using test::says;

static_assert(pop3::sasl::mechanism<login> && !pop3::sasl::begins<login> && login::reveals_secret);
static_assert(login::name == "LOGIN");

TEST_CASE("LOGIN: name, then password, whatever the prompts say")
{
    for (const auto& [first, second] :
         {std::pair{"Username:"sv, "Password:"sv}, std::pair{"User Name\0"sv, "Password\0"sv},
          std::pair{""sv, ""sv}, std::pair{"Password:"sv, "Username:"sv}}) {
        login m(password("t\xc3\xafm", " p,\xff "));
        CHECK(respond(m, first) == says("t\xc3\xafm"));
        CHECK(respond(m, second) == says(" p,\xff "));
    }
}

TEST_CASE("LOGIN: a third prompt is one too many, and so is a fourth")
{
    login m(password("tim", "pw"));
    CHECK(respond(m, "Username:") == says("tim"));
    CHECK(respond(m, "Password:") == says("pw"));
    CHECK(respond(m, "Username:") == fails(errc::malformed_challenge));
    CHECK(respond(m, "Password:") == fails(errc::malformed_challenge));
}

TEST_CASE("LOGIN: a name or password that is empty or has a NUL is not sent, nor the other")
{
    for (auto m : {login(password("", "pw")), login(password("tim", "")), login(password("t\0m"sv, "pw")),
                   login(password("tim", "pw\0"sv))}) {
        CHECK(respond(m, "Username:") == fails(errc::invalid_argument));
        CHECK(respond(m, "Password:") == fails(errc::invalid_argument));
    }
}
