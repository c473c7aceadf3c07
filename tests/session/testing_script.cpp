// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/run.hpp"

#include <pop3/blocking.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/open_session.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

namespace testing_script_tests {
namespace {

using pop3::blocking;
using pop3::testing::script;

} // namespace

TEST_CASE("testing::open_session: a session in each state")
{
    asio::io_context context;
    auto talk = script::make();
    talk->client("CAPA\r\n").server("+OK\r\nUSER\r\n.\r\n");
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    auto greeted = pop3::testing::open_session<pop3::authorization>(context.get_executor(), talk);
    auto in = std::move(greeted).async_login(pop3::password("alice", "secret"), blocking);
    CHECK(talk->finished());

    talk = script::make();
    talk->client("PASS secret\r\n").server("+OK\r\n");
    auto named = pop3::testing::open_session<pop3::awaiting_password>(context.get_executor(), talk);
    std::ignore = std::move(named).async_pass("secret", blocking);
    CHECK(talk->finished());

    talk = script::make();
    talk->client("STAT\r\n").server("+OK 2 320\r\n").client("QUIT\r\n").server("+OK\r\n").end();
    pop3::testing::session<pop3::transaction> mailbox =
        pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
    CHECK(mailbox.async_stat(blocking).octets == 320);
    std::ignore = std::move(mailbox).async_quit(blocking);
    CHECK(talk->closed());
    CHECK(talk->written() == "STAT\r\nQUIT\r\n");
}

TEST_CASE("testing::open_session: what the server is able to do")
{
    asio::io_context context;
    pop3::connect_options options;
    options.capabilities.emplace();
    options.capabilities->pipelining = true;
    auto talk = script::make();
    talk->client("NOOP\r\nSTAT\r\n").server("+OK\r\n+OK 0 0\r\n");
    auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk, options);
    auto [noop, stat] = mailbox.async_pipeline(pop3::command::noop(), pop3::command::stat(), blocking);
    CHECK(stat);
    CHECK(talk->finished());
}

TEST_CASE("testing::script: a client that says the wrong thing is told so, and the test does not hang")
{
    asio::io_context context;
    auto talk = script::make();
    talk->client("STAT\r\n").server("+OK 2 320\r\n");
    auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
    CHECK(talk->difference().empty());
    std::error_code ec;
    std::ignore = mailbox.async_noop(blocking(ec));
    CHECK(ec == pop3::errc::connection_closed);
    CHECK(talk->wrong());
    CHECK(!talk->finished());
    CHECK(talk->difference() == "expected \"STAT\r\n\", got \"NOOP\r\n\"");
}

TEST_CASE("testing::script: a client that says more than it should")
{
    asio::io_context context;
    auto talk = script::make();
    talk->client("STAT\r\n").server("+OK 2 320\r\n");
    auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
    mailbox.async_stat(blocking);
    CHECK(talk->finished());
    std::error_code ec;
    std::ignore = mailbox.async_noop(blocking(ec));
    CHECK(ec);
    CHECK(talk->difference() == "expected nothing, got \"NOOP\r\n\"");
}

TEST_CASE("testing::script: cuts, small pieces, ends, waits")
{
    asio::io_context context;
    for (std::size_t split = 0; split != 12; ++split) {
        CAPTURE(split);
        auto talk = script::make();
        talk->client("STAT\r\n").server("+OK 2 320\r\n").split_at(split);
        auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
        CHECK(mailbox.async_stat(blocking).count == 2);
    }
    auto talk = script::make();
    talk->client("STAT\r\n")
        .wait(std::chrono::milliseconds(10))
        .server("+OK 2 ")
        .wait(std::chrono::milliseconds(10))
        .server("320\r\n")
        .client("RETR 1\r\n")
        .server("+OK\r\nhalf")
        .end(asio::error::connection_reset)
        .octets_at_a_time(1);
    auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
    const auto begun = std::chrono::steady_clock::now();
    CHECK(mailbox.async_stat(blocking).octets == 320);
    CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(20));
    std::error_code ec;
    std::ignore = mailbox.async_retr(1, blocking(ec));
    CHECK(ec == asio::error::connection_reset);
    CHECK(talk->finished());
    CHECK(talk->closed());
}

TEST_CASE("testing::script: a wait is ended by a deadline, and by the end of the session")
{
    for (const bool by_deadline : {true, false}) {
        asio::io_context context;
        pop3::connect_options options;
        if (by_deadline)
            options.limits.operation_time = std::chrono::milliseconds(10);
        auto talk = script::make();
        talk->client("NOOP\r\n").wait(std::chrono::hours(1)).server("+OK\r\n");
        std::error_code told;
        {
            auto mailbox =
                pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk, options);
            mailbox.async_noop([&](std::error_code ec, pop3::reply<void>) { told = ec; });
            if (by_deadline)
                test::run(context);
            else
                context.poll();
        }
        test::run(context);
        CHECK(told == (by_deadline ? pop3::make_error_code(pop3::errc::timed_out)
                                   : std::error_code(asio::error::operation_aborted)));
    }
}

TEST_CASE("testing::fuse: each read and write of a script fails once")
{
    pop3::testing::fuse fuse(asio::error::broken_pipe);
    std::size_t failures = 0;
    const auto steps = fuse.run([&](pop3::testing::fuse& f) {
        asio::io_context context;
        auto talk = script::make();
        talk->client("STAT\r\n").server("+OK 2 320\r\n").with(f);
        auto mailbox = pop3::testing::open_session<pop3::transaction>(context.get_executor(), talk);
        std::error_code ec;
        std::ignore = mailbox.async_stat(blocking(ec));
        CHECK(f.blown() == (ec != std::error_code()));
        failures += f.blown();
    });
    CHECK(steps == failures);
    CHECK(steps == 2);
    // Out of a run it counts, and does no harm.
    CHECK(!pop3::testing::fuse().step());
}

TEST_CASE("testing::fuse: a dialogue that never ends is ended, and what it throws comes out")
{
    pop3::testing::fuse fuse;
    std::size_t runs = 0;
    CHECK_THROWS_AS(fuse.run(
                        [&] {
                            ++runs;
                            while (!fuse.step()) {
                            }
                        },
                        10),
                    std::runtime_error);
    CHECK(runs == 10);
    CHECK_THROWS_AS(fuse.run([] { throw std::logic_error("the test's own"); }), std::logic_error);
}

} // namespace testing_script_tests
