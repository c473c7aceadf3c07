// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Replies as std::expected: in C++23, without which there is nothing here.

#include <pop3/expected.hpp>

#if defined(__cpp_lib_expected)

#include <pop3/error.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <expected>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace expected_tests {
namespace {

const pop3::refusal no("RETR", pop3::response_code::none, "", "no such message");

struct state {
    int number = 0;
};

TEST_CASE("a value is a value")
{
    auto got = pop3::to_expected(pop3::reply<std::unique_ptr<int>>(std::make_unique<int>(7)));
    static_assert(std::same_as<decltype(got), std::expected<std::unique_ptr<int>, pop3::refusal>>);
    REQUIRE(got);
    CHECK(**got == 7);
}

TEST_CASE("a refusal is the error")
{
    const auto got = pop3::to_expected(pop3::reply<std::string>(no));
    REQUIRE_FALSE(got);
    CHECK(got.error() == no);
    CHECK(got.value_or("none") == "none");
}

TEST_CASE("a reply without a value")
{
    CHECK(pop3::to_expected(pop3::reply<void>(std::monostate())));
    CHECK(pop3::to_expected(pop3::reply<void>(no)).error() == no);
}

TEST_CASE("what hands a session back")
{
    using reply = pop3::reply<std::string, state>;
    CHECK(*pop3::to_expected(reply("next")) == "next");
    auto got = pop3::to_expected(reply(no, state{3}));
    static_assert(std::same_as<decltype(got), std::expected<std::string, pop3::handed_back<state>>>);
    REQUIRE_FALSE(got);
    CHECK(got.error().refusal == no);
    CHECK(got.error().session.number == 3);
}

TEST_CASE("what is neither is no refusal")
{
    const auto thrown_by = [](auto reply) {
        try {
            (void)pop3::to_expected(std::move(reply));
        } catch (const std::system_error& e) {
            return e.code();
        }
        return std::error_code();
    };
    CHECK(thrown_by(pop3::reply<std::string>()) == pop3::errc::no_reply);
    CHECK(thrown_by(pop3::reply<void>()) == pop3::errc::no_reply);
    CHECK(thrown_by(pop3::reply<std::string, state>()) == pop3::errc::no_reply);
    const pop3::detail::no_reply unreadable("UIDL", pop3::errc::malformed_value);
    CHECK(thrown_by(pop3::reply<std::string>(unreadable)) == pop3::errc::malformed_value);
}

} // namespace
} // namespace expected_tests

#endif
