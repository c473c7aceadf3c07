// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstdlib>

#if defined(__linux__)
#include <sys/auxv.h>
#elif !defined(_WIN32)
#include <unistd.h>
#endif

namespace pop3::detail {

/// A variable of the environment; null where OpenSSL would not look either, since whoever started this program may have
/// fewer rights than it has (setuid).
inline const char* safe_getenv(const char* name)
{
#if defined(__linux__)
    const bool safe = ::getauxval(AT_SECURE) == 0;
#elif defined(_WIN32)
    const bool safe = true;
#else
    const bool safe = ::issetugid() == 0;
#endif
    return safe ? std::getenv(name) : nullptr;
}

} // namespace pop3::detail
