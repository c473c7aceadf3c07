// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/sasl/octets.hpp>

#include <string_view>

namespace pop3::sasl {

/// Appends `name` as a saslname (RFC 5802, section 5.1): the characters that end an attribute are written in another way.
inline void append_saslname(octets& to, std::string_view name)
{
    for (const char c : name) {
        if (c == ',')
            append(to, "=2C");
        else if (c == '=')
            append(to, "=3D");
        else
            to.push_back(c);
    }
}

} // namespace pop3::sasl
