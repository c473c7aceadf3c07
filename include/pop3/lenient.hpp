// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/message_number.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3 {

/// Asks for a listing in which a line that cannot be read is no error, but given as it came:
///
///     auto [entries, unreadable] = co_await mailbox.async_uidl(pop3::lenient);
///
/// For servers with one bad entry, where the others are wanted all the same.
struct lenient_t {
    explicit lenient_t() = default;
};

/// The argument itself: `mailbox.async_uidl(pop3::lenient)`.
inline constexpr lenient_t lenient{};

/// A line of a listing that is no entry.
struct unreadable_line {
    /// The number that it begins with; nothing if it begins with none. The message can be fetched by it.
    std::optional<message_number> number;
    /// The line as it came, never truncated: without its CRLF, and with dot-stuffing undone. Untrusted input.
    std::string text;
    /// `errc::malformed_value`, or `errc::unique_id_limit`.
    std::error_code error;

    friend bool operator==(const unreadable_line&, const unreadable_line&) = default;
};

/// What there is of a listing, each in the order in which it came. The server may have listed a number more than once.
template <class Entry>
struct lenient_listing {
    /// What could be read, and the lines that could not.
    std::vector<Entry> entries;
    std::vector<unreadable_line> unreadable;

    friend bool operator==(const lenient_listing&, const lenient_listing&) = default;
};

/// A line of a listing, as a sink is given it: an entry, or a line that is none. Valid during the call only.
template <class Entry>
struct listing_line {
    /// The entry; nothing if the line cannot be read.
    std::optional<Entry> entry;
    /// Of a line that cannot be read, what `unreadable_line` has.
    std::optional<message_number> number = {};
    std::string_view text = {};
    std::error_code error = {};
};

} // namespace pop3
