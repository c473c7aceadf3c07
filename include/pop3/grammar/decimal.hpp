// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace pop3::grammar {

/// Reads the whole of `text` as a decimal number: digits only, and no more than an `Integer` holds.
template <std::unsigned_integral Integer>
std::optional<Integer> decimal(std::string_view text) noexcept
{
    Integer value{};
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        return std::nullopt;
    return value;
}

} // namespace pop3::grammar
