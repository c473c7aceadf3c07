// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Empty sessions: where what is tried with them completes.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <system_error>
#include <utility>

TEST_CASE("what comes back of a lost login is empty, and tries again on the executor that it had")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").end();
    asio::io_context context(1);
    test::greeted_session greeted;
    test::run(context, [&]() -> asio::awaitable<void> { greeted = co_await test::greet(talk); });

    std::error_code error;
    std::optional<test::greeted_session> back;
    std::move(greeted).async_login(pop3::password("alice", "secret"), [&](std::error_code ec, auto reply) {
        error = ec;
        back = std::move(reply).session();
    });
    test::run(context);
    CHECK(error == pop3::errc::connection_closed);
    REQUIRE(back);
    CHECK(back->get_executor() == asio::any_io_executor(context.get_executor()));

    error = {};
    std::move(*back).async_login(pop3::password("alice", "secret"),
                                 [&](std::error_code ec, auto) { error = ec; });
    CHECK(!error); // by no other thread
    test::run(context);
    CHECK(error == pop3::errc::no_session);
}
