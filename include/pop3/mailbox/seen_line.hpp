// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/seen_record.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::detail {

/// The first line of the file of a seen store.
inline constexpr std::string_view seen_magic = "pop3-seen ";
inline constexpr std::string_view seen_header = "pop3-seen 1\n";

/// What an account or a unique-id in a record has at most.
inline constexpr std::size_t longest_seen_text = 65535;

/// More than the rest of a line has.
inline constexpr std::size_t longest_seen_line = 2 * longest_seen_text + 256;

/// Appends the line of a record:
///
///     delivered 2026-11-28T04:32:04Z 21:mrose@pop.example.org 24:whqtswO00WBw418f9t5JxYwZ 1 4096 0 1c291ca3
///
/// what it says, when, the account, the unique-id (each behind its length: they may hold any octets), the ordinal, the size,
/// the attempts, and the CRC-32C of all before it, in hexadecimal.
void write_seen_line(const seen_record& record, std::string& to);

/// Says whether a record is one that is read back as it was written.
bool is_seen_record(const seen_record& record) noexcept;

/// Appends a time as of ISO 8601, in UTC.
void append_time(std::string& to, std::chrono::sys_seconds time);

enum class seen_line { good, torn, bad };

/// Reads the line at the front of `from`, the views of which the record gets. torn: it may be the beginning of a line that
/// was cut. size: how long the line is, if it is good.
seen_line read_seen_line(std::string_view from, seen_record& record, std::size_t& size);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/seen_line.ipp>
#endif
