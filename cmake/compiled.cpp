// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The target pop3::compiled.

#include <pop3/src.hpp>
