// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/fetch_policy.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace mailbox_fetch_policy_tests {
namespace {

using pop3::fetch_policy;
using pop3::too_large;
using deletion = fetch_policy::deletion;

template <class Policy>
concept can_take_headers_only = requires(Policy p) { p.headers_only(); };

template <class Policy>
concept can_be_bounded = requires(Policy p) {
    { p.at_most(1, too_large::headers) } -> std::same_as<Policy>;
};

// What deletes must not leave the rest of a message behind.
static_assert(can_take_headers_only<pop3::keep_policy>);
static_assert(!can_take_headers_only<pop3::deletion_policy>);
static_assert(can_be_bounded<pop3::keep_policy>);
static_assert(can_be_bounded<pop3::deletion_policy>);

// None is made but by the functions that say what it does.
static_assert(!std::is_default_constructible_v<fetch_policy>);
static_assert(!std::is_default_constructible_v<pop3::keep_policy>);
static_assert(!std::is_default_constructible_v<pop3::deletion_policy>);
static_assert(!std::is_constructible_v<pop3::deletion_policy, deletion>);

// One does not become the other.
static_assert(!std::convertible_to<pop3::keep_policy, pop3::deletion_policy>);
static_assert(!std::convertible_to<pop3::deletion_policy, pop3::keep_policy>);
static_assert(std::convertible_to<pop3::keep_policy, fetch_policy>);
static_assert(std::convertible_to<pop3::deletion_policy, fetch_policy>);

} // namespace

TEST_CASE("a policy says when it deletes")
{
    CHECK(pop3::keep_on_server().deletes() == deletion::never);
    CHECK(pop3::delete_after_delivery().deletes() == deletion::at_once);
    CHECK(pop3::delete_after(std::chrono::days(14)).deletes() == deletion::by_age);
    CHECK(pop3::delete_after(std::chrono::days(14)).age() == std::chrono::hours(14 * 24));
    CHECK(pop3::keep_newest(1000).deletes() == deletion::but_newest);
    CHECK(pop3::keep_newest(1000).newest() == 1000);
}

TEST_CASE("by default a policy takes all of each message")
{
    for (const fetch_policy p :
         {fetch_policy(pop3::keep_on_server()), fetch_policy(pop3::delete_after_delivery())}) {
        CHECK(p.most_octets() == (std::numeric_limits<std::uint64_t>::max)());
        CHECK(p.larger() == too_large::skip);
        CHECK(!p.only_headers());
        CHECK(p.valid());
    }
}

TEST_CASE("what is refined keeps the rest")
{
    const auto old = pop3::delete_after(std::chrono::days(1)).at_most(500, too_large::headers);
    CHECK(old.deletes() == deletion::by_age);
    CHECK(old.age() == std::chrono::days(1));
    CHECK(old.most_octets() == 500);
    CHECK(old.larger() == too_large::headers);
    const auto headers = pop3::keep_on_server().at_most(500).headers_only();
    CHECK(headers.only_headers());
    CHECK(headers.most_octets() == 500);
    CHECK(headers.larger() == too_large::skip);
    CHECK(headers.deletes() == deletion::never);
    const auto newest = pop3::keep_newest(3).at_most(1);
    CHECK(newest.newest() == 3);
    CHECK(newest.deletes() == deletion::but_newest);
}

TEST_CASE("an age below zero is no policy")
{
    CHECK(pop3::delete_after(std::chrono::seconds(0)).valid());
    CHECK(!pop3::delete_after(std::chrono::seconds(-1)).valid());
}

} // namespace mailbox_fetch_policy_tests
