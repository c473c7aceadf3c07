// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace test {

/// Whether a test that could go on for ever goes on for long.
#if defined(POP3_THOROUGH_TESTS)
inline constexpr bool thorough = true;
#else
inline constexpr bool thorough = false;
#endif

} // namespace test
