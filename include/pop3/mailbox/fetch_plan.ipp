// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_plan.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

/// Makes one plan.
class fetch_planner {
public:
    fetch_planner(const maildrop_listing& listing, const seen_index& seen, const fetch_policy& policy,
                  const fetch_terms& terms)
        : listing_(listing), seen_(seen), policy_(policy), terms_(terms)
    {
    }

    fetch_plan make();

private:
    using row_type = maildrop_listing::row_type;
    using slot_type = seen_index::slot_type;

    bool ids_changed() const;
    bool stops() const;

    void look_at(row_type row);
    void look_at_known(row_type row, slot_type slot);
    void want(row_type row, bool headers, bool changed);
    bool is_too_large(row_type row) const;
    bool is_newest(row_type row) const;
    bool is_due(row_type row, const seen_entry& entry) const;
    void keep_parts_of_groups();
    void prune();
    seen_record make_record(seen_key key, seen_event event) const;

    void find_slots();
    bool is_in(slot_type slot, seen_key key) const;

    static bool is_delivered(const seen_entry& entry)
    {
        return entry.state == seen_state::delivered || entry.state == seen_state::deletion;
    }

    const maildrop_listing& listing_;
    const seen_index& seen_;
    const fetch_policy& policy_;
    const fetch_terms& terms_;
    fetch_plan plan_;
    std::vector<slot_type> slots_; // of the rows
    std::vector<bool> listed_;     // of the slots
    std::size_t nameless_ = 0;
    bool adopts_ = false;
};

inline fetch_plan fetch_planner::make()
{
    find_slots();
    plan_.ids_changed = ids_changed();
    if (plan_.ids_changed && stops()) {
        plan_.stop = true;
        return std::move(plan_);
    }
    adopts_ = plan_.ids_changed && terms_.changed == changed_ids::adopt;
    listed_.resize(seen_.slot_count());
    for (row_type row = 0; row != listing_.size(); ++row)
        look_at(row);
    keep_parts_of_groups();
    prune();
    return std::move(plan_);
}

inline void fetch_planner::find_slots()
{
    slots_.resize(listing_.size(), seen_index::no_slot);
    slot_type next = 0; // as a rule messages became known in the order in which they are listed
    for (row_type row = 0; row != listing_.size(); ++row) {
        const auto key = listing_.key(row);
        if (key.unique_id.empty()) {
            ++nameless_;
            continue;
        }
        const auto slot = is_in(next, key) ? next : seen_.find(key);
        slots_[row] = slot;
        if (slot != seen_index::no_slot)
            next = slot + 1;
    }
}

inline bool fetch_planner::is_in(slot_type slot, seen_key key) const
{
    if (slot >= seen_.slot_count() || !seen_.holds(slot))
        return false;
    const auto k = seen_.key(slot);
    return k.ordinal == key.ordinal && k.unique_id == key.unique_id;
}

/// Nine tenths of at least twenty are unknown, and as many were known before. Those that were to be deleted are not counted:
/// that they are missing is as it should be.
inline bool fetch_planner::ids_changed() const
{
    const auto named = listing_.size() - nameless_;
    const auto without_slot = std::count(slots_.begin(), slots_.end(), seen_index::no_slot);
    const auto unknown = static_cast<std::size_t>(without_slot) - nameless_;
    if (named < 20 || unknown * 10 < named * 9)
        return false;
    std::size_t present = 0;
    for (slot_type slot = 0; slot != seen_.slot_count(); ++slot)
        present += seen_.holds(slot) && seen_[slot].absent_since == std::chrono::sys_seconds() &&
                   seen_[slot].state != seen_state::deletion;
    return present * 10 >= named * 9;
}

inline bool fetch_planner::stops() const
{
    return terms_.changed == changed_ids::stop ||
           (terms_.changed == changed_ids::automatic && policy_.deletes() != fetch_policy::deletion::never);
}

inline void fetch_planner::look_at(row_type row)
{
    const auto slot = slots_[row];
    if (slot != seen_index::no_slot)
        return look_at_known(row, slot);
    if (adopts_ && !listing_.key(row).unique_id.empty()) {
        auto r = make_record(listing_.key(row), seen_event::state);
        r.octets = listing_.octets(row);
        plan_.records.push_back(r);
        ++plan_.delivered_before;
        return;
    }
    if (!is_too_large(row))
        return want(row, policy_.only_headers(), false);
    if (policy_.larger() == too_large::headers)
        return want(row, true, false);
    plan_.skipped.push_back({row, skip_reason::too_large});
}

inline void fetch_planner::look_at_known(row_type row, slot_type slot)
{
    const auto& entry = seen_[slot];
    listed_[slot] = true;
    if (entry.absent_since != std::chrono::sys_seconds()) {
        // It is back.
        auto r = make_record(seen_.key(slot), seen_event::state);
        r.state = entry.state;
        r.time = entry.time;
        r.octets = entry.octets;
        r.attempts = entry.attempts;
        plan_.records.push_back(r);
    }
    if (entry.state == seen_state::quarantine ||
        (entry.state == seen_state::skipped && entry.attempts >= terms_.attempts)) {
        plan_.skipped.push_back({row, skip_reason::quarantine});
        return;
    }
    if (entry.state == seen_state::skipped && terms_.run_began && entry.time >= *terms_.run_began) {
        plan_.skipped.push_back({row, skip_reason::not_kept});
        return;
    }
    const bool too_large = is_too_large(row);
    const bool headers = policy_.only_headers() || (too_large && policy_.larger() == too_large::headers);
    if (too_large && !headers && entry.state != seen_state::delivered &&
        entry.state != seen_state::deletion) {
        plan_.skipped.push_back({row, skip_reason::too_large});
        return;
    }
    if (entry.state == seen_state::skipped || (entry.state == seen_state::headers && !headers))
        return want(row, headers, false);
    const bool same_size = entry.octets == listing_.octets(row) || entry.octets == unknown_octets ||
                           listing_.octets(row) == unknown_octets;
    if (!same_size && !seen_.unstable_octets()) {
        // A server that gave an old unique-id to a new message, perhaps.
        if (!too_large || headers)
            return want(row, headers, true);
        plan_.skipped.push_back({row, skip_reason::too_large});
        return;
    }
    plan_.tolerated_sizes += !same_size;
    ++plan_.delivered_before;
    if (is_delivered(entry) && is_due(row, entry))
        plan_.remove.push_back(row);
}

inline void fetch_planner::want(row_type row, bool headers, bool changed)
{
    fetch_plan::wanted w;
    w.row = row;
    w.headers = headers;
    w.changed = changed;
    if (!headers && listing_.copies(row) == 1) {
        const bool named = !listing_.key(row).unique_id.empty();
        switch (policy_.deletes()) {
        case fetch_policy::deletion::never:
            break;
        case fetch_policy::deletion::at_once:
            w.then_delete = true;
            break;
        case fetch_policy::deletion::by_age:
            w.then_delete = named && policy_.age() == std::chrono::seconds::zero();
            break;
        case fetch_policy::deletion::but_newest:
            w.then_delete = named && !is_newest(row);
            break;
        }
    }
    plan_.fetch.push_back(w);
}

inline bool fetch_planner::is_too_large(row_type row) const
{
    return listing_.octets(row) != unknown_octets && listing_.octets(row) > policy_.most_octets();
}

inline bool fetch_planner::is_newest(row_type row) const
{
    return listing_.size() - row <= policy_.newest();
}

inline bool fetch_planner::is_due(row_type row, const seen_entry& entry) const
{
    if (entry.state == seen_state::deletion)
        return true;
    switch (policy_.deletes()) {
    case fetch_policy::deletion::never:
        break;
    case fetch_policy::deletion::at_once:
        return true;
    case fetch_policy::deletion::by_age:
        return entry.time <= terms_.now && terms_.now - entry.time >= policy_.age();
    case fetch_policy::deletion::but_newest:
        return !is_newest(row);
    }
    return false;
}

/// Copies are deleted all together. When a part of them goes, the others get other ordinals, and one that was not delivered could
/// be taken for one that was.
inline void fetch_planner::keep_parts_of_groups()
{
    std::unordered_map<const char*, std::uint32_t> removable; // of each group; copies share their unique-id
    for (const auto row : plan_.remove)
        if (listing_.copies(row) != 1)
            ++removable[listing_.key(row).unique_id.data()];
    if (removable.empty())
        return;
    std::erase_if(plan_.remove, [&](row_type row) {
        const auto copies = listing_.copies(row);
        return copies != 1 && removable[listing_.key(row).unique_id.data()] != copies;
    });
}

/// One listing is not enough to forget a message by, and one without any unique-ids says nothing of those that have one. A message
/// that is known by its octets is in no listing: it counts as missing until it is fetched again, and recognised.
inline void fetch_planner::prune()
{
    if (listing_.size() == 0)
        return;
    const bool has_names = listing_.size() != nameless_;
    for (slot_type slot = 0; slot != seen_.slot_count(); ++slot) {
        if (!seen_.holds(slot) || listed_[slot])
            continue;
        if (!has_names && !seen_.key(slot).unique_id.starts_with("sha256:"))
            continue;
        const auto since = seen_[slot].absent_since;
        if (since == std::chrono::sys_seconds())
            plan_.records.push_back(make_record(seen_.key(slot), seen_event::absent));
        else if (since <= terms_.now && terms_.now - since >= terms_.forget_after)
            plan_.records.push_back(make_record(seen_.key(slot), seen_event::gone));
    }
}

inline seen_record fetch_planner::make_record(seen_key key, seen_event event) const
{
    seen_record r;
    r.event = event;
    r.account = terms_.account;
    r.key = key;
    r.time = terms_.now;
    return r;
}

} // namespace detail

POP3_DECL fetch_plan make_fetch_plan(const maildrop_listing& listing, const seen_index& seen,
                                     const fetch_policy& policy, const fetch_terms& terms)
{
    return detail::fetch_planner(listing, seen, policy, terms).make();
}

} // namespace pop3
