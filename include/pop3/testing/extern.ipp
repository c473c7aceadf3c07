// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions over a script, which pop3/testing/src.hpp has compiled: see pop3/extern/define.ipp.

#include <pop3/extern/define.ipp>

POP3_CARRIED_BY(pop3::testing::scripted_stream)
POP3_ALL_OVER(pop3::testing::scripted_stream)
POP3_SECRETS_OVER(pop3::testing::scripted_stream)

#include <pop3/extern/undef.ipp>
