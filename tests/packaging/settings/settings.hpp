// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#pragma once

#include <pop3/connect.hpp>
#include <pop3/tls_context.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace settings {

// Each of these is compiled with other settings. `make` gives an object that another takes.

#define SETTINGS_OF(name)                                                                                    \
    namespace name {                                                                                         \
    std::vector<std::size_t> sizes();                                                                        \
    pop3::tls_context make();                                                                                \
    std::string take(pop3::tls_context tls, const pop3::connect_options& options, std::error_code ec);       \
    }

SETTINGS_OF(plain)
SETTINGS_OF(separate)
SETTINGS_OF(newer)

} // namespace settings
