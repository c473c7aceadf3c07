// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A reply that is framed well and holds a value that cannot be read: the operation says so, and the next command works.

#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using pop3::errc;
namespace command = pop3::command;
using test::into;

const std::string long_id(300, 'x');

std::string thousand_capabilities()
{
    std::string reply = "+OK\r\n";
    for (int i = 0; i != 1000; ++i)
        reply += "X-" + std::to_string(i) + "\r\n";
    return reply + ".\r\n";
}

/// A mailbox of a server that has something wrong with everything.
void answer(auto& end, const std::string& line)
{
    if (line == "STAT")
        end.say("+OK 5\r\n");
    else if (line == "UIDL")
        end.say("+OK\r\n1 \r\n2 b\r\n3 " + long_id + "\r\n.\r\n");
    else if (line == "UIDL 1")
        end.say("+OK 00001a\r\n");
    else if (line == "RETR 1")
        end.say("+OK\r\n" + std::string(200'000, 'x') + "\r\n.\r\n");
    else
        end.say("+OK\r\n");
}

} // namespace

TEST_SUITE_BEGIN("value errors over a session");

TEST_CASE_TEMPLATE("the next command works", Stream, pop3::cleartext_stream, pop3::tls_stream)
{
    const test::peer_of<Stream> peer([](auto& stream) {
        test::serve(stream, [](auto& end, const std::string& line) { answer(end, line); });
    });
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.message_octets = 100'000;
        auto mailbox = co_await test::log_in_to<Stream>(peer, options);
        std::error_code ec;
        const auto stat = co_await mailbox.async_stat(into(ec));
        CHECK(ec == errc::malformed_value);
        CHECK(!stat.answered());
        CHECK(stat.verb() == "STAT");
        co_await mailbox.async_noop();
        (void)co_await mailbox.async_uidl(into(ec));
        CHECK(ec == errc::malformed_value);
        (void)co_await mailbox.async_uidl(1, into(ec));
        CHECK(ec == errc::malformed_value);
        (void)co_await mailbox.async_retr(1, into(ec));
        CHECK(ec == errc::message_octets_limit);
        co_await mailbox.async_noop();

        const auto [entries, unreadable] = co_await mailbox.async_uidl(pop3::lenient);
        CHECK(entries == std::vector<pop3::unique_id_listing>{{2, "b"}});
        CHECK(unreadable == std::vector<pop3::unreadable_line>{{1, "1 ", errc::malformed_value},
                                                               {3, "3 " + long_id, errc::unique_id_limit}});
        auto [one, two, three] =
            co_await mailbox.async_pipeline(command::stat(), command::noop(), command::uidl());
        CHECK(one.value_error() == errc::malformed_value);
        CHECK(two);
        CHECK(three.value_error() == errc::malformed_value);
        CHECK(mailbox.is_open());
    });
}

TEST_CASE("a unique-id of 300 octets, and a thousand lines of CAPA")
{
    const auto talk = test::logged_in();
    talk->client("UIDL\r\n").server("+OK\r\n1 a\r\n2 " + long_id + "\r\n3 c\r\n.\r\n");
    talk->client("CAPA\r\n").server(thousand_capabilities());
    talk->client("LANG\r\n").server("+OK\r\n\r\nen\r\n.\r\n");
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        (void)co_await mailbox.async_uidl(into(ec));
        CHECK(ec == errc::unique_id_limit);
        (void)co_await mailbox.async_capa(into(ec));
        CHECK(ec == errc::capabilities_limit);
        CHECK(!mailbox.capabilities());
        (void)co_await mailbox.async_lang(into(ec));
        CHECK(ec == errc::malformed_value);
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a login that cannot read what the server can do hands the session back")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").server(thousand_capabilities());
    talk->client("CAPA\r\n").server(thousand_capabilities());
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        const pop3::password alice("alice", "secret");
        std::error_code ec;
        auto reply = co_await std::move(greeted).async_login(alice, into(ec));
        CHECK(ec == errc::capabilities_limit);
        CHECK(reply.verb() == "CAPA");
        greeted = std::move(reply).session();
        REQUIRE(greeted.is_open());
        pop3::limits more;
        more.capabilities = 2000;
        greeted.set_limits(more);
        auto mailbox = co_await std::move(greeted).async_login(alice);
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}

TEST_CASE("a pipeline that cannot read what the server can do sends nothing else, and the session lives")
{
    const auto talk = test::greeting();
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    talk->client("CAPA\r\n").server(thousand_capabilities());
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        auto named = co_await std::move(greeted).async_user("alice");
        auto mailbox = co_await std::move(named).async_pass("secret");
        std::error_code ec;
        auto [stat, noop] = co_await mailbox.async_pipeline(command::stat(), command::noop(), into(ec));
        CHECK(ec == errc::capabilities_limit);
        CHECK(!stat.answered());
        CHECK(!noop.answered());
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a listing whose lines go to a sink, in whatever pieces they come")
{
    const auto talk = test::logged_in();
    talk->client("LIST\r\n").server("+OK\r\n1 120\r\n2 many\r\n3 30\r\n.\r\n");
    talk->client("UIDL\r\n").server("+OK\r\n1 a\r\n2 \r\n3 c\r\n.\r\n");
    talk->client("NOOP\r\n").server("+OK\r\n");
    talk->octets_at_a_time(1);
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::string seen;
        const auto list =
            co_await mailbox.async_list(pop3::lenient, [&](pop3::listing_line<pop3::scan_listing> line) {
                seen += line.entry ? std::to_string(line.entry->octets) : "(" + std::string(line.text) + ")";
            });
        CHECK(list == pop3::listing_delivery{3, true});
        CHECK(seen == "120(2 many)30");
        seen.clear();
        co_await mailbox.async_uidl(pop3::lenient, [&](pop3::listing_line<pop3::unique_id_view> line) {
            seen += line.entry ? std::string(line.entry->unique_id) : "(" + std::string(line.text) + ")";
        });
        CHECK(seen == "a(2 )c");
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_SUITE_END();
