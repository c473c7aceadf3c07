// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <system_error>
#include <utility>

using logged_in = pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>;

void log_in(pop3::session<pop3::awaiting_password>& named, void (*handler)(std::error_code, logged_in))
{
#ifdef POP3_CONTROL
    std::move(named).async_pass("secret", handler);
#else
    named.async_pass("secret", handler);
#endif
}

// error(gcc): error: use of deleted function '
// error(gcc): pop3::session<pop3::awaiting_password, Stream>::async_pass(
// error(clang): 1 error generated.
// error: PASS consumes the session: write std::move(s).async_pass(...)
