// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <utility>

namespace pop3 {

namespace detail {

template <class T, class... Others>
concept none_of = (!std::same_as<T, Others> && ...);

/// An integer that is no character and no truth value.
template <class T>
concept number = std::integral<T> && none_of<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

} // namespace detail

/// The number of a message in this session's maildrop, from 1 (RFC 1939, section 5). It holds for one session
/// only: over sessions a message is known by its unique-id.
///
/// Converts from any integer. One that is no message-number (0, negative, over 32 bits) becomes 0; a command
/// with it completes with `errc::invalid_argument`, and nothing is sent.
class message_number {
public:
    /// Of any integer; one that is no message number becomes one that is not `valid`.
    template <detail::number Integer>
    constexpr message_number(Integer n) noexcept
        : value_(std::in_range<std::uint32_t>(n) ? static_cast<std::uint32_t>(n) : 0)
    {
    }

    /// 0 if it is not `valid`.
    constexpr std::uint32_t value() const noexcept
    {
        return value_;
    }

    /// False for 0, which is no message's number.
    constexpr bool valid() const noexcept
    {
        return value_ != 0;
    }

    friend constexpr auto operator<=>(message_number, message_number) = default;

    /// Writes the number in decimal.
    template <class Char, class Traits>
    friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out,
                                                        message_number n)
    {
        return out << n.value_;
    }

private:
    std::uint32_t value_;
};

} // namespace pop3
