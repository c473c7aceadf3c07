// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

// The test server, and sessions over scripts, compiled once: define POP3_TESTING_SEPARATE_COMPILATION in all files of a program
// that include them, and include pop3/testing/src.hpp in one. This does not depend on POP3_SEPARATE_COMPILATION, which is about
// the library.

#if defined(POP3_TESTING_SEPARATE_COMPILATION)
#define POP3_TESTING_DECL
#else
#define POP3_TESTING_DECL inline
#endif
