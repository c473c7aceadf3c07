// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Two shared libraries that hide all other symbols: what is static in an inline function of pop3 is there twice.

#include <pop3/tls_context.hpp>

#include <cstdint>
#include <string>

/// Makes a context.
[[gnu::visibility("default")]] pop3::tls_context make_context();

/// Calls every setter of it.
[[gnu::visibility("default")]] void set_up(pop3::tls_context& tls, const std::string& authority,
                                           const std::string& client);

/// Has it refuse everybody.
[[gnu::visibility("default")]] void refuse_all(pop3::tls_context& tls);

struct visit {
    std::error_code error;
    bool resumed = false;
};

/// Connects with it.
[[gnu::visibility("default")]] visit connect(const pop3::tls_context& tls, std::uint16_t port);
