// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <chrono>

namespace pop3::detail {

/// `time`, but so that it can be added to a point in time: the clock's own unit overflows with `milliseconds::max()` and
/// `milliseconds::min()`. What is less than nothing is nothing, and ten years are far enough away for any use.
inline std::chrono::milliseconds bounded(std::chrono::milliseconds time) noexcept
{
    using std::chrono::milliseconds;
    return std::clamp<milliseconds>(time, milliseconds::zero(), std::chrono::hours(24 * 365 * 10));
}

} // namespace pop3::detail
