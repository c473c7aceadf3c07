// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/detached.hpp>

#include <string_view>

void use(pop3::session<pop3::transaction>& mailbox)
{
#ifdef POP3_CONTROL
    mailbox.async_retr(1, [](std::string_view) {}, asio::detached);
#else
    mailbox.async_retr(1, [](int) {}, asio::detached);
#endif
}

// error(gcc): error: use of deleted function
// error(clang): 1 error generated.
// error: a sink for a std::span<const char> or a std::string_view
