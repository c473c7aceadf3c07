// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/listing.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
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

/// The message-number that an entry of a listing begins with, whatever follows it.
constexpr std::optional<message_number> entry_number(std::string_view text) noexcept
{
    message_number number = 0;
    if (!detail::take_message_number(text, number))
        return std::nullopt;
    return number;
}

/// Says whether the reply to LIST or UIDL of one message begins with the number of another. A number alone is none: it may
/// be a value that stands there without its number.
constexpr bool is_about_another(std::string_view text, message_number asked) noexcept
{
    message_number number = 0;
    return detail::take_message_number(text, number) && !text.empty() && number != asked;
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

// An entry as the RFC writes it, and all there, is read in one pass, with the CRLF behind it: what comes back is where the
// next one begins. Null for what looks different in any way: to find out what it is there are the functions above, and
// `take_line`. (A pointer by value, since a view by reference would go by way of memory for each entry.)

namespace detail {

/// Reads up to seven digits at once, and stops behind them: what is at `p` must have eight octets. False if there is none,
/// or another one.
template <std::unsigned_integral Integer>
bool read_few_digits(const char*& p, Integer& number) noexcept
{
    constexpr auto each = [](std::uint64_t octet) {
        return octet * 0x01'01'01'01'01'01'01'01;
    };
    std::uint64_t octets;
    std::memcpy(&octets, p, sizeof octets);
    octets ^= each('0');
    // The high bit of an octet comes up if it is no digit. What then goes on to those behind it does no harm.
    const auto others = ((octets + each(0x80 - 10)) | octets) & each(0x80);
    const auto digits = static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (digits == 0 || digits == 8)
        return false;
    // With zeros in front there are eight: then twice four, then one number of two of them, and so on.
    octets <<= 8 * (8 - digits);
    octets = (octets * (1 + (10 << 8))) >> 8;
    octets = ((octets & 0x00'ff'00'ff'00'ff'00'ff) * (1 + (100 << 16))) >> 16;
    octets = ((octets & 0x00'00'ff'ff'00'00'ff'ff) * (1 + (10'000ull << 32))) >> 32;
    number = static_cast<Integer>(octets);
    p += digits;
    return true;
}

/// Reads digits, as many as surely fit, and stops behind them. False if there is none, or another one.
template <std::unsigned_integral Integer>
bool read_digits(const char*& p, Integer& number) noexcept
{
    if constexpr (std::endian::native == std::endian::little)
        if (read_few_digits(p, number))
            return true;
    const auto digit = [&] {
        return static_cast<unsigned>(static_cast<unsigned char>(*p)) - '0';
    };
    const char* const fitting = p + std::numeric_limits<Integer>::digits10;
    const char* const begin = p;
    Integer n{};
    for (; p != fitting && digit() < 10; ++p)
        n = static_cast<Integer>(n * 10 + digit());
    number = n;
    return p != begin && digit() >= 10;
}

/// Reads the number of an entry, and the space behind it.
inline bool read_entry_number(const char*& p, message_number& number) noexcept
{
    std::uint32_t n = 0;
    if (!read_digits(p, n) || n == 0 || *p != ' ')
        return false;
    ++p;
    number = n;
    return true;
}

} // namespace detail

inline const char* read_scan_listing(const char* p, const char* end, scan_listing& into) noexcept
{
    // More than the longest that can be read so: nothing below looks for the end of the input.
    if (end - p < 40)
        return nullptr;
    if (!detail::read_entry_number(p, into.number) || !detail::read_digits(p, into.octets) || p[0] != '\r' ||
        p[1] != '\n')
        return nullptr;
    return p + 2;
}

inline const char* read_unique_id_listing(const char* p, const char* end, unique_id_view& into) noexcept
{
    if (end - p < 40 || !detail::read_entry_number(p, into.number) || *p == ' ')
        return nullptr;
    const char* const cr = find_control(p, end);
    if (end - cr < 2 || cr[0] != '\r' || cr[1] != '\n' || cr[-1] == ' ')
        return nullptr;
    into.unique_id = std::string_view(p, static_cast<std::size_t>(cr - p));
    return cr + 2;
}

} // namespace pop3::grammar
