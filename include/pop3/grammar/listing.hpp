// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/listing.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pop3::grammar {

// The functions that say false and write into what they are given are for listings of many entries: what comes back in
// a `std::optional` goes by way of the stack.

namespace detail {

/// Takes the next word off `text`, with the spaces before and behind it. False if it is no number.
template <std::unsigned_integral Integer>
constexpr bool take_number(std::string_view& text, Integer& number) noexcept
{
    skip_spaces(text);
    if (!take_decimal(text, number) || !(text.empty() || text.front() == ' '))
        return false;
    skip_spaces(text);
    return true;
}

constexpr bool take_message_number(std::string_view& text, message_number& number) noexcept
{
    std::uint32_t n = 0;
    if (!take_number(text, n) || n == 0)
        return false;
    number = n;
    return true;
}

} // namespace detail

/// A message-number: decimal, not 0.
constexpr std::optional<message_number> parse_message_number(std::string_view word) noexcept
{
    const auto n = decimal<std::uint32_t>(word);
    if (!n || *n == 0)
        return std::nullopt;
    return message_number(*n);
}

/// "2 320": the reply to STAT (RFC 1939, section 5). What follows the two numbers has no meaning.
constexpr std::optional<drop_listing> parse_drop_listing(std::string_view text) noexcept
{
    drop_listing read;
    if (!detail::take_number(text, read.count) || !detail::take_number(text, read.octets))
        return std::nullopt;
    return read;
}

/// "1 120": an entry of LIST (RFC 1939, section 5). What follows the two numbers has no meaning.
constexpr bool parse_scan_listing(std::string_view text, scan_listing& into) noexcept
{
    return detail::take_message_number(text, into.number) && detail::take_number(text, into.octets);
}

constexpr std::optional<scan_listing> parse_scan_listing(std::string_view text) noexcept
{
    scan_listing read;
    if (!parse_scan_listing(text, read))
        return std::nullopt;
    return read;
}

/// "1 whqtswO00WBw418f9t5JxYwZ": an entry of UIDL (RFC 1939, section 7), with the unique-id as a view of `text`.
/// RFC 1939 allows the octets 0x21 to 0x7E in a unique-id; real servers use others, so only controls are not
/// taken.
using pop3::unique_id_view;

inline bool parse_unique_id_listing(std::string_view text, unique_id_view& into) noexcept
{
    if (!detail::take_message_number(text, into.number))
        return false;
    while (text.ends_with(' '))
        text.remove_suffix(1);
    into.unique_id = text;
    return !text.empty() && !has_control(text);
}

inline std::optional<unique_id_view> parse_unique_id_listing(std::string_view text) noexcept
{
    unique_id_view read;
    if (!parse_unique_id_listing(text, read))
        return std::nullopt;
    return read;
}

} // namespace pop3::grammar
