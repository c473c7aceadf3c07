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

/// UIDL: number and unique-id of every message not marked as deleted (RFC 1939, section 7).
class uidl : public listing_reader<uidl, unique_id_view, unique_id_listing> {
public:
    static constexpr std::string_view verb = "UIDL";
    using permitted_in = states<transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    /// For `listing_reader`: reads an entry if it can be read in one go, and says where the next begins; else null.
    static const char* read_at_sight(const char* begin, const char* end, unique_id_view& entry) noexcept
    {
        return grammar::read_unique_id_listing(begin, end, entry);
    }

    /// For `listing_reader`: what is wrong with an entry that was read (`errc::unique_id_limit`).
    static std::error_code check_entry(const unique_id_view& entry, const limits& bounds)
    {
        if (entry.unique_id.size() > bounds.unique_id)
            return errc::unique_id_limit;
        return {};
    }

    /// For `listing_reader`: reads the entry of one line.
    static std::error_code read_entry(std::string_view line, unique_id_view& entry, const limits& bounds)
    {
        if (!grammar::parse_unique_id_listing(line, entry))
            return unreadable_entry_error(line);
        return check_entry(entry, bounds);
    }

    /// For `listing_reader`: the entry as it stands in the result, with a unique-id of its own.
    static unique_id_listing kept(const unique_id_view& entry)
    {
        return {entry.number, unique_id(entry.unique_id)};
    }
};

/// UIDL, the entries of which go to `sink(unique_id_view)` one by one.
template <sink_for<unique_id_view> Sink>
delivered_listing<uidl, Sink> uidl_to(Sink sink)
{
    return {uidl(), std::move(sink)};
}

/// UIDL msg: number and unique-id of one message (RFC 1939, section 7).
class uidl_one {
public:
    static constexpr std::string_view verb = "UIDL";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = unique_id_listing;
    using permitted_in = states<transaction>;

    /// number: from 1.
    explicit uidl_one(message_number number) : number_(number)
    {
    }

    void write(command_line& line) const
    {
        line.verb(verb).argument(number_);
    }

    std::error_code read_status(std::string_view text, result_type& into, const limits& bounds) const
    {
        if (grammar::is_about_another(text, number_))
            return errc::malformed_reply;
        const auto entry = grammar::parse_unique_id_listing(text);
        if (!entry)
            return errc::malformed_value;
        if (const auto ec = uidl::check_entry(*entry, bounds))
            return ec;
        into = uidl::kept(*entry);
        return {};
    }

private:
    message_number number_;
};

} // namespace pop3::command
