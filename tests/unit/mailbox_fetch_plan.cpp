// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/fetch_plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mailbox_fetch_plan_tests {
namespace {

using pop3::changed_ids;
using pop3::fetch_plan;
using pop3::fetch_policy;
using pop3::maildrop_listing;
using pop3::seen_event;
using pop3::seen_index;
using pop3::seen_record;
using pop3::seen_state;
using pop3::skip_reason;
using std::chrono::days;
using row_type = fetch_plan::row_type;

constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};

struct known {
    const char* unique_id;
    seen_state state = seen_state::delivered;
    std::uint64_t octets = 100;
    std::chrono::sys_seconds time = now - days(1);
    std::uint32_t attempts = 0;
    std::uint32_t ordinal = 1;
};

/// A maildrop, what is known of it, and what is planned.
class planned {
public:
    struct listed {
        const char* unique_id;
        std::uint64_t octets = 100;
    };

    planned(std::vector<listed> messages, std::vector<known> before,
            fetch_policy policy = pop3::keep_on_server())
        : policy_(policy)
    {
        std::uint32_t number = 0;
        for (const auto& m : messages)
            listing.add(++number, m.unique_id);
        for (std::uint32_t n = 0; n != number; ++n)
            listing.set_octets(n + 1, messages[n].octets);
        listing.finish();
        for (const auto& k : before) {
            seen_record r;
            r.state = k.state;
            r.key = {k.unique_id, k.ordinal};
            r.time = k.time;
            r.octets = k.octets;
            r.attempts = k.attempts;
            seen.apply(r);
        }
        terms.account = "alice";
        terms.now = now;
    }

    fetch_plan operator()() const
    {
        return pop3::make_fetch_plan(listing, seen, policy_, terms);
    }

    void missing(std::string_view unique_id, std::chrono::sys_seconds since)
    {
        seen_record r;
        r.event = seen_event::absent;
        r.key = {unique_id};
        r.time = since;
        seen.apply(r);
    }

    maildrop_listing listing;
    seen_index seen;
    pop3::fetch_terms terms;

private:
    fetch_policy policy_;
};

std::vector<row_type> rows(const std::vector<fetch_plan::wanted>& wanted)
{
    std::vector<row_type> all;
    for (const auto& w : wanted)
        all.push_back(w.row);
    return all;
}

using r = std::vector<row_type>;

} // namespace

TEST_CASE("what is unknown is fetched, what was delivered stays")
{
    const auto p = planned({{"a"}, {"b"}, {"c"}}, {{"b"}})();
    CHECK(rows(p.fetch) == r{0, 2});
    CHECK(p.remove.empty());
    CHECK(p.skipped.empty());
    CHECK(p.records.empty());
    CHECK(p.delivered_before == 1);
    CHECK(!p.fetch[0].headers);
    CHECK(!p.fetch[0].then_delete);
}

TEST_CASE("each policy deletes what it says")
{
    const std::vector<planned::listed> three{{"a"}, {"b"}, {"c"}};
    const std::vector<known> two{{"a", seen_state::delivered, 100, now - days(20)}, {"b"}};
    const auto at_once = planned(three, two, pop3::delete_after_delivery())();
    CHECK(at_once.remove == r{0, 1});
    CHECK(at_once.fetch[0].then_delete);
    const auto aged = planned(three, two, pop3::delete_after(days(14)))();
    CHECK(aged.remove == r{0});
    CHECK(!aged.fetch[0].then_delete);
    CHECK(planned(three, two, pop3::delete_after(days(0)))().fetch[0].then_delete);
    const auto newest = planned(three, two, pop3::keep_newest(2))();
    CHECK(newest.remove == r{0});
    CHECK(!newest.fetch[0].then_delete);
    CHECK(planned(three, two, pop3::keep_newest(0))().fetch[0].then_delete);
    CHECK(planned(three, two, pop3::keep_newest(3))().remove.empty());
    // A deletion that an earlier run wanted is carried out whatever the policy is now.
    CHECK(planned(three, {{"b", seen_state::deletion}})().remove == r{1});
}

TEST_CASE("a clock that goes wrong deletes nothing")
{
    CHECK(planned({{"a"}}, {{"a", seen_state::delivered, 100, now + days(9)}}, pop3::delete_after(days(1)))()
              .remove.empty());
}

TEST_CASE("what is too large")
{
    const std::vector<planned::listed> two{{"a", 1000}, {"b", pop3::unknown_octets}};
    const auto skips = planned(two, {}, pop3::delete_after_delivery().at_most(500))();
    CHECK(skips.skipped == std::vector<fetch_plan::left>{{0, skip_reason::too_large}});
    CHECK(rows(skips.fetch) == r{1});
    const auto headers =
        planned(two, {}, pop3::delete_after_delivery().at_most(500, pop3::too_large::headers))();
    REQUIRE(headers.fetch.size() == 2);
    CHECK(headers.fetch[0].headers);
    CHECK(!headers.fetch[0].then_delete);
    CHECK(!headers.fetch[1].headers);
    // Its header was delivered; when the policy allows more it is fetched.
    const std::vector<known> had{{"a", seen_state::headers, 1000}};
    CHECK(planned({{"a", 1000}}, had, pop3::delete_after_delivery().at_most(500, pop3::too_large::headers))()
              .remove.empty());
    CHECK(rows(planned({{"a", 1000}}, had, pop3::delete_after_delivery())().fetch) == r{0});
    CHECK(planned({{"a", 1000}}, had, pop3::keep_on_server().headers_only())().fetch.empty());
    CHECK(planned({{"a"}}, {}, pop3::keep_on_server().headers_only())().fetch[0].headers);
    // What was delivered stays delivered when the limit is lowered.
    CHECK(planned({{"a", 1000}}, {{"a", seen_state::delivered, 1000}},
                  pop3::delete_after_delivery().at_most(1))()
              .remove == r{0});
}

TEST_CASE("what failed is tried again, but not for ever")
{
    const auto p = planned({{"a"}, {"b"}, {"c"}},
                           {{"a", seen_state::skipped, 100, now, 4},
                            {"b", seen_state::skipped, 100, now, 5},
                            {"c", seen_state::quarantine}},
                           pop3::delete_after_delivery())();
    CHECK(rows(p.fetch) == r{0});
    CHECK(p.skipped ==
          std::vector<fetch_plan::left>{{1, skip_reason::quarantine}, {2, skip_reason::quarantine}});
    CHECK(p.remove.empty());
}

TEST_CASE("a known unique-id with another size is fetched, and not deleted before")
{
    planned given({{"a", 200}}, {{"a"}}, pop3::delete_after_delivery());
    const auto p = given();
    REQUIRE(p.fetch.size() == 1);
    CHECK(p.fetch[0].changed);
    CHECK(p.remove.empty());
    CHECK(planned({{"a", pop3::unknown_octets}}, {{"a"}})().fetch.empty());
    seen_record unstable;
    unstable.event = seen_event::unstable;
    given.seen.apply(unstable);
    const auto tolerant = given();
    CHECK(tolerant.fetch.empty());
    CHECK(tolerant.remove == r{0});
    CHECK(tolerant.tolerated_sizes == 1);
}

TEST_CASE("copies are deleted together, and not in the session that fetches them")
{
    const std::vector<planned::listed> two{{"a"}, {"a"}};
    const auto fresh = planned(two, {}, pop3::delete_after_delivery())();
    CHECK(rows(fresh.fetch) == r{0, 1});
    CHECK(!fresh.fetch[0].then_delete);
    const auto half = planned(two, {{"a"}}, pop3::delete_after_delivery())();
    CHECK(rows(half.fetch) == r{1});
    CHECK(half.remove.empty());
    const known second{"a", seen_state::delivered, 100, now - days(1), 0, 2};
    CHECK(planned(two, {{"a"}, second}, pop3::delete_after_delivery())().remove == r{0, 1});
}

TEST_CASE("a message without a unique-id")
{
    const std::vector<planned::listed> one{{""}};
    CHECK(planned(one, {}, pop3::delete_after_delivery())().fetch[0].then_delete);
    CHECK(!planned(one, {}, pop3::delete_after(days(0)))().fetch[0].then_delete);
    CHECK(!planned(one, {}, pop3::keep_newest(0))().fetch[0].then_delete);
    // What is known by its octets is in no listing: it is missing until it is fetched again, and recognised.
    const auto by_octets = planned(one, {{"sha256:00"}})();
    REQUIRE(by_octets.records.size() == 1);
    CHECK(by_octets.records[0].event == seen_event::absent);
    CHECK(rows(by_octets.fetch) == r{0});
}

TEST_CASE("one listing is not enough to forget a message")
{
    planned p({{"a"}}, {{"a"}, {"b"}});
    auto plan = p();
    REQUIRE(plan.records.size() == 1);
    CHECK(plan.records[0].event == seen_event::absent);
    CHECK(plan.records[0].key.unique_id == "b");
    CHECK(plan.records[0].account == "alice");
    CHECK(plan.records[0].time == now);
    p.missing("b", now - days(29));
    CHECK(p().records.empty());
    p.missing("b", now + days(60)); // the clock was wrong
    CHECK(p().records.empty());
    p.missing("b", now - days(30));
    plan = p();
    REQUIRE(plan.records.size() == 1);
    CHECK(plan.records[0].event == seen_event::gone);

    // It is back: the record of it is as it was.
    planned back({{"a", 100}}, {{"a", seen_state::skipped, 100, now - days(3), 2}});
    back.missing("a", now - days(40));
    plan = back();
    REQUIRE(plan.records.size() == 1);
    CHECK(plan.records[0].event == seen_event::state);
    CHECK(plan.records[0].state == seen_state::skipped);
    CHECK(plan.records[0].attempts == 2);
    CHECK(plan.records[0].time == now - days(3));
    // An empty listing says nothing.
    planned empty({}, {{"a"}});
    empty.missing("a", now - days(400));
    CHECK(empty().records.empty());
}

TEST_CASE("nearly all unique-ids are new")
{
    std::vector<std::string> names;
    for (int i = 0; i != 60; ++i)
        names.push_back(std::to_string(i));
    const auto given = [&](std::size_t new_ones, std::size_t old_ones, std::size_t before,
                           fetch_policy policy) {
        std::vector<planned::listed> listed;
        for (std::size_t i = 0; i != new_ones; ++i)
            listed.push_back({names[i].c_str()});
        for (std::size_t i = 30; i != 30 + old_ones; ++i)
            listed.push_back({names[i].c_str()});
        std::vector<known> known_before;
        for (std::size_t i = 30; i != 30 + before; ++i)
            known_before.push_back({names[i].c_str()});
        return planned(listed, known_before, policy);
    };
    const auto keep = pop3::keep_on_server();
    CHECK(!given(20, 0, 0, keep)().ids_changed); // the first run
    CHECK(!given(19, 0, 20, keep)().ids_changed);
    CHECK(!given(20, 0, 17, keep)().ids_changed);
    CHECK(!given(17, 3, 20, keep)().ids_changed);
    CHECK(given(20, 0, 18, keep)().ids_changed);
    CHECK(given(18, 2, 20, keep)().ids_changed);

    const auto fetches = given(20, 0, 20, keep)();
    CHECK(!fetches.stop);
    CHECK(fetches.fetch.size() == 20);
    const auto stops = given(20, 0, 20, pop3::delete_after_delivery())();
    CHECK(stops.stop);
    CHECK(stops.fetch.empty());
    CHECK(stops.remove.empty());
    CHECK(stops.records.empty());
    auto told = given(20, 0, 20, pop3::delete_after_delivery());
    told.terms.changed = changed_ids::fetch;
    CHECK(told().fetch.size() == 20);
    told.terms.changed = changed_ids::adopt;
    const auto adopts = told();
    CHECK(adopts.fetch.empty());
    CHECK(adopts.remove.empty());
    CHECK(adopts.delivered_before == 20);
    CHECK(std::count_if(adopts.records.begin(), adopts.records.end(), [](const seen_record& record) {
              return record.event == seen_event::state && record.state == seen_state::delivered;
          }) == 20);
    auto kept = given(20, 0, 20, keep);
    kept.terms.changed = changed_ids::stop;
    CHECK(kept().stop);
}

TEST_CASE("of any maildrop, store and policy")
{
    const std::vector<fetch_policy> policies{
        pop3::keep_on_server(),
        pop3::keep_on_server().headers_only(),
        pop3::keep_on_server().at_most(100),
        pop3::delete_after_delivery(),
        pop3::delete_after_delivery().at_most(100, pop3::too_large::headers),
        pop3::delete_after(days(2)),
        pop3::keep_newest(3)};
    const std::vector<std::string> names{"", "a", "b", "c", "d", "e", "f", "g"};
    std::minstd_rand random(7);
    const auto size = [&] {
        return random() % 4 == 0 ? pop3::unknown_octets : 99 + random() % 3;
    };
    for (int round = 0; round != 10'000; ++round) {
        const auto& policy = policies[random() % policies.size()];
        maildrop_listing listing;
        const auto count = static_cast<std::uint32_t>(random() % 8);
        for (std::uint32_t n = 1; n <= count; ++n)
            listing.add(n, names[random() % names.size()]);
        for (std::uint32_t n = 1; n <= count; ++n)
            listing.set_octets(n, size());
        listing.finish();
        seen_index seen;
        for (auto n = random() % 8; n != 0; --n) {
            seen_record record;
            record.event = random() % 4 == 0 ? seen_event::absent : seen_event::state;
            record.state = static_cast<seen_state>(random() % 5);
            record.key = {names[1 + random() % 7], static_cast<std::uint32_t>(1 + random() % 2)};
            record.octets = size();
            record.time = now - days(random() % 60);
            record.attempts = static_cast<std::uint32_t>(random() % 7);
            seen.apply(record);
        }
        pop3::fetch_terms terms;
        terms.account = "alice";
        terms.now = now;
        const auto plan = pop3::make_fetch_plan(listing, seen, policy, terms);

        // Each message is fetched, or left, or was delivered.
        std::set<row_type> accounted;
        for (const auto& w : plan.fetch)
            CHECK(accounted.insert(w.row).second);
        for (const auto& l : plan.skipped)
            CHECK(accounted.insert(l.row).second);
        CHECK(accounted.size() + plan.delivered_before == listing.size());
        // What is deleted was delivered whole, and is not fetched or left.
        for (const auto row : plan.remove) {
            CHECK(accounted.insert(row).second);
            const auto slot = seen.find(listing.key(row));
            REQUIRE(slot != seen_index::no_slot);
            CHECK((seen[slot].state == seen_state::delivered || seen[slot].state == seen_state::deletion));
            CHECK((policy.deletes() != fetch_policy::deletion::never ||
                   seen[slot].state == seen_state::deletion));
        }
        for (const auto& w : plan.fetch)
            CHECK((!w.then_delete || (!w.headers && policy.deletes() != fetch_policy::deletion::never)));
        // A listed message is never forgotten, and nothing is by an empty listing.
        for (const auto& record : plan.records) {
            CHECK(listing.size() != 0);
            if (record.event == seen_event::state)
                continue;
            for (row_type row = 0; row != listing.size(); ++row)
                CHECK((listing.key(row).unique_id != record.key.unique_id ||
                       listing.key(row).ordinal != record.key.ordinal));
        }
        // When all went well the next run has nothing to fetch, but for what has no name.
        for (const auto& record : plan.records)
            seen.apply(record);
        for (const auto& w : plan.fetch) {
            seen_record record;
            record.state = w.headers ? seen_state::headers : seen_state::delivered;
            record.key = listing.key(w.row);
            record.octets = listing.octets(w.row);
            record.time = now;
            seen.apply(record);
        }
        for (const auto& w : pop3::make_fetch_plan(listing, seen, policy, terms).fetch)
            CHECK(listing.key(w.row).unique_id.empty());
    }
}

} // namespace mailbox_fetch_plan_tests
