// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/seen_index.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3 {

POP3_DECL void seen_index::apply(const seen_record& r)
{
    if (r.event == seen_event::unstable) {
        unstable_ = true;
        return;
    }
    if (r.key.unique_id.empty())
        return;
    auto slot = find(r.key);
    if (r.event == seen_event::state) {
        if (slot == no_slot)
            slot = insert(r.key);
        auto& e = records_[slot].entry;
        e.state = r.state;
        e.time = r.time;
        e.octets = r.octets;
        e.attempts = r.attempts;
        e.absent_since = {};
    } else if (slot == no_slot) {
        return; // of a message that is not known there is nothing to say
    } else if (r.event == seen_event::absent) {
        records_[slot].entry.absent_since = r.time;
    } else {
        forget(slot);
    }
}

POP3_DECL seen_index::slot_type seen_index::find(seen_key k) const noexcept
{
    return table_.find(table_.hash(k.unique_id, k.ordinal), [&](slot_type slot) {
        const auto& r = records_[slot];
        return r.ordinal == k.ordinal && std::string_view(r.octets, r.size) == k.unique_id;
    });
}

POP3_DECL std::size_t seen_index::size() const noexcept
{
    return table_.size();
}

POP3_DECL std::size_t seen_index::slot_count() const noexcept
{
    return records_.size();
}

POP3_DECL bool seen_index::holds(slot_type slot) const noexcept
{
    return records_[slot].octets != nullptr;
}

POP3_DECL const seen_entry& seen_index::operator[](slot_type slot) const noexcept
{
    return records_[slot].entry;
}

POP3_DECL seen_key seen_index::key(slot_type slot) const noexcept
{
    const auto& r = records_[slot];
    return {std::string_view(r.octets, r.size), r.ordinal};
}

POP3_DECL bool seen_index::unstable_octets() const noexcept
{
    return unstable_;
}

POP3_DECL std::uint64_t seen_index::hash(slot_type slot) const noexcept
{
    const auto k = key(slot);
    return table_.hash(k.unique_id, k.ordinal);
}

POP3_DECL seen_index::slot_type seen_index::insert(seen_key k)
{
    const auto octets = octets_.keep(k.unique_id);
    slot_type slot = 0;
    if (free_.empty()) {
        slot = static_cast<slot_type>(records_.size());
        if (records_.size() == records_.capacity())
            records_.reserve(records_.size() + records_.size() / 2 + 16); // twice as many would take too much
        records_.emplace_back();
        free_.reserve(records_.capacity() / 16); // to forget needs no memory, as a rule
    } else {
        slot = free_.back();
        free_.pop_back();
    }
    auto& r = records_[slot];
    r.octets = octets.data();
    r.size = static_cast<std::uint32_t>(octets.size());
    r.ordinal = k.ordinal;
    table_.insert(hash(slot), slot);
    return slot;
}

POP3_DECL void seen_index::forget(slot_type slot)
{
    free_.push_back(slot);
    table_.erase(hash(slot), [slot](slot_type s) { return s == slot; });
    wasted_ += records_[slot].size;
    records_[slot] = {};
}

POP3_DECL void seen_index::tidy()
{
    if (wasted_ < (1u << 20) || wasted_ < octets_.used() / 2)
        return;
    detail::key_arena kept;
    for (auto& r : records_)
        if (r.octets != nullptr)
            r.octets = kept.keep({r.octets, r.size}).data();
    octets_.swap(kept);
    wasted_ = 0;
}

} // namespace pop3
