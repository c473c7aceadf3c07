// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <system_error>

void use(pop3::session<pop3::transaction>& mailbox)
{
#ifdef POP3_CONTROL
    mailbox.async_stat([](std::error_code, const pop3::reply<pop3::drop_listing>&) {});
#else
    mailbox.async_stat([](std::error_code, pop3::drop_listing) {});
#endif
}

// error(gcc): error: use of deleted function
// error(clang): 1 error generated.
// error: a handler for a std::error_code and a pop3::reply<pop3::drop_listing>
