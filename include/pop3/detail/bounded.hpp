// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <chrono>

namespace pop3::detail {

/// `time`, but no more than can be added to a point in time: Asio's clock would overflow with milliseconds::max(). What is
/// left is far enough away for any use.
inline std::chrono::milliseconds bounded(std::chrono::milliseconds time) noexcept
{
    return std::min<std::chrono::milliseconds>(time, std::chrono::hours(24 * 365 * 10));
}

} // namespace pop3::detail
