// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/concept.hpp>
#include <pop3/command/utf8.hpp>
#include <pop3/error.hpp>
#include <pop3/state.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <ostream>

namespace {

using pop3::command::utf8;

// RFC 6856, section 2: valid in AUTHORIZATION.
static_assert(pop3::command_for<utf8, pop3::authorization>);
static_assert(!pop3::command_for<utf8, pop3::awaiting_password>);
static_assert(!pop3::command_for<utf8, pop3::transaction>);
static_assert(!pop3::detail::leaves_state<utf8>);
static_assert(!pop3::reveals_secret<utf8>);

} // namespace

TEST_CASE("UTF8: has no parameters, and its reply is one line")
{
    CHECK(test::written(utf8()) == "UTF8\r\n");
    const auto got = test::feed_every_way(utf8(), "+OK UTF8 enabled\r\n+OK next\r\n");
    CHECK(got.ok());
    CHECK(got.rest == "+OK next\r\n");
}

TEST_CASE("UTF8: may be refused")
{
    const auto got = test::feed_every_way(utf8(), "-ERR unknown command\r\n");
    REQUIRE(got.refused());
    CHECK(got.reply.error() == pop3::refusal("UTF8", pop3::response_code::none, "", "unknown command"));
    CHECK(test::feed_every_way(utf8(), "+ \r\n").ec == pop3::errc::malformed_reply);
}
