// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

namespace pop3::grammar {

/// Takes a line that ends in CRLF off `input`, and gives it without the CRLF. Nothing if it is not all there
/// yet, or if `ec` is set: `errc::response_line_limit` if it has more than `limit` octets,
/// `errc::malformed_reply` if it ends in a bare LF.
inline std::optional<std::string_view> take_line(std::string_view& input, std::size_t limit,
                                                 std::error_code& ec) noexcept
{
    const auto found =
        input.empty() ? nullptr : static_cast<const char*>(std::memchr(input.data(), '\n', input.size()));
    if (found == nullptr) {
        // The CR that may stand at the end is not counted.
        if (!input.empty() && input.size() - 1 > limit)
            ec = errc::response_line_limit;
        return std::nullopt;
    }
    const std::string_view line(input.data(), static_cast<std::size_t>(found - input.data()));
    if (!line.empty() && line.size() - 1 > limit)
        ec = errc::response_line_limit;
    // To take a bare LF for a line's end is how one reply is smuggled into another.
    else if (!line.ends_with('\r'))
        ec = errc::malformed_reply;
    if (ec)
        return std::nullopt;
    input.remove_prefix(line.size() + 1);
    return std::string_view(line.data(), line.size() - 1);
}

} // namespace pop3::grammar
