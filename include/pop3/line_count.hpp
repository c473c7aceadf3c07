// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/message_number.hpp>

#include <cstdint>
#include <utility>

namespace pop3 {

/// How many lines of a message's body (TOP: RFC 1939, section 7), from 0.
///
/// Converts from any integer, and from nothing else: no truth value, no character, no fraction. A command with a negative one
/// completes with `errc::invalid_argument`, and nothing is sent.
class line_count {
public:
    /// Of any integer; one that is no count is kept as what it is, and refused when it is to be sent.
    template <detail::number Integer>
    constexpr line_count(Integer n) noexcept
        : value_(static_cast<std::uint64_t>(n)), valid_(std::in_range<std::uint64_t>(n))
    {
    }

    /// Only if `valid()`.
    constexpr std::uint64_t value() const noexcept
    {
        return value_;
    }

    /// False if it is negative.
    constexpr bool valid() const noexcept
    {
        return valid_;
    }

private:
    std::uint64_t value_;
    bool valid_;
};

} // namespace pop3
