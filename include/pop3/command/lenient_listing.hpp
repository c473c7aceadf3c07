// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/delivered.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/read_entries.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/delivery.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/grammar/listing.hpp>
#include <pop3/lenient.hpp>
#include <pop3/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

/// Reads a line of a listing: `on_entry(entry)`, or `on_unreadable(error)` for one that is none, says whether there may be
/// more. What shows that the listing will not go on is an error here as well.
template <class Command, class OnEntry, class OnUnreadable>
std::error_code read_leniently(std::string_view line, const limits& bounds, OnEntry on_entry,
                               OnUnreadable on_unreadable)
{
    typename Command::entry_type entry;
    const auto error = Command::read_entry(line, entry, bounds);
    if (is_fatal(error))
        return error;
    return error ? on_unreadable(error) : on_entry(entry);
}

/// The listing `Command`, with the lines that cannot be read beside its entries, in memory.
template <class Command>
class lenient_listing_reader {
public:
    static constexpr std::string_view verb = Command::verb;
    static constexpr reply_shape shape = reply_shape::lines;
    static constexpr bool reads_entries = true;
    using permitted_in = typename Command::permitted_in;
    using result_type = lenient_listing<typename Command::result_type::value_type>;

    void write(command_line& line) const
    {
        Command().write(line);
    }

    std::error_code read_entries(std::string_view& input, result_type& into, const limits& bounds)
    {
        return command::read_entries<Command>(input, bounds, [&](const auto& entry, std::error_code& ec) {
            ec = keep(entry, into, bounds);
            return true;
        });
    }

    std::error_code read_line(std::string_view line, result_type& into, const limits& bounds)
    {
        return command::read_leniently<Command>(
            line, bounds, [&](const auto& entry) { return keep(entry, into, bounds); },
            [&](std::error_code error) {
                // It takes as much room as so many entries would, and is bounded like them.
                if (const auto ec =
                        count(1 + line.size() / std::max<std::size_t>(bounds.unique_id, 1), bounds))
                    return ec;
                into.unreadable.push_back({grammar::entry_number(line), std::string(line), error});
                return std::error_code();
            });
    }

private:
    std::error_code keep(const typename Command::entry_type& entry, result_type& into, const limits& bounds)
    {
        if (const auto ec = count(1, bounds))
            return ec;
        into.entries.push_back(Command::kept(entry));
        return {};
    }

    std::error_code count(std::size_t entries, const limits& bounds)
    {
        // The limit may have been lowered since the last one.
        if (counted_ > bounds.listing_entries || entries > bounds.listing_entries - counted_)
            return errc::listing_entries_limit;
        counted_ += entries;
        return {};
    }

    std::size_t counted_ = 0;
};

/// The listing `Command`, with the lines that cannot be read among its entries, which go to a sink one by one.
template <class Command, sink_for<listing_line<typename Command::entry_type>> Sink>
class delivered_lenient_listing : public delivered_base<Command, Sink> {
public:
    using result_type = listing_delivery;
    static constexpr bool reads_entries = true;
    using delivered_base<Command, Sink>::delivered_base;

    std::error_code read_entries(std::string_view& input, listing_delivery& into, const limits& bounds)
    {
        return command::read_entries<Command>(input, bounds, [&](const auto& entry, std::error_code& ec) {
            ec = pass_on({entry}, into, bounds);
            return this->wanted() == flow::more;
        });
    }

    std::error_code read_line(std::string_view line, listing_delivery& into, const limits& bounds)
    {
        return command::read_leniently<Command>(
            line, bounds, [&](const auto& entry) { return pass_on({entry}, into, bounds); },
            [&](std::error_code error) {
                return pass_on({{}, grammar::entry_number(line), line, error}, into, bounds);
            });
    }

private:
    using line_type = listing_line<typename Command::entry_type>;

    std::error_code pass_on(line_type line, listing_delivery& into, const limits& bounds)
    {
        if (into.entries >= bounds.streamed_entries)
            return errc::streamed_entries_limit;
        ++into.entries;
        this->give(std::move(line));
        return {};
    }
};

/// LIST, with the lines that cannot be read as they came (see `pop3::lenient`).
using lenient_list = lenient_listing_reader<list>;

/// UIDL, with the lines that cannot be read as they came (see `pop3::lenient`).
using lenient_uidl = lenient_listing_reader<uidl>;

/// LIST, the lines of which go to `sink(listing_line<scan_listing>)` one by one.
template <sink_for<listing_line<scan_listing>> Sink>
delivered_lenient_listing<list, Sink> lenient_list_to(Sink sink)
{
    return {list(), std::move(sink)};
}

/// UIDL, the lines of which go to `sink(listing_line<unique_id_view>)` one by one.
template <sink_for<listing_line<unique_id_view>> Sink>
delivered_lenient_listing<uidl, Sink> lenient_uidl_to(Sink sink)
{
    return {uidl(), std::move(sink)};
}

} // namespace pop3::command
