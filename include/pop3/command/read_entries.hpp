// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/limits.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

/// Reads the entries of a listing off the front of `input` for as long as `Command::take_entry` knows them at sight, and
/// `keep(entry, ec)` wants more. What it leaves (the end, the start of a line, what is odd) is for `read_line`.
template <class Command, class Keep>
std::error_code read_entries(std::string_view& input, const limits& bounds, Keep keep)
{
    std::error_code ec;
    typename Command::entry_type entry;
    for (bool more = true; more && !ec;) {
        auto rest = input;
        if (!Command::take_entry(rest, entry) || input.size() - rest.size() - 2 > bounds.response_line)
            break;
        ec = Command::check_entry(entry, bounds);
        if (!ec)
            more = keep(entry, ec);
        input = rest;
    }
    return ec;
}

} // namespace pop3::command
