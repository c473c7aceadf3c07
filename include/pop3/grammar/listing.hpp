// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/listing.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pop3::grammar {

/// A message-number: decimal, not 0.
inline std::optional<message_number> parse_message_number(std::string_view word) noexcept
{
    const auto n = decimal<std::uint32_t>(word);
    if (!n || *n == 0)
        return std::nullopt;
    return message_number(*n);
}

/// "2 320": the reply to STAT (RFC 1939, section 5). What follows the two numbers has no meaning.
inline std::optional<drop_listing> parse_drop_listing(std::string_view text) noexcept
{
    const auto count = decimal<std::uint64_t>(take_word(text));
    const auto octets = decimal<std::uint64_t>(take_word(text));
    if (!count || !octets)
        return std::nullopt;
    return drop_listing{*count, *octets};
}

/// "1 120": an entry of LIST (RFC 1939, section 5). What follows the two numbers has no meaning.
inline std::optional<scan_listing> parse_scan_listing(std::string_view text) noexcept
{
    const auto number = parse_message_number(take_word(text));
    const auto octets = decimal<std::uint64_t>(take_word(text));
    if (!number || !octets)
        return std::nullopt;
    return scan_listing{*number, *octets};
}

/// "1 whqtswO00WBw418f9t5JxYwZ": an entry of UIDL (RFC 1939, section 7), with the unique-id as a view of `text`.
/// RFC 1939 allows the octets 0x21 to 0x7E in a unique-id; real servers use others, so only controls are not
/// taken.
struct unique_id_view {
    message_number number;
    std::string_view unique_id;
};

inline std::optional<unique_id_view> parse_unique_id_listing(std::string_view text) noexcept
{
    const auto number = parse_message_number(take_word(text));
    const auto last = text.find_last_not_of(' ');
    if (!number || last == std::string_view::npos || std::any_of(text.begin(), text.end(), is_control))
        return std::nullopt;
    return unique_id_view{*number, text.substr(0, last + 1)};
}

} // namespace pop3::grammar
