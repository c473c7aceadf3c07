// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/octets16.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pop3::grammar {

// The RFCs compare keywords as ASCII; the C locale functions would not.

constexpr char to_upper(char c) noexcept
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

constexpr bool is_alphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (to_upper(c) >= 'A' && to_upper(c) <= 'Z');
}

constexpr bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether a control is anywhere in `text`. Eight octets at a time: it looks at every octet of a listing.
inline bool has_control(std::string_view text) noexcept
{
    constexpr auto each = [](std::uint64_t octet) {
        return octet * 0x01'01'01'01'01'01'01'01;
    };
    // The high bit of an octet comes up if it is a control. That a borrow may then go on to the next octet does no
    // harm: the answer is yes already.
    const auto controls = [&](std::uint64_t octets) {
        const auto is_del = octets ^ each(0x7f);
        return ((octets - each(0x20)) & ~octets) | ((is_del - each(1)) & ~is_del);
    };
    const auto load = [](const char* from, auto octets) {
        std::memcpy(&octets, from, sizeof octets);
        return octets;
    };

    const char* p = text.data();
    const char* const end = p + text.size();
    if (end - p < 4) {
        while (p != end && !is_control(*p))
            ++p;
        return p != end;
    }
    // The last ones may be looked at twice.
    if (end - p < 8) {
        const std::uint64_t octets =
            load(p, std::uint32_t()) | (std::uint64_t(load(end - 4, std::uint32_t())) << 32);
        return (controls(octets) & each(0x80)) != 0;
    }
    auto found = controls(load(end - 8, std::uint64_t()));
    for (; end - p > 8; p += 8)
        found |= controls(load(p, std::uint64_t()));
    return (found & each(0x80)) != 0;
}

/// The first control in [begin, end), or `end`.
inline const char* find_control(const char* begin, const char* end) noexcept
{
#if defined(POP3_HAS_OCTETS16)
    for (; end - begin >= 16; begin += 16) {
        const auto octets = load16(begin);
        const auto found = bits_of(find_up_to16(octets, 0x1f) | find16(octets, 0x7f));
        if (found != 0)
            return begin + std::countr_zero(found);
    }
#endif
    while (begin != end && !is_control(*begin))
        ++begin;
    return begin;
}

/// `keyword` must be in upper case.
constexpr bool is_keyword(std::string_view text, std::string_view keyword) noexcept
{
    if (text.size() != keyword.size())
        return false;
    for (std::size_t i = 0; i != text.size(); ++i)
        if (to_upper(text[i]) != keyword[i])
            return false;
    return true;
}

constexpr void skip_spaces(std::string_view& text) noexcept
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
}

/// Takes the next word off `text`: what stands before the next space. Spaces before and behind it go as well.
constexpr std::string_view take_word(std::string_view& text) noexcept
{
    skip_spaces(text);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    skip_spaces(text);
    return word;
}

} // namespace pop3::grammar
