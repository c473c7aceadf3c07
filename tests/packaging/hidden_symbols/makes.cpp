// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "shared.hpp"

pop3::tls_context make_context()
{
    return {};
}
