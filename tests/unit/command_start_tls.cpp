// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/start_tls.hpp>
#include <pop3/error.hpp>
#include <pop3/stls_policy.hpp>

#include "talk.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace command_start_tls_tests {
namespace {

using pop3::errc;
using pop3::stls_policy;
using pop3::command::start_tls;
using test::says;
using lines = std::vector<std::string>;

pop3::capabilities offered()
{
    pop3::capabilities c;
    c.stls = true;
    return c;
}

} // namespace

TEST_CASE("start_tls: if CAPA offers it")
{
    for (const std::size_t piece : {100u, 1u}) {
        start_tls exchange(stls_policy::if_offered, {});
        const auto c = test::talk(exchange, says({"+OK\r\nTOP\r\nSTLS\r\n.\r\n", "+OK go on\r\n"}), piece);
        CHECK(c.ok());
        CHECK(c.lines == lines{"CAPA", "STLS"});
        CHECK(exchange.known()->top);
    }
    start_tls known(stls_policy::if_offered, offered());
    CHECK(test::talk(known, says({"+OK\r\n"})).lines == lines{"STLS"});
}

TEST_CASE("start_tls: struck from CAPA, no CAPA, refused")
{
    start_tls struck(stls_policy::if_offered, {});
    auto c = test::talk(struck, says({"+OK\r\nTOP\r\n.\r\n", "+OK go on\r\n"}));
    CHECK(c.ec == errc::stls_not_offered);
    CHECK(!pop3::is_fatal(c.ec));
    CHECK(c.lines == lines{"CAPA"});

    start_tls old(stls_policy::if_offered, {});
    c = test::talk(old, says({"-ERR what?\r\n", "+OK go on\r\n"}));
    CHECK(c.ec == errc::stls_not_offered);
    CHECK(c.lines == lines{"CAPA"});

    start_tls without(stls_policy::if_offered, pop3::capabilities());
    c = test::talk(without, says({"+OK\r\n"}));
    CHECK(c.ec == errc::stls_not_offered);
    CHECK(c.lines.empty());

    start_tls refused(stls_policy::if_offered, offered());
    c = test::talk(refused, says({"-ERR not now\r\n"}));
    CHECK(c.refused);
    CHECK(c.refusal.verb() == "STLS");
}

TEST_CASE("start_tls: insisted on")
{
    start_tls exchange(stls_policy::insist, {});
    CHECK(test::talk(exchange, says({"+OK\r\n"})).lines == lines{"STLS"});
    start_tls anyway(stls_policy::insist, pop3::capabilities());
    CHECK(test::talk(anyway, says({"+OK\r\n"})).ok());
}

TEST_CASE("start_tls: what comes behind the +OK is left for the driver to see")
{
    start_tls exchange(stls_policy::insist, {});
    const auto c = test::talk(exchange, says({"+OK\r\n+OK injected\r\n"}));
    CHECK(c.rest == "+OK injected\r\n");
}

} // namespace command_start_tls_tests
