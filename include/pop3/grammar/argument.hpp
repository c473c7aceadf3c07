// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/ascii.hpp>

#include <string_view>

namespace pop3::grammar {

/// Says whether `text` can be the argument of a command: not empty, and without the controls by which it could
/// end the line and begin another command. Octets from 0x80 pass as they are (UTF-8, RFC 6856).
inline bool is_argument(std::string_view text) noexcept
{
    return !text.empty() && !has_control(text);
}

} // namespace pop3::grammar
