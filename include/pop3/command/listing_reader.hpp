// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/concept.hpp>
#include <pop3/command/read_entries.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>

#include <string_view>
#include <system_error>
#include <vector>

namespace pop3::command {

/// What LIST and UIDL share: the reply has an entry for each message, and all are read into memory. `Command` says how
/// an `Entry` is read, and in what form it is `Kept`.
template <class Command, class Entry, class Kept>
class listing_reader {
public:
    static constexpr reply_shape shape = reply_shape::lines;
    static constexpr bool reads_entries = true;
    using entry_type = Entry;
    using result_type = std::vector<Kept>;

    std::error_code read_entries(std::string_view& input, result_type& into, const limits& bounds) const
    {
        return command::read_entries<Command>(input, bounds, [&](const Entry& entry, std::error_code& ec) {
            ec = keep(entry, into, bounds);
            return true;
        });
    }

    std::error_code read_line(std::string_view line, result_type& into, const limits& bounds) const
    {
        Entry entry;
        if (const auto ec = Command::read_entry(line, entry, bounds))
            return ec;
        return keep(entry, into, bounds);
    }

private:
    static std::error_code keep(const Entry& entry, result_type& into, const limits& bounds)
    {
        if (into.size() >= bounds.listing_entries)
            return errc::listing_entries_limit;
        into.push_back(Command::kept(entry));
        return {};
    }
};

} // namespace pop3::command
