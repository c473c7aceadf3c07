// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/blocking.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace testing_server_tests {
namespace {

using pop3::blocking;
using pop3::testing::fault;

pop3::testing::server_options two_messages()
{
    pop3::testing::server_options options(
        {pop3::testing::account("alice", "secret", {"One.\r\n", "Two.\r\n"}, {"a", "b"})});
    options.tls = false;
    return options;
}

/// A server with these faults, and a client of it.
class pair {
public:
    explicit pair(std::vector<fault> faults, pop3::testing::server_options options = two_messages())
        : server((options.faults = std::move(faults), options))
    {
        connect.limits.operation_time = std::chrono::milliseconds(2000);
        connect.port = server.port();
    }

    auto greeted(std::error_code& ec)
    {
        return pop3::async_connect(context_.get_executor(), pop3::allow_cleartext, "127.0.0.1", connect,
                                   blocking(ec));
    }

    auto mailbox()
    {
        auto g = pop3::async_connect(context_.get_executor(), pop3::allow_cleartext, "127.0.0.1", connect,
                                     blocking);
        auto named = std::move(g).async_user("alice", blocking);
        return std::move(named).async_pass("secret", blocking);
    }

    pop3::testing::background_server server;
    pop3::connect_options connect;

private:
    asio::io_context context_;
};

} // namespace

TEST_CASE("testing::server: without faults it does what it should, and says what it heard")
{
    pair p({});
    auto m = p.mailbox();
    CHECK(m.async_stat(blocking).count == 2);
    CHECK(m.async_uidl(blocking).at(1).unique_id == "b");
    m.async_dele(1, blocking);
    CHECK(std::move(m).async_quit(blocking).deletions() == pop3::deletions::committed);
    CHECK(p.server.messages("alice") == std::vector<std::string>{"Two.\r\n"});
    CHECK(p.server.messages("nobody").empty());
    CHECK(p.server.lines() ==
          std::vector<std::string>{"USER alice", "PASS secret", "STAT", "UIDL", "DELE 1", "QUIT"});
    CHECK(p.server.connections() == 1);
}

TEST_CASE("testing::server: what is delivered while a client is there is seen by the next")
{
    pair p({});
    auto m = p.mailbox();
    p.server.deliver("alice", "Three.", "c");
    CHECK(m.async_stat(blocking).count == 2);
    CHECK(p.server.messages("alice").size() == 3);
    std::ignore = std::move(m).async_quit(blocking);
    auto again = p.mailbox();
    CHECK(again.async_uidl(blocking).at(2).unique_id == "c");
    CHECK(again.async_retr(3, blocking).octets() == "Three.\r\n");
    CHECK_THROWS_AS(p.server.deliver("nobody", ""), std::out_of_range);
}

TEST_CASE("testing::server: every way in, right and wrong")
{
    using pop3::access_token;
    using pop3::password;
    auto options = two_messages();
    options.accounts[0].token = "t0ken";
    const auto log_in = [&](const auto& credentials, const char* mechanism) {
        CAPTURE(mechanism);
        auto only = options;
        for (const char* other :
             {"SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "APOP", "USER", "OAUTHBEARER", "XOAUTH2"})
            if (std::string(other) != mechanism)
                only.disabled.emplace_back(other);
        pair p({}, only);
        std::error_code ec;
        auto greeted = p.greeted(ec);
        auto in = (*std::move(greeted)).async_login(credentials, blocking(ec));
        CHECK(!ec);
        return in ? std::string("in") : in.error().code() == pop3::response_code::auth ? "wrong" : "?";
    };
    for (const char* mechanism : {"SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "APOP", "USER"}) {
        CHECK(log_in(password("alice", "secret"), mechanism) == "in");
        CHECK(log_in(password("alice", "wrong"), mechanism) == "wrong");
        CHECK(log_in(password("nobody", "secret"), mechanism) == "wrong");
    }
    for (const char* mechanism : {"OAUTHBEARER", "XOAUTH2"}) {
        CHECK(log_in(access_token("alice", "t0ken"), mechanism) == "in");
        CHECK(log_in(access_token("alice", "secret"), mechanism) == "wrong");
        CHECK(log_in(access_token("nobody", "t0ken"), mechanism) == "wrong");
    }
}

TEST_CASE("testing::fault: refuse, for one command, so many times, and after so many")
{
    pair p({fault::refuse("RETR 2", "[SYS/TEMP] later").times(1), fault::refuse("NOOP").skip(1).times(1)});
    auto m = p.mailbox();
    std::error_code ec;
    const auto refused = m.async_retr(2, blocking(ec));
    CHECK(!ec);
    REQUIRE(!refused);
    CHECK(refused.error().code() == pop3::response_code::sys_temp);
    CHECK(m.async_retr(1, blocking).octets() == "One.\r\n");
    CHECK(m.async_retr(2, blocking).octets() == "Two.\r\n");
    CHECK(m.async_noop(blocking(ec)));
    CHECK(!m.async_noop(blocking(ec)));
    CHECK(m.async_noop(blocking(ec)));
    // Another can be added while it runs.
    p.server.add(fault::refuse("stat"));
    CHECK(m.async_stat(blocking(ec)));
    p.server.add(fault::refuse("STAT"));
    CHECK(!m.async_stat(blocking(ec)));
}

TEST_CASE("testing::fault: refuse the greeting")
{
    pair p({fault::refuse(pop3::testing::greeting, "[SYS/TEMP] too busy")});
    std::error_code ec;
    const auto g = p.greeted(ec);
    CHECK(!ec);
    REQUIRE(!g);
    CHECK(g.error().code() == pop3::response_code::sys_temp);
}

TEST_CASE("testing::fault: answer with octets of the test's own")
{
    pair p(
        {fault::answer("UIDL", "+OK\r\n1 same\r\n2 same\r\n.\r\n"), fault::answer("STAT", "+OK what?\r\n")});
    auto m = p.mailbox();
    const auto ids = m.async_uidl(blocking);
    CHECK(ids.at(0).unique_id == ids.at(1).unique_id);
    std::error_code ec;
    std::ignore = m.async_stat(blocking(ec));
    CHECK(ec == pop3::errc::malformed_value);
}

TEST_CASE("testing::fault: hang up before a command, and after it")
{
    for (const bool before : {true, false}) {
        CAPTURE(before);
        pair p({before ? fault::hang_up_before("QUIT") : fault::hang_up_after("QUIT")});
        auto m = p.mailbox();
        m.async_dele(1, blocking);
        std::error_code ec;
        const auto update = std::move(m).async_quit(blocking(ec));
        CHECK((ec || update->deletions() == pop3::deletions::unknown));
        // The client cannot tell the one from the other; the test can.
        CHECK(p.server.messages("alice").size() == (before ? 2 : 1));
    }
}

TEST_CASE("testing::fault: hang up in the midst of a reply, and of the greeting")
{
    for (const std::size_t octets : {0u, 1u, 5u, 8u, 14u, 1000u}) {
        CAPTURE(octets);
        pair p({fault::hang_up_after("RETR", octets)});
        auto m = p.mailbox();
        std::error_code ec;
        const auto first = m.async_retr(1, blocking(ec));
        CHECK(!ec == (octets == 1000)); // longer than the reply: behind it
        std::ignore = m.async_noop(blocking(ec));
        CHECK(ec);
    }
    pair p({fault::hang_up_after(pop3::testing::greeting, 2)});
    std::error_code ec;
    std::ignore = p.greeted(ec);
    CHECK(ec == pop3::errc::connection_closed);
}

TEST_CASE("testing::fault: delay, ignore, trickle")
{
    using std::chrono::milliseconds;
    pair p({fault::delay("STAT", milliseconds(50)), fault::trickle("RETR", 3, milliseconds(1)),
            fault::ignore("NOOP")});
    auto m = p.mailbox();
    const auto begun = std::chrono::steady_clock::now();
    m.async_stat(blocking);
    CHECK(std::chrono::steady_clock::now() - begun >= milliseconds(50));
    CHECK(m.async_retr(1, blocking).octets() == "One.\r\n");
    auto limits = pop3::limits();
    limits.operation_time = milliseconds(50);
    m.set_limits(limits);
    std::error_code ec;
    std::ignore = m.async_noop(blocking(ec));
    CHECK(ec == pop3::errc::timed_out);
}

TEST_CASE("testing::fault: a long delay does not outlive the server")
{
    std::error_code ec;
    {
        pair p({fault::delay(pop3::testing::greeting, std::chrono::hours(1))});
        p.connect.limits.connect_time = std::chrono::milliseconds(50);
        std::ignore = p.greeted(ec);
    }
    CHECK(ec == pop3::errc::no_greeting);
}

TEST_CASE("testing::fault: of any command")
{
    pair p({fault::refuse("*").skip(2)});
    auto m = p.mailbox(); // USER and PASS
    std::error_code ec;
    CHECK(!m.async_stat(blocking(ec)));
    CHECK(!m.async_noop(blocking(ec)));
}

TEST_CASE("testing::pipelining: a server that says that it can do it, and cannot")
{
    const std::vector<pop3::command::retr> both{pop3::command::retr(1), pop3::command::retr(2)};
    const auto fetch = [&](pop3::testing::pipelining how, std::error_code& ec) {
        auto options = two_messages();
        options.pipelining = how;
        pair p({}, options);
        auto m = p.mailbox();
        auto limits = pop3::limits();
        limits.operation_time = std::chrono::milliseconds(200);
        m.set_limits(limits);
        std::vector<std::string> messages;
        m.async_pipeline(
            both,
            [&](std::size_t, pop3::reply<pop3::message> r) {
                if (r)
                    messages.push_back(r->octets());
            },
            blocking(ec));
        return messages;
    };
    const std::vector<std::string> all{"One.\r\n", "Two.\r\n"};
    std::error_code ec;
    CHECK(fetch(pop3::testing::pipelining::announced, ec) == all);
    CHECK(!ec);
    CHECK(fetch(pop3::testing::pipelining::unannounced, ec) == all);
    CHECK(!ec);
    CHECK(fetch(pop3::testing::pipelining::forgets, ec) != all);
    CHECK(ec == pop3::errc::pipeline_timed_out);
    CHECK(fetch(pop3::testing::pipelining::interleaves, ec) != all);
    CHECK(ec == pop3::errc::pipeline_out_of_step);
}

TEST_CASE("testing::fuse: a server breaks at each step")
{
    pop3::testing::fuse fuse;
    const auto steps = fuse.run([&] {
        auto options = two_messages();
        options.fuse = &fuse;
        pair p({}, options);
        std::error_code ec;
        try {
            auto m = p.mailbox();
            m.async_stat(blocking);
            std::ignore = std::move(m).async_quit(blocking);
        } catch (const std::system_error& e) {
            ec = e.code();
        }
        CHECK(fuse.blown() == (ec == pop3::errc::connection_closed));
    });
    CHECK(steps == 5); // the greeting, USER, PASS, STAT, QUIT
}

} // namespace testing_server_tests
