// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/seen_index.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace mailbox_seen_index_tests {
namespace {

using pop3::seen_event;
using pop3::seen_index;
using pop3::seen_record;
using pop3::seen_state;

constexpr std::chrono::sys_seconds at{std::chrono::seconds(1'800'000'000)};

seen_record about(std::string_view unique_id, seen_event event = seen_event::state, std::uint32_t ordinal = 1)
{
    seen_record r;
    r.event = event;
    r.account = "a";
    r.key = {unique_id, ordinal};
    r.time = at;
    r.octets = 7;
    return r;
}

} // namespace

TEST_CASE("what records say is known")
{
    seen_index index;
    CHECK(index.find({"x"}) == seen_index::no_slot);
    auto r = about("x");
    r.state = seen_state::skipped;
    r.attempts = 2;
    index.apply(r);
    const auto slot = index.find({"x"});
    REQUIRE(slot != seen_index::no_slot);
    CHECK(index.size() == 1);
    CHECK(index.key(slot).unique_id == "x");
    CHECK(index[slot].state == seen_state::skipped);
    CHECK(index[slot].attempts == 2);
    CHECK(index[slot].octets == 7);
    CHECK(index[slot].time == at);

    index.apply(about("x", seen_event::absent));
    CHECK(index[slot].absent_since == at);
    index.apply(about("x"));
    CHECK(index.find({"x"}) == slot);
    CHECK(index[slot].state == seen_state::delivered);
    CHECK(index[slot].attempts == 0);
    CHECK(index[slot].absent_since == std::chrono::sys_seconds());

    CHECK(!index.unstable_octets());
    index.apply(about("", seen_event::unstable));
    CHECK(index.unstable_octets());
    index.apply(about("y", seen_event::absent)); // nobody knows it
    index.apply(about("y", seen_event::gone));
    index.apply(about(""));
    CHECK(index.size() == 1);
    index.apply(about("x", seen_event::gone));
    CHECK(index.size() == 0);
    CHECK(!index.holds(slot));
    CHECK(index.find({"x"}) == seen_index::no_slot);
}

TEST_CASE("copies are told apart by their ordinals")
{
    seen_index index;
    index.apply(about("x", seen_event::state, 1));
    index.apply(about("x", seen_event::state, 2));
    CHECK(index.size() == 2);
    CHECK(index.find({"x", 1}) != index.find({"x", 2}));
    index.apply(about("x", seen_event::gone, 1));
    CHECK(index.find({"x", 1}) == seen_index::no_slot);
    CHECK(index.find({"x", 2}) != seen_index::no_slot);
}

TEST_CASE("it is what a map would be")
{
    seen_index index;
    std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> model;
    std::minstd_rand random(4);
    for (int round = 0; round != 60'000; ++round) {
        auto id = std::to_string(random() % 3000);
        if (random() % 50 == 0)
            id.append(1000, '\0');
        auto r = about(id, random() % 3 == 0 ? seen_event::gone : seen_event::state,
                       static_cast<std::uint32_t>(1 + random() % 2));
        r.octets = random();
        index.apply(r);
        if (r.event == seen_event::gone)
            model.erase({id, r.key.ordinal});
        else
            model[{id, r.key.ordinal}] = r.octets;
        if (round % 1000 == 0)
            index.tidy();
    }
    CHECK(index.size() == model.size());
    CHECK(index.slot_count() < 8000); // they are used again
    std::size_t held = 0;
    for (seen_index::slot_type slot = 0; slot != index.slot_count(); ++slot)
        held += index.holds(slot);
    CHECK(held == model.size());
    for (const auto& [key, octets] : model) {
        const auto slot = index.find({key.first, key.second});
        REQUIRE(slot != seen_index::no_slot);
        CHECK(index[slot].octets == octets);
        CHECK(index.key(slot).unique_id == key.first);
    }
}

TEST_CASE("what is forgotten gives its memory back")
{
    seen_index index;
    const std::string large(10'000, 'x');
    for (int i = 0; i != 1000; ++i) {
        index.apply(about(large + std::to_string(i)));
        if (i >= 10)
            index.apply(about(large + std::to_string(i - 10), seen_event::gone));
    }
    index.tidy();
    CHECK(index.size() == 10);
    for (int i = 990; i != 1000; ++i)
        CHECK(index.find({large + std::to_string(i)}) != seen_index::no_slot);
}

} // namespace mailbox_seen_index_tests
