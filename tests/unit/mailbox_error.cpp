// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/error.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <system_error>

namespace mailbox_error_tests {

TEST_CASE("each error of a fetch has a text of its own")
{
    using pop3::fetch_errc;
    CHECK(pop3::fetch_category().name() == std::string("pop3.fetch"));
    const auto unknown = pop3::fetch_category().message(9999);
    std::set<std::string> texts{unknown};
    const int last = static_cast<int>(fetch_errc::host_given_up);
    for (int value = static_cast<int>(fetch_errc::store_locked); value <= last; ++value) {
        const std::error_code ec = static_cast<fetch_errc>(value);
        CHECK(ec.category() == pop3::fetch_category());
        CHECK(texts.insert(ec.message()).second);
    }
    CHECK(pop3::fetch_category().message(last + 1) == unknown);
}

} // namespace mailbox_error_tests
