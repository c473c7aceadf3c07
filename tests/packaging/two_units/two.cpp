// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

std::error_code from_one();

int main()
{
    // Error codes compare by the address of their category: there must be one in the whole program.
    return from_one() == pop3::errc::no_session ? 0 : 1;
}
