// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/delivered.hpp>
#include <pop3/command/listing_reader.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/listing.hpp>
#include <pop3/limits.hpp>
#include <pop3/listing.hpp>
#include <pop3/state.hpp>

#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

/// LIST: number and size of every message not marked as deleted (RFC 1939, section 5).
class list : public listing_reader<list, scan_listing, scan_listing> {
public:
    static constexpr std::string_view verb = "LIST";
    using permitted_in = states<transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    /// For `listing_reader`: reads an entry if it can be read in one go, and says where the next begins; else null.
    static const char* read_at_sight(const char* begin, const char* end, scan_listing& entry) noexcept
    {
        return grammar::read_scan_listing(begin, end, entry);
    }

    /// For `listing_reader`: what is wrong with an entry that was read; nothing ever is.
    static std::error_code check_entry(const scan_listing&, const limits&)
    {
        return {};
    }

    /// For `listing_reader`: reads the entry of one line.
    static std::error_code read_entry(std::string_view line, scan_listing& entry, const limits& bounds)
    {
        if (!grammar::parse_scan_listing(line, entry))
            return unreadable_entry_error(line);
        return check_entry(entry, bounds);
    }

    /// For `listing_reader`: the entry as it stands in the result.
    static const scan_listing& kept(const scan_listing& entry) noexcept
    {
        return entry;
    }
};

/// LIST, the entries of which go to `sink(scan_listing)` one by one.
template <sink_for<scan_listing> Sink>
delivered_listing<list, Sink> list_to(Sink sink)
{
    return {list(), std::move(sink)};
}

/// LIST msg: number and size of one message (RFC 1939, section 5).
class list_one {
public:
    static constexpr std::string_view verb = "LIST";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = scan_listing;
    using permitted_in = states<transaction>;

    /// number: from 1.
    explicit list_one(message_number number) : number_(number)
    {
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(number_);
    }

    std::error_code read_status(std::string_view text, result_type& into, const limits&) const
    {
        // An answer about another message would be worse than none.
        if (grammar::is_about_another(text, number_))
            return errc::malformed_reply;
        return grammar::parse_scan_listing(text, into) ? std::error_code() : errc::malformed_value;
    }

private:
    message_number number_;
};

} // namespace pop3::command
