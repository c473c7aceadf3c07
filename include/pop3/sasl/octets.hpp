// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/sasl/mechanism.hpp>

#include <string_view>

namespace pop3::sasl {

/// Valid until `o` changes.
inline std::string_view view(const octets& o) noexcept
{
    return {o.data(), o.size()};
}

inline void append(octets& to, std::string_view text)
{
    to.insert(to.end(), text.begin(), text.end());
}

} // namespace pop3::sasl
