// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/noop.hpp>
#include <pop3/refusal.hpp>
#include <pop3/response_code.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

namespace {

using pop3::refusal;
using pop3::response_code;
using pop3::retry_advice;
using std::chrono::seconds;

refusal with(response_code code)
{
    return {"PASS", code, "X", "no"};
}

} // namespace

TEST_CASE("refusal: whether to ask for a password, to wait, or to give up")
{
    CHECK(with(response_code::auth).advice() == retry_advice::ask_for_credentials);
    CHECK(with(response_code::in_use).advice() == retry_advice::wait);
    CHECK(with(response_code::login_delay).advice() == retry_advice::wait);
    CHECK(with(response_code::sys_temp).advice() == retry_advice::wait);
    CHECK(with(response_code::sys_perm).advice() == retry_advice::give_up);
    // Of these it is not known.
    CHECK(with(response_code::none).advice() == retry_advice::unknown);
    CHECK(with(response_code::utf8).advice() == retry_advice::unknown);
    CHECK(with(response_code::other).advice() == retry_advice::unknown);
    CHECK(refusal().advice() == retry_advice::unknown);
}

TEST_CASE("refusal: the advice on what servers say")
{
    const auto advice = [](std::string_view reply) {
        const auto got = test::feed(pop3::command::noop(), std::string(reply) + "\r\n");
        REQUIRE(got.refused());
        return got.reply.error().advice();
    };
    CHECK(advice("-ERR [AUTH] Authentication failed.") == retry_advice::ask_for_credentials);
    CHECK(advice("-ERR [auth] Authentication failed.") == retry_advice::ask_for_credentials);
    CHECK(advice("-ERR [IN-USE] Mailbox is locked by another POP3 session.") == retry_advice::wait);
    CHECK(advice("-ERR [LOGIN-DELAY] minimum time between mail checks violated") == retry_advice::wait);
    CHECK(advice("-ERR [SYS/TEMP] Temporary authentication failure.") == retry_advice::wait);
    CHECK(advice("-ERR [SYS/PERM] Access denied") == retry_advice::give_up);
    CHECK(advice("-ERR [SYS] what") == retry_advice::unknown);
    CHECK(advice("-ERR [SYS/OTHER] what") == retry_advice::unknown);
    CHECK(advice("-ERR authentication failed") == retry_advice::unknown);
    CHECK(advice("-ERR try [AUTH] again") == retry_advice::unknown);
    CHECK(advice("-ERR") == retry_advice::unknown);
}

TEST_CASE("refusal: how long to wait is known only where somebody asked")
{
    auto r = with(response_code::login_delay);
    CHECK(!r.retry_after().has_value());
    CHECK(!refusal().retry_after().has_value());

    r.retry_after(std::chrono::minutes(10));
    REQUIRE(r.retry_after().has_value());
    CHECK(*r.retry_after() == seconds(600));
    r.retry_after(seconds(0));
    REQUIRE(r.retry_after().has_value());
    CHECK(*r.retry_after() == seconds(0));

    // It goes where the refusal goes, and is a part of what it says.
    const pop3::refused thrown(r);
    CHECK(thrown.refusal().retry_after() == seconds(0));
    CHECK(thrown.refusal() == r);
    CHECK_FALSE(r == with(response_code::login_delay));
}

TEST_CASE("refusal: what a mechanism was told")
{
    const std::string json = R"({"status":"invalid_token","scope":"mail"})";
    const refusal r("AUTH", response_code::auth, "AUTH", "Authentication failed.", json);
    CHECK(r.verb() == "AUTH");
    CHECK(r.code() == response_code::auth);
    CHECK(r.code_text() == "AUTH");
    CHECK(r.text() == "Authentication failed.");
    CHECK(r.details() == json);
    CHECK(r.advice() == retry_advice::ask_for_credentials);

    CHECK(refusal("AUTH", response_code::auth, "AUTH", "Authentication failed.").details().empty());
    CHECK_FALSE(r == refusal("AUTH", response_code::auth, "AUTH", "Authentication failed."));
    CHECK(r == refusal("AUTH", response_code::auth, "AUTH", "Authentication failed.", json));

    // For those who ask for it: what() is for people.
    const pop3::refused thrown(r);
    CHECK(std::string_view(thrown.what()) == "AUTH refused: [AUTH] Authentication failed.");
    CHECK(to_string(thrown.refusal()) == thrown.what());
    CHECK(thrown.refusal().details() == json);
    CHECK(thrown.code() == response_code::auth);
}

TEST_CASE("refusal: one that says nothing")
{
    const refusal r;
    CHECK(r.verb().empty());
    CHECK(r.code() == response_code::none);
    CHECK(r.code_text().empty());
    CHECK(r.text().empty());
    CHECK(r.details().empty());
    CHECK(std::string_view(pop3::refused(r).what()) == "connection refused");
}
