// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

std::error_code from_one()
{
    return pop3::errc::no_session;
}
