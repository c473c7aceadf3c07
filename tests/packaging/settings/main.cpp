// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Files that are compiled with different settings, in one program: no setting changes what an object looks like.

#include "settings.hpp"

#include <pop3/error.hpp>

#include <iostream>

namespace {

int failed = 0;

void check(const char* what, bool holds)
{
    if (!holds) {
        std::cerr << what << " differs\n";
        failed = 1;
    }
}

} // namespace

int main()
{
    const auto sizes = settings::plain::sizes();
    check("separate: a size", settings::separate::sizes() == sizes);
    check("newer: a size", settings::newer::sizes() == sizes);

    const pop3::connect_options options;
    const std::error_code ec = pop3::errc::no_timestamp;
    const auto expected = settings::plain::take(settings::separate::make(), options, ec);
    check("separate: what is done",
          settings::separate::take(settings::newer::make(), options, ec) == expected);
    check("newer: what is done", settings::newer::take(settings::plain::make(), options, ec) == expected);
    std::cout << expected << '\n';
    return failed;
}
