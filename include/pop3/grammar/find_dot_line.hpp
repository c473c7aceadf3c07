// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/octets16.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if !defined(POP3_HAS_OCTETS16) && defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)
#include <arm_neon.h>
#endif

namespace pop3::grammar {

// Only behind LF can a dot be more than a dot, and lines that begin with one are few: the two octets are looked for
// together, so that a message is passed over at the speed of memory and not cut into lines.

/// The first LF in [begin, end) that has a dot behind it, in there as well; null if there is none.
inline const char* find_dot_line_plain(const char* begin, const char* end) noexcept
{
    while (end - begin > 1) {
        const auto lf =
            static_cast<const char*>(std::memchr(begin, '\n', static_cast<std::size_t>(end - begin - 1)));
        if (lf == nullptr || lf[1] == '.')
            return lf;
        begin = lf + 1;
    }
    return nullptr;
}

#if defined(POP3_HAS_OCTETS16)

/// The same, 64 octets at a time. Every x86-64 has what it needs.
inline const char* find_dot_line_sse2(const char* begin, const char* end) noexcept
{
    const auto pairs = [](const char* at) {
        return find16(load16(at), '\n') & find16(load16(at + 1), '.');
    };
    const auto bits = [](found16 found) {
        return std::uint64_t(bits_of(found));
    };

    // Each step reads one octet more than it is long: the one behind the last LF that it could find.
    for (; end - begin > 64; begin += 64) {
        const auto a = pairs(begin);
        const auto b = pairs(begin + 16);
        const auto c = pairs(begin + 32);
        const auto d = pairs(begin + 48);
        if (bits((a | b) | (c | d)) != 0)
            return begin + std::countr_zero(bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48);
    }
    for (; end - begin > 16; begin += 16)
        if (const auto found = bits(pairs(begin)); found != 0)
            return begin + std::countr_zero(found);
    return find_dot_line_plain(begin, end);
}

/// The fastest there is for this machine.
inline const char* find_dot_line(const char* begin, const char* end) noexcept
{
    return find_dot_line_sse2(begin, end);
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)

/// The same, 64 octets at a time. Every 64-bit ARM has what it needs.
inline const char* find_dot_line_neon(const char* begin, const char* end) noexcept
{
    const auto pairs = [lf = vdupq_n_u8('\n'), dot = vdupq_n_u8('.')](const char* at) {
        const auto octets = [](const char* from) {
            return vld1q_u8(reinterpret_cast<const std::uint8_t*>(from));
        };
        return vandq_u8(vceqq_u8(octets(at), lf), vceqq_u8(octets(at + 1), dot));
    };
    // Four bits for each octet.
    const auto bits = [](uint8x16_t found) {
        return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(found), 4)), 0);
    };

    // Each step reads one octet more than it is long: the one behind the last LF that it could find.
    for (; end - begin > 64; begin += 64) {
        const auto a = pairs(begin);
        const auto b = pairs(begin + 16);
        const auto c = pairs(begin + 32);
        const auto d = pairs(begin + 48);
        if (bits(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) != 0)
            break;
    }
    for (; end - begin > 16; begin += 16)
        if (const auto found = bits(pairs(begin)); found != 0)
            return begin + std::countr_zero(found) / 4;
    return find_dot_line_plain(begin, end);
}

/// The fastest there is for this machine.
inline const char* find_dot_line(const char* begin, const char* end) noexcept
{
    return find_dot_line_neon(begin, end);
}

#else

/// The fastest there is for this machine.
inline const char* find_dot_line(const char* begin, const char* end) noexcept
{
    return find_dot_line_plain(begin, end);
}

#endif

} // namespace pop3::grammar
