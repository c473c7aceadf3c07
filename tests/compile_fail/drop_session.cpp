// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <system_error>
#include <utility>

// A warning of the compiler, which is on without -Wall.
#pragma GCC diagnostic error "-Wunused-result"

using logged_in = pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>;

pop3::session<pop3::transaction> mailbox;

void on_login(std::error_code, logged_in reply)
{
#ifdef POP3_CONTROL
    mailbox = std::move(reply).value();
#else
    std::move(reply).value();
#endif
}

// error(gcc): error: ignoring returned value of type 'pop3::session<pop3::transaction
// error(clang): error: ignoring return value of function declared with 'nodiscard' attribute
// error: its destructor closes the connection, and deletes nothing
// lines(gcc): 15
