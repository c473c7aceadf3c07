// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <string>
#include <system_error>

#if defined(POP3_NO_EXCEPTIONS)
#include <cstdio>
#include <cstdlib>
#endif

namespace pop3::detail {

// Where exceptions are off, what would throw says why, and ends the program.

#if defined(POP3_NO_EXCEPTIONS)

[[noreturn]] inline void end_program(const std::string& why)
{
    std::fprintf(stderr, "pop3: %s\n", why.c_str());
    std::abort();
}

[[noreturn]] inline void throw_error(std::error_code ec, const std::string& what = {})
{
    end_program(what.empty() ? ec.message() : what + ": " + ec.message());
}

#else

[[noreturn]] inline void throw_error(std::error_code ec)
{
    throw std::system_error(ec);
}

[[noreturn]] inline void throw_error(std::error_code ec, const std::string& what)
{
    throw std::system_error(ec, what);
}

#endif

} // namespace pop3::detail
