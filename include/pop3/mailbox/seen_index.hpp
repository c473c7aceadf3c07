// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/key_arena.hpp>
#include <pop3/mailbox/seen_record.hpp>
#include <pop3/mailbox/slot_table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pop3 {

/// What is known of a message of an account.
struct seen_entry {
    /// The size, as the server listed it.
    std::uint64_t octets = unknown_octets;
    /// When it was delivered, or last tried.
    std::chrono::sys_seconds time{};
    /// Since when listings lack it; zero if the last one had it.
    std::chrono::sys_seconds absent_since{};
    std::uint32_t attempts = 0;
    seen_state state = seen_state::delivered;
};

/// What a seen store knows of one account, in memory: at most 100 octets for each message beside its unique-id.
///
/// A message has a slot, a number below `slot_count()`, which stays the same while the message is known.
class seen_index {
public:
    /// The type of a slot.
    using slot_type = std::uint32_t;
    /// The slot of no message.
    static constexpr slot_type no_slot = 0xffffffff;

    seen_index() = default;
    seen_index(const seen_index&) = delete;
    seen_index& operator=(const seen_index&) = delete;

    /// Takes in what a record says. (Whose it is the caller knows.)
    void apply(const seen_record& record);

    /// Gives back the memory of what is forgotten, if that is much. No `key` from before is valid then.
    void tidy();

    /// `no_slot` if it is not known.
    slot_type find(seen_key key) const noexcept;

    /// How many messages are known.
    std::size_t size() const noexcept;

    /// One more than the highest slot.
    std::size_t slot_count() const noexcept;

    /// False if the slot is free: what was there is forgotten.
    bool holds(slot_type slot) const noexcept;

    /// Of a slot that is not free.
    const seen_entry& operator[](slot_type slot) const noexcept;

    /// Valid until the message is forgotten, and `tidy` is called.
    seen_key key(slot_type slot) const noexcept;

    /// The server's sizes say nothing (`seen_event::unstable`).
    bool unstable_octets() const noexcept;

    /// A fetch uses this. There must not be two.
    bool in_use = false;

private:
    struct record {
        const char* octets = nullptr; // null if the slot is free
        std::uint32_t size = 0;
        std::uint32_t ordinal = 1;
        seen_entry entry;
    };

    std::uint64_t hash(slot_type slot) const noexcept;
    slot_type insert(seen_key key);
    void forget(slot_type slot);

    std::vector<record> records_;
    std::vector<slot_type> free_;
    detail::key_arena octets_;
    detail::slot_table table_;
    std::size_t wasted_ = 0; // octets of what is forgotten
    bool unstable_ = false;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/seen_index.ipp>
#endif
