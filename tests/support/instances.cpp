// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/instances.hpp"

POP3_TEST_INSTANCES();
