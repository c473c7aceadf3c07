// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/detached.hpp>

#include <string_view>

void use(pop3::session<pop3::transaction>& mailbox)
{
#ifdef POP3_CONTROL
    mailbox.async_list([](pop3::scan_listing) {}, asio::detached);
#else
    mailbox.async_list([](std::string_view) {}, asio::detached);
#endif
}

// error(gcc): error: use of deleted function
// error(clang): 1 error generated.
// error: a sink for a pop3::scan_listing
