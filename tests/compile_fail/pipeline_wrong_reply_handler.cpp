// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/detached.hpp>

#include <cstddef>
#include <vector>

void use(pop3::session<pop3::transaction>& mailbox)
{
#ifdef POP3_CONTROL
    mailbox.async_pipeline(
        std::vector{pop3::command::retr(1)}, [](std::size_t, const pop3::reply<pop3::message>&) {},
        asio::detached);
#else
    mailbox.async_pipeline(
        std::vector{pop3::command::retr(1)}, [](const pop3::reply<pop3::message>&) {}, asio::detached);
#endif
}

// error(gcc): error: use of deleted function
// error(clang): 1 error generated.
// error: the function behind the range is called with a std::size_t (the index)
