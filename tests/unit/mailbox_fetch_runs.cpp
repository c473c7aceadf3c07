// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Plans over many runs, of a maildrop that changes, with servers and clients that fail in between: what is deleted was delivered.

#include <pop3/mailbox/fetch_plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mailbox_fetch_runs_tests {
namespace {

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

constexpr std::chrono::sys_seconds start{std::chrono::seconds(1'800'000'000)};

/// A message, and what became of it.
struct message {
    std::string unique_id;
    std::uint64_t octets = 100;
    int delivered = 0; // whole
};

/// What disturbs runs: how often, in a hundred.
struct troubles {
    unsigned refused = 0;    // RETR
    unsigned broken = 0;     // the session, before a message
    unsigned wrong_size = 0; // in a listing
    unsigned no_name = 0;    // of a message, in a listing
    unsigned no_uidl = 0;    // in a run
    unsigned silent = 0;     // QUIT is not answered: it was carried out, or not
    unsigned partly = 0;     // QUIT deletes only some
};

/// A maildrop and a client of it.
class world {
public:
    world(std::uint32_t seed, const fetch_policy& policy) : policy_(policy), random_(seed)
    {
    }

    /// Some come. In a server that has copies they come together, each as large as the others: nothing but their ordinals
    /// tells them apart.
    void arrive(bool copies)
    {
        for (auto n = random_() % 4; n != 0; --n) {
            const message m{"u" + std::to_string(++names_), 100 + random_() % 2};
            for (auto copy = copies ? random_() % 3 + 1 : 1; copy != 0; --copy)
                maildrop.push_back(m);
        }
    }

    /// One session; false if there was nothing to fetch or to delete.
    bool run(const troubles& t)
    {
        now += std::chrono::hours(20);
        const auto listing = list(t);
        pop3::fetch_terms terms;
        terms.account = "alice";
        terms.now = now;
        terms.changed = pop3::changed_ids::fetch;
        terms.attempts = 100;
        const auto plan = pop3::make_fetch_plan(listing, seen, policy_, terms);
        for (const auto& r : plan.records)
            seen.apply(r);
        std::vector<row_type> deletions;
        if (!fetch(plan, listing, t, deletions))
            return true;
        for (const auto row : plan.remove) {
            CHECK(maildrop[row].delivered != 0);
            const auto slot = seen.find(listing.key(row));
            REQUIRE(slot != seen_index::no_slot);
            record(listing, row, seen_state::deletion, seen[slot].time, seen[slot].octets);
            deletions.push_back(row);
        }
        quit(listing, t, deletions);
        return !plan.fetch.empty() || !plan.remove.empty();
    }

    std::vector<message> maildrop;
    seen_index seen;
    std::chrono::sys_seconds now = start;
    std::size_t lost = 0;

private:
    bool happens(unsigned in_a_hundred)
    {
        return random_() % 100 < in_a_hundred;
    }

    maildrop_listing list(const troubles& t)
    {
        maildrop_listing listing;
        const bool refused = happens(t.no_uidl);
        std::uint32_t number = 0;
        for (const auto& m : maildrop) {
            ++number;
            if (!refused)
                listing.add(number, happens(t.no_name) ? std::string() : m.unique_id);
        }
        for (std::uint32_t n = 1; n <= number; ++n)
            listing.set_octets(n, maildrop[n - 1].octets + (happens(t.wrong_size) ? 7 : 0));
        listing.finish();
        return listing;
    }

    bool fetch(const fetch_plan& plan, const maildrop_listing& listing, const troubles& t,
               std::vector<row_type>& deletions)
    {
        for (const auto& w : plan.fetch) {
            if (happens(t.broken))
                return false;
            const auto slot = seen.find(listing.key(w.row));
            if (happens(t.refused)) {
                // What was delivered before stays so.
                if (!w.changed)
                    record(listing, w.row, seen_state::skipped, now, listing.octets(w.row),
                           slot == seen_index::no_slot ? 1 : seen[slot].attempts + 1);
                continue;
            }
            maildrop[w.row].delivered += !w.headers;
            CHECK((!w.headers || !w.then_delete));
            record(listing, w.row,
                   w.headers       ? seen_state::headers
                   : w.then_delete ? seen_state::deletion
                                   : seen_state::delivered,
                   now, listing.octets(w.row));
            if (w.then_delete)
                deletions.push_back(w.row);
        }
        return true;
    }

    void quit(const maildrop_listing& listing, const troubles& t, const std::vector<row_type>& deletions)
    {
        const bool silent = happens(t.silent);
        if (silent && happens(50))
            return;
        const bool partly = happens(t.partly);
        std::vector<bool> gone(maildrop.size());
        for (const auto row : deletions) {
            gone[row] = !partly || happens(50);
            lost += gone[row] && maildrop[row].delivered == 0;
            if (!silent && !partly)
                record(listing, row, seen_state::delivered, now, 0, 0, seen_event::gone);
        }
        std::size_t row = 0;
        std::erase_if(maildrop, [&](const message&) { return gone[row++]; });
    }

    void record(const maildrop_listing& listing, row_type row, seen_state state,
                std::chrono::sys_seconds time, std::uint64_t octets, std::uint32_t attempts = 0,
                seen_event event = seen_event::state)
    {
        seen_record r;
        r.event = event;
        r.state = state;
        r.key = listing.key(row);
        r.time = time;
        r.octets = octets;
        r.attempts = attempts;
        seen.apply(r);
    }

    fetch_policy policy_;
    std::minstd_rand random_;
    int names_ = 0;
};

const std::vector<fetch_policy>& policies()
{
    static const std::vector<fetch_policy> all{
        pop3::delete_after_delivery(),
        pop3::delete_after_delivery().at_most(100),
        pop3::delete_after_delivery().at_most(100, pop3::too_large::headers),
        pop3::delete_after(days(2)),
        pop3::delete_after(days(0)),
        pop3::keep_newest(2),
        pop3::keep_on_server(),
        pop3::keep_on_server().headers_only()};
    return all;
}

/// In each world mail comes, and the runs meet these troubles; then there are none any more.
template <class Check>
void many_worlds(bool copies, const troubles& t, Check at_the_end)
{
    std::uint32_t seed = 0;
    for (const auto& policy : policies())
        for (int round = 0; round != 100; ++round) {
            world w(++seed, policy);
            for (int run = 0; run != 8; ++run) {
                w.arrive(copies);
                w.run(t);
            }
            at_the_end(w, policy);
            if (w.lost != 0)
                return; // one is enough
        }
}

} // namespace

TEST_CASE("copies stay together if one of them has another size")
{
    // Else the one that stays, and was not delivered, would have the name of the one that went.
    maildrop_listing listing;
    listing.add(1, "a");
    listing.add(2, "a");
    listing.set_octets(1, 100);
    listing.set_octets(2, 100);
    listing.finish();
    seen_index seen;
    seen_record r;
    r.key = {"a", 1};
    r.octets = 100;
    seen.apply(r);
    r.key = {"a", 2};
    r.octets = 200;
    seen.apply(r);
    pop3::fetch_terms terms;
    terms.now = start;
    const auto plan = pop3::make_fetch_plan(listing, seen, pop3::delete_after_delivery(), terms);
    CHECK(plan.fetch == std::vector<fetch_plan::wanted>{{1, false, false, true}});
    CHECK(plan.remove.empty());
    // The same if one of them is not old enough, or among the newest.
    r.octets = 100;
    r.time = start - days(1);
    seen.apply(r);
    CHECK(pop3::make_fetch_plan(listing, seen, pop3::delete_after(days(2)), terms).remove.empty());
    CHECK(pop3::make_fetch_plan(listing, seen, pop3::delete_after(days(1)), terms).remove ==
          std::vector<row_type>{0, 1});
    CHECK(pop3::make_fetch_plan(listing, seen, pop3::keep_newest(1), terms).remove.empty());
}

TEST_CASE("a known unique-id whose message has become too large is reported")
{
    maildrop_listing listing;
    listing.add(1, "a");
    listing.set_octets(1, 1000);
    listing.finish();
    seen_index seen;
    seen_record r;
    r.key = {"a"};
    r.octets = 100;
    seen.apply(r);
    pop3::fetch_terms terms;
    const auto plan = pop3::make_fetch_plan(listing, seen, pop3::delete_after_delivery().at_most(500), terms);
    CHECK(plan.skipped == std::vector<fetch_plan::left>{{0, skip_reason::too_large}});
    CHECK(plan.delivered_before == 0);
    CHECK(plan.remove.empty());
}

TEST_CASE("a listing without unique-ids says nothing of those that were known")
{
    maildrop_listing listing;
    listing.set_octets(1, 100); // UIDL was refused
    listing.finish();
    seen_index seen;
    seen_record r;
    r.key = {"a"};
    seen.apply(r);
    pop3::fetch_terms terms;
    terms.now = start;
    CHECK(pop3::make_fetch_plan(listing, seen, pop3::delete_after_delivery(), terms).records.empty());
    r.event = seen_event::absent;
    r.time = start - days(400);
    seen.apply(r);
    CHECK(pop3::make_fetch_plan(listing, seen, pop3::delete_after_delivery(), terms).records.empty());
}

TEST_CASE("deletions that were carried out unsaid are no change of unique-ids")
{
    maildrop_listing listing;
    for (std::uint32_t n = 1; n <= 30; ++n)
        listing.add(n, "new " + std::to_string(n));
    listing.finish();
    pop3::fetch_terms terms;
    for (const auto state : {seen_state::deletion, seen_state::delivered}) {
        seen_index seen;
        for (int n = 0; n != 100; ++n) {
            const auto name = "old " + std::to_string(n);
            seen_record r;
            r.key = {name};
            r.state = state;
            seen.apply(r);
        }
        const auto plan = pop3::make_fetch_plan(listing, seen, pop3::delete_after_delivery(), terms);
        CHECK(plan.stop == (state == seen_state::delivered));
        CHECK(plan.fetch.size() == (plan.stop ? 0 : 30));
    }
}

TEST_CASE("whatever happens, nothing is deleted that was not delivered whole")
{
    troubles t;
    t.refused = 15;
    t.broken = 5;
    t.silent = 20;
    for (const bool copies : {true, false}) {
        // A copy without its name changes the ordinals of the others.
        t.no_name = t.no_uidl = copies ? 0 : 5;
        for (const unsigned wrong : {0u, 15u}) {
            t.wrong_size = wrong;
            many_worlds(copies, t, [](const world& w, const fetch_policy&) { CHECK(w.lost == 0); });
        }
    }
}

TEST_CASE("after all troubles everything is delivered, and what is to be deleted is")
{
    troubles t;
    t.refused = 15;
    t.broken = 5;
    t.silent = 20;
    t.partly = 10;
    many_worlds(false, t, [](world& w, const fetch_policy& policy) {
        const troubles none;
        for (int run = 0; w.run(none) && run != 6; ++run)
            ;
        w.now += days(3);
        w.run(none);
        CHECK(!w.run(none));
        const bool whole = !policy.only_headers() && policy.most_octets() > 1000;
        for (const auto& m : w.maildrop)
            CHECK((m.delivered != 0 || !whole || w.lost != 0));
        if (whole && policy.deletes() != fetch_policy::deletion::never)
            CHECK(w.maildrop.size() <= policy.newest());
    });
}

} // namespace mailbox_fetch_runs_tests
