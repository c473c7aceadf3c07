// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/limits.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// What is wrong with a line of a listing that is no entry. After a -ERR the server will not end the listing.
inline std::error_code unreadable_entry_error(std::string_view line) noexcept
{
    return grammar::is_refusal(line) ? errc::malformed_reply : errc::malformed_value;
}

/// Reads the entries of a listing off the front of `input` for as long as `Command::read_at_sight` knows them, and
/// `keep(entry, ec)` wants more. What it leaves (the end, the start of a line, what is odd) is for `read_line`.
template <class Command, class Keep>
std::error_code read_entries(std::string_view& input, const limits& bounds, Keep keep)
{
    std::error_code ec;
    typename Command::entry_type entry;
    const char* at = input.data();
    const char* const end = at + input.size();
    for (bool more = true; more && !ec;) {
        const char* const behind = Command::read_at_sight(at, end, entry);
        if (behind == nullptr || static_cast<std::size_t>(behind - at) - 2 > bounds.response_line ||
            Command::check_entry(entry, bounds))
            break;
        more = keep(entry, ec);
        at = behind;
    }
    input = std::string_view(at, static_cast<std::size_t>(end - at));
    return ec;
}

} // namespace pop3::command
