// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <system_error>
#include <utility>

void use(pop3::session<pop3::authorization> greeted)
{
#ifdef POP3_CONTROL
    using mailbox = pop3::session<pop3::transaction>;
    using back = pop3::session<pop3::authorization>;
    std::move(greeted).async_login(pop3::password("mrose", "secret"),
                                   [](std::error_code, const pop3::reply<mailbox, back>&) {});
#else
    using mailbox = pop3::session<pop3::transaction>;
    std::move(greeted).async_login(pop3::password("mrose", "secret"), [](std::error_code, const mailbox&) {});
#endif
}

// error(gcc): error: use of deleted function
// error(clang): 1 error generated.
// error: a pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>
