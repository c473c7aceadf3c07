// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/line_ends.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pop3::detail {

/// Copies what is before the next CR, and stops at it. There must be room for all that is there.
inline void copy_until_cr(const char*& from, const char* end, char*& to) noexcept
{
#if defined(__SSE2__)
    // Sixteen octets at a time: lines are too short for calls of memchr and memcpy.
    const auto cr = _mm_set1_epi8('\r');
    while (end - from >= 16) {
        const auto octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), octets);
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(octets, cr)));
        const int before = found == 0 ? 16 : std::countr_zero(found);
        from += before;
        to += before;
        if (found != 0)
            return;
    }
#endif
    const auto* const found = std::find(from, end, '\r');
    to = std::copy(from, found, to);
    from = found;
}

POP3_DECL void lf_lines::add(std::string_view piece, std::string& to)
{
    const auto before = to.size();
    to.resize(before + piece.size() + 1); // and the CR that was held
    char* out = to.data() + before;
    const char* from = piece.data();
    const char* const end = from + piece.size();
    while (from != end) {
        if (std::exchange(held_cr_, false) && *from != '\n')
            *out++ = '\r';
        copy_until_cr(from, end, out);
        held_cr_ = from != end;
        from += held_cr_ ? 1 : 0;
    }
    to.resize(static_cast<std::size_t>(out - to.data()));
}

POP3_DECL void lf_lines::end(std::string& to)
{
    if (std::exchange(held_cr_, false))
        to += '\r';
}

} // namespace pop3::detail
