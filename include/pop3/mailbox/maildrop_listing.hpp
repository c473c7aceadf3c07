// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/key_arena.hpp>
#include <pop3/mailbox/seen_record.hpp>
#include <pop3/mailbox/slot_table.hpp>
#include <pop3/message_number.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pop3 {

/// What a maildrop holds, as the server lists it: made of the lines of UIDL, and then of those of LIST, as they come. It
/// takes about 50 octets for each message beside its unique-id.
///
/// Messages with one unique-id are told apart by their ordinals, in the order of their numbers. Of two lines with one number the
/// first counts.
class maildrop_listing {
public:
    /// Which message, from 0.
    using row_type = std::uint32_t;

    /// A line of UIDL: all before the first one of LIST. An empty unique-id is one that cannot be read.
    void add(message_number number, std::string_view unique_id);

    /// A line of LIST. A number that UIDL has not is a message without a unique-id that can be read.
    void set_octets(message_number number, std::uint64_t octets);

    /// The messages: rows from 0 to `size() - 1`, ordered by number once `finish` was called.
    std::size_t size() const noexcept;

    /// There are no more lines. Orders the rows.
    void finish();

    /// The number of a message in this session.
    message_number number(row_type row) const noexcept;

    /// `unknown_octets` if LIST did not say.
    std::uint64_t octets(row_type row) const noexcept;

    /// The unique-id is empty if the message has none that can be read.
    seen_key key(row_type row) const noexcept;

    /// How many rows have the unique-id of this one.
    std::uint32_t copies(row_type row) const noexcept;

    /// Lines that were left out, since an earlier one had their number.
    std::size_t doubled_numbers() const noexcept;

private:
    struct message {
        const char* unique_id = nullptr; // copies share it
        std::uint64_t octets = unknown_octets;
        std::uint32_t number = 0;
        std::uint32_t size = 0; // of the unique-id
        std::uint32_t ordinal = 1;
        std::uint32_t copies = 1;
    };

    /// By number, each once.
    void order();

    /// Tells copies apart.
    void count_copies();

    std::vector<message> rows_;
    detail::key_arena unique_ids_;
    detail::slot_table table_;
    std::size_t doubled_ = 0;
    row_type at_ = 0;         // where the next line of LIST is looked for first
    std::size_t ordered_ = 0; // so many rows are
    bool sized_ = false;      // LIST has begun
    bool has_copies_ = false;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/maildrop_listing.ipp>
#endif
