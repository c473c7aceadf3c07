// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstring>

#if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
#define POP3_HAS_OCTETS16 1

namespace pop3::grammar {

/// Sixteen octets, which are compared at once, by the compiler's own vectors: <emmintrin.h> would be 2,700 lines.
using octets16 = unsigned char __attribute__((vector_size(16)));

/// In each octet all bits or none, as it was found or not. (With lanes of octets, g++ makes selections of `&` and `|`.)
using found16 = unsigned long long __attribute__((vector_size(16)));

inline octets16 load16(const char* from) noexcept
{
    octets16 octets;
    std::memcpy(&octets, from, sizeof octets);
    return octets;
}

inline found16 find16(octets16 octets, unsigned char wanted) noexcept
{
    return reinterpret_cast<found16>(octets == wanted);
}

/// Those that are not above `most`.
inline found16 find_up_to16(octets16 octets, unsigned char most) noexcept
{
    return reinterpret_cast<found16>(octets <= most);
}

/// A bit for each octet, the first one the lowest.
inline unsigned bits_of(found16 found) noexcept
{
    using argument = char __attribute__((vector_size(16)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<argument>(found)));
}

} // namespace pop3::grammar

#endif
