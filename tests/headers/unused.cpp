// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A file that includes the library and uses nothing of it.

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
