// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// reply.hpp and refusal.hpp: what the server said, yes or no.

#include <pop3/command/exchange.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

using namespace std::string_view_literals;
using pop3::errc;
using pop3::refusal;
using pop3::refused;
using pop3::reply;
using pop3::response_code;
using pop3::detail::no_reply;

refusal busy()
{
    return {"PASS", response_code::in_use, "IN-USE", "maildrop already locked"};
}

/// Stands for a session: can be moved from, and shows it.
struct state {
    std::unique_ptr<int> id;
};

std::string what(const refusal& r)
{
    return refused(r).what();
}

/// The code of the `std::system_error` that `f` throws.
template <class F>
std::error_code code_of(F f)
{
    try {
        f();
    } catch (const std::system_error& e) {
        return e.code();
    }
    return {};
}

// Replies are moved by the hundred thousand: why there is none takes no more room than a refusal.
static_assert(sizeof(reply<int>) <= sizeof(refusal) + 2 * sizeof(void*));

// A reply is not made of a value by accident, but a refusal is one as it is.
static_assert(!std::is_convertible_v<int, reply<int>>);
static_assert(std::is_convertible_v<refusal, reply<int>>);
static_assert(std::is_convertible_v<refusal, reply<void>>);
static_assert(!std::is_convertible_v<reply<int>, bool>);
static_assert(std::is_same_v<reply<int>::value_type, int>);
static_assert(std::is_same_v<reply<void>::value_type, void>);
static_assert(std::is_nothrow_move_constructible_v<reply<std::string>>);
static_assert(!std::is_copy_constructible_v<reply<std::unique_ptr<int>>>);
static_assert(std::is_base_of_v<std::runtime_error, refused>);

} // namespace

TEST_CASE("reply: a value")
{
    reply<std::string> r(std::string("text"));
    CHECK(r);
    CHECK(r.has_value());
    CHECK(r.value() == "text");
    CHECK(*r == "text");
    CHECK(r->size() == 4);
    r.value() += "!";
    *r += "?";
    const auto& constant = r;
    CHECK(constant.value() == "text!?");
    CHECK(*constant == "text!?");
    CHECK(constant->size() == 6);
    CHECK(std::move(r).value() == "text!?");
    CHECK(r->empty());
    CHECK(reply<int>(7).value_or(1) == 7);
}

TEST_CASE("reply: a refusal")
{
    reply<int> r = busy();
    CHECK(!r);
    CHECK(!r.has_value());
    CHECK(r.error() == busy());
    CHECK_THROWS_AS(r.value(), refused);
    CHECK_THROWS_AS(std::as_const(r).value(), refused);
    CHECK_THROWS_AS(std::move(r).value(), refused);
    CHECK(reply<int>(busy()).value_or(1) == 1);
    CHECK(reply<std::string>(busy()).value_or("none") == "none");
    CHECK(std::move(r).error().text() == "maildrop already locked");
    CHECK(r.error().text().empty());
}

TEST_CASE("reply: what is not there is not undefined behaviour")
{
    reply<std::string> no = busy();
    CHECK_THROWS_AS(*no, refused);
    CHECK_THROWS_AS(*std::as_const(no), refused);
    CHECK_THROWS_AS(*std::move(no), refused);
    CHECK_THROWS_AS(no->size(), refused);
    CHECK_THROWS_AS(std::as_const(no)->size(), refused);
    CHECK(no.error() == busy());
    CHECK(to_string(no) == "PASS refused: [IN-USE] maildrop already locked");
    CHECK(to_string(reply<int>(7)).empty());
    CHECK((reply<int>(7)).error() == refusal());
}

TEST_CASE("reply: an +OK with a value that cannot be read")
{
    reply<int> r(no_reply("STAT", errc::unique_id_limit));
    CHECK(!r);
    CHECK(r.answered());
    CHECK(r.value_error() == errc::unique_id_limit);
    CHECK(r.verb() == "STAT");
    CHECK(r.error() == refusal());
    CHECK(code_of([&] { (void)r.value(); }) == errc::unique_id_limit);
    CHECK(code_of([&] { (void)*r; }) == errc::unique_id_limit);
    CHECK(code_of([&] { (void)*std::as_const(r); }) == errc::unique_id_limit);
    CHECK(code_of([&] { (void)*std::move(r); }) == errc::unique_id_limit);
    CHECK(code_of([&] { (void)r.operator->(); }) == errc::unique_id_limit);
    CHECK(r.value_or(3) == 3);
    CHECK(to_string(r) == "STAT: " + make_error_code(errc::unique_id_limit).message());
    CHECK(!reply<int>(7).value_error());
    CHECK(!reply<int>(busy()).value_error());
}

TEST_CASE("reply: none")
{
    reply<int> r;
    CHECK(!r);
    CHECK(!r.answered());
    CHECK(!r.value_error());
    CHECK(r.verb().empty());
    CHECK(r.notice().empty());
    CHECK(r.thrown() == nullptr);
    // The server has not refused anything.
    CHECK(code_of([&] { (void)r.value(); }) == errc::no_reply);
    CHECK(code_of([&] { (void)*r; }) == errc::no_reply);
    CHECK(code_of([] { reply<void>().value(); }) == errc::no_reply);

    no_reply why("DELE");
    why.notice = "-ERR Disconnected\a";
    CHECK(reply<int>(why).notice() == "-ERR Disconnected\a");
    CHECK(reply<int>(why).verb() == "DELE");
    CHECK(to_string(reply<int>(why)) ==
          "DELE: " + make_error_code(errc::no_reply).message() + " (the server said: -ERR Disconnected?)");
    why.thrown = std::make_exception_ptr(7);
    CHECK(reply<int>(why).thrown() != nullptr);
    CHECK_THROWS_AS(reply<int>(why).value(), int);
    CHECK_THROWS_AS(*reply<int>(why), int);
    CHECK(reply<int>(busy()).notice().empty());
    CHECK(reply<int>(busy()).verb() == "PASS");

    reply<int, state> back(why, state{std::make_unique<int>(7)});
    CHECK(!back.answered());
    CHECK(back.verb() == "DELE");
    CHECK(*std::move(back).session().id == 7);
}

TEST_CASE("reply: beside an error code it is an empty refusal")
{
    const reply<int> r;
    CHECK(!r);
    CHECK(r.error() == refusal());
    CHECK(r.error().code() == response_code::none);
    CHECK(r.error().verb().empty());
    CHECK(!reply<void>());
}

TEST_CASE("reply: without a value")
{
    const reply<void> yes{std::monostate()};
    CHECK(yes);
    CHECK_NOTHROW(yes.value());
    const reply<void> no = busy();
    CHECK(!no);
    CHECK_THROWS_AS(no.value(), refused);
    CHECK(no.error() == busy());
}

TEST_CASE("reply: a value that can only be moved")
{
    reply<std::unique_ptr<int>> r(std::make_unique<int>(7));
    REQUIRE(r);
    const auto value = *std::move(r);
    CHECK(*value == 7);
    CHECK(*r == nullptr);

    reply<std::unique_ptr<int>> other(std::make_unique<int>(8));
    const auto moved = std::move(other);
    CHECK(**moved == 8);
    CHECK(*reply<std::unique_ptr<int>>(busy()).value_or(std::make_unique<int>(9)) == 9);
}

TEST_CASE("reply: a refusal hands the session back")
{
    reply<int, state> r(busy(), state{std::make_unique<int>(7)});
    CHECK(!r);
    CHECK(r.error() == busy());
    const auto back = std::move(r).session();
    REQUIRE(back.id);
    CHECK(*back.id == 7);

    // With a value there is nothing to hand back.
    reply<int, state> yes(7);
    CHECK(*yes == 7);
    CHECK(!std::move(yes).session().id);
    CHECK(!reply<int, state>().session().id);
}

TEST_CASE("refusal: what it says")
{
    const auto r = busy();
    CHECK(r.verb() == "PASS");
    CHECK(r.code() == response_code::in_use);
    CHECK(r.code_text() == "IN-USE");
    CHECK(r.text() == "maildrop already locked");
    CHECK(r == busy());
    CHECK(!(r == refusal("USER", response_code::in_use, "IN-USE", "maildrop already locked")));
    CHECK(!(r == refusal("PASS", response_code::auth, "IN-USE", "maildrop already locked")));
    CHECK(!(r == refusal("PASS", response_code::in_use, "in-use", "maildrop already locked")));
    CHECK(!(r == refusal("PASS", response_code::in_use, "IN-USE", "")));
}

TEST_CASE("refusal: made of what stands behind -ERR")
{
    using pop3::command::make_refusal;
    CHECK(make_refusal("PASS", "[IN-USE] maildrop already locked") == busy());
    CHECK(make_refusal("RETR", "no such message") ==
          refusal("RETR", response_code::none, "", "no such message"));
    CHECK(make_refusal("RETR", "") == refusal("RETR", response_code::none, "", ""));
    CHECK(make_refusal("X", "[Y] z") == refusal("X", response_code::other, "Y", "z"));
}

TEST_CASE("refused: text and code, fit for a log")
{
    CHECK(what(busy()) == "PASS refused: [IN-USE] maildrop already locked");
    CHECK(what({"PASS", response_code::auth, "AUTH", ""}) == "PASS refused: [AUTH]");
    CHECK(what({"RETR", response_code::none, "", "no such message"}) == "RETR refused: no such message");
    CHECK(what({"RETR", response_code::none, "", ""}) == "RETR refused");
    CHECK(what({"", response_code::none, "", "too busy"}) == "connection refused: too busy");
    CHECK(what({}) == "connection refused");

    // The server's text is for people: it must not move the cursor, or begin a line of its own.
    CHECK(what({"NOOP", response_code::none, "", "\x1b[2J\a a\rb\nc\td\x7f"}) ==
          "NOOP refused: ?[2J? a?b?c?d?");
    CHECK(what({"NOOP", response_code::other, "\x1b", "x"}) == "NOOP refused: [?] x");
    CHECK(what({"NOOP", response_code::none, "", std::string("a\0b", 3)}) == "NOOP refused: a?b");
    CHECK(what({"NOOP", response_code::none, "", "j\xc3\xbcrgen"}) == "NOOP refused: j\xc3\xbcrgen");
}

TEST_CASE("refused: has the refusal, unchanged")
{
    const refusal r{"NOOP", response_code::other, "X", "\x1b"};
    try {
        reply<int>(r).value();
        FAIL("nothing was thrown");
    } catch (const refused& e) {
        CHECK(e.refusal() == r);
        CHECK(e.code() == response_code::other);
    }
}
