// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace pop3::grammar {

/// Takes the digits that `text` begins with off it, and reads them into `value` as a decimal number. False if it begins
/// with no digit, or if the number is more than an `Integer` holds. (`std::from_chars` takes three times as long, and a
/// listing is little else than numbers.)
template <std::unsigned_integral Integer>
constexpr bool take_decimal(std::string_view& text, Integer& value) noexcept
{
    constexpr auto most = (std::numeric_limits<Integer>::max)();
    const auto digit = [](char c) {
        return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
    };

    const char* const begin = text.data();
    const char* const end = begin + text.size();
    // So many digits fit, whatever they are.
    constexpr std::size_t fit = std::numeric_limits<Integer>::digits10;
    const char* const fitting = begin + (std::min)(text.size(), fit);

    Integer n{};
    const char* p = begin;
    for (; p != fitting && digit(*p) < 10; ++p)
        n = static_cast<Integer>(n * 10 + digit(*p));
    if (p == fitting) {
        for (; p != end && digit(*p) < 10; ++p) {
            const auto next = static_cast<Integer>(digit(*p));
            if (n > most / 10 || (n == most / 10 && next > most % 10))
                return false;
            n = static_cast<Integer>(n * 10 + next);
        }
    }
    text.remove_prefix(static_cast<std::size_t>(p - begin));
    value = n;
    return p != begin;
}

/// Reads the whole of `text` as a decimal number: digits only, and no more than an `Integer` holds.
template <std::unsigned_integral Integer>
constexpr std::optional<Integer> decimal(std::string_view text) noexcept
{
    Integer value{};
    if (!take_decimal(text, value) || !text.empty())
        return std::nullopt;
    return value;
}

} // namespace pop3::grammar
