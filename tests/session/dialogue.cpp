// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Whole sessions against a script: what is sent, what comes of the replies, and that neither depends on how the
// network cuts it, nor breaks when it fails.

#include "support/every_break.hpp"
#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/redirect_error.hpp>
#include <asio/ssl/error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// The example session of RFC 1939, section 10, with the other commands added.
std::shared_ptr<pop3::testing::script> rfc_1939()
{
    auto talk = test::greeting();
    talk->client("CAPA\r\n")
        .server("+OK Capability list follows\r\nTOP\r\nUSER\r\nSASL CRAM-MD5 KERBEROS_V4\r\nUIDL\r\n"
                "IMPLEMENTATION Shlemazle-Plotz-v302\r\n.\r\n")
        .client("USER mrose\r\n")
        .server("+OK mrose is a real hoopy frood\r\n")
        .client("PASS secret\r\n")
        .server("-ERR [AUTH] invalid password\r\n")
        .client("USER mrose\r\n")
        .server("+OK\r\n")
        .client("PASS tanstaaf\r\n")
        .server("+OK mrose's maildrop has 2 messages (320 octets)\r\n")
        .client("STAT\r\n")
        .server("+OK 2 320\r\n")
        .client("LIST\r\n")
        .server("+OK 2 messages (320 octets)\r\n1 120\r\n3 200\r\n.\r\n")
        .client("LIST 3\r\n")
        .server("+OK 3 200\r\n")
        .client("LIST 4\r\n")
        .server("-ERR no such message, only 2 messages in maildrop\r\n")
        .client("UIDL\r\n")
        .server("+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n3 QhdPYR:00WBw1Ph7x7\r\n.\r\n")
        .client("UIDL 3\r\n")
        .server("+OK 3 QhdPYR:00WBw1Ph7x7\r\n")
        .client("RETR 1\r\n")
        .server("+OK 120 octets\r\nSubject: dots\r\n\r\n..\r\n...two\r\n.\rx\r\nlast\r\n.\r\n")
        .client("RETR 3\r\n")
        .server("+OK\r\n.\r\n")
        .client("TOP 1 0\r\n")
        .server("+OK\r\nSubject: dots\r\n\r\n.\r\n")
        .client("DELE 1\r\n")
        .server("+OK message 1 deleted\r\n")
        .client("RSET\r\n")
        .server("+OK maildrop has 2 messages (320 octets)\r\n")
        .client("NOOP\r\n")
        .server("+OK\r\n")
        .client("LAST\r\n")
        .server("+OK 3\r\n")
        .client("QUIT\r\n")
        .server("+OK dewey POP3 server signing off (maildrop empty)\r\n");
    return talk;
}

/// The client of that session.
asio::awaitable<void> converse(std::shared_ptr<pop3::testing::script> talk)
{
    auto greeted = co_await test::greet(talk);
    CHECK(greeted.greeting().timestamp == "<1896.697170952@dbc.mtview.ca.us>");
    const auto can = co_await greeted.async_capa();
    CHECK(can.top);
    CHECK(can.sasl == std::vector<std::string>{"CRAM-MD5", "KERBEROS_V4"});
    CHECK(can.implementation == "Shlemazle-Plotz-v302");

    auto named = co_await std::move(greeted).async_user("mrose");
    auto wrong = co_await std::move(named).async_pass("secret", asio::use_awaitable);
    CHECK(!wrong.has_value());
    CHECK(wrong.error() == pop3::refusal("PASS", pop3::response_code::auth, "AUTH", "invalid password"));
    const pop3::password right("mrose", "tanstaaf");
    auto mailbox = co_await std::move(wrong).session().async_login(right);

    const auto drop = co_await mailbox.async_stat();
    CHECK(drop == pop3::drop_listing{2, 320});
    const auto all = co_await mailbox.async_list();
    CHECK(all == std::vector<pop3::scan_listing>{{1, 120}, {3, 200}});
    const auto third = co_await mailbox.async_list(3);
    CHECK(third == pop3::scan_listing{3, 200});
    const auto no_such = co_await mailbox.async_list(4, asio::use_awaitable);
    CHECK(!no_such.has_value());
    CHECK(no_such.error().text() == "no such message, only 2 messages in maildrop");
    const auto ids = co_await mailbox.async_uidl();
    CHECK(ids ==
          std::vector<pop3::unique_id_listing>{{1, "whqtswO00WBw418f9t5JxYwZ"}, {3, "QhdPYR:00WBw1Ph7x7"}});
    const auto id = co_await mailbox.async_uidl(3);
    CHECK(id == pop3::unique_id_listing{3, "QhdPYR:00WBw1Ph7x7"});
    const auto first = co_await mailbox.async_retr(1);
    CHECK(first.octets() == "Subject: dots\r\n\r\n.\r\n..two\r\n\rx\r\nlast\r\n");
    CHECK(first.header() == "Subject: dots\r\n");
    const auto empty = co_await mailbox.async_retr(3);
    CHECK(empty.octets().empty());
    const auto top = co_await mailbox.async_top(1, 0);
    CHECK(top.body().empty());
    co_await mailbox.async_dele(1);
    co_await mailbox.async_rset();
    co_await mailbox.async_noop();
    const auto last = co_await mailbox.async_last();
    CHECK(last == pop3::message_number(3));
    const auto update = co_await std::move(mailbox).async_quit();
    CHECK(update.deletions() == pop3::deletions::committed);
}

} // namespace

TEST_CASE("a whole session, in whatever pieces it comes")
{
    test::cut_everywhere(rfc_1939, converse);
}

TEST_CASE("the connection may fail at every step")
{
    const auto failures = test::fail_everywhere(rfc_1939, converse);
    CHECK(failures == 39); // a greeting, and a write and a read for each of the 19 commands
}

TEST_CASE("a part of a reply is never taken for the whole")
{
    const std::string reply = "+OK\r\nSubject: x\r\n\r\n..\r\nbody\r\n.\r\n";
    const auto retr = [&](std::size_t octets, std::error_code end) {
        const auto talk = test::logged_in();
        talk->client("RETR 1\r\n");
        if (octets != 0)
            talk->server(reply.substr(0, octets));
        talk->end(end);
        std::error_code error;
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            const auto message =
                co_await mailbox.async_retr(1, asio::redirect_error(asio::use_awaitable, error));
            CHECK(message.has_value() == !error);
            CHECK(mailbox.is_open() == !error);
        });
        return error;
    };
    for (std::size_t octets = 0; octets != reply.size(); ++octets) {
        CAPTURE(octets);
        CHECK(retr(octets, asio::error::eof) == pop3::errc::connection_closed);
        // With nothing there is no part.
        const auto cut = octets == 0 ? pop3::errc::connection_closed : pop3::errc::connection_truncated;
        CHECK(retr(octets, asio::ssl::error::stream_truncated) == cut);
    }
    CHECK(!retr(reply.size(), asio::error::eof));
}

TEST_CASE("temporaries that own memory, in an expression that waits")
{
    // g++ 12 would destroy them twice if they were aggregates; the address sanitizer sees it.
    const std::string name(60, 'n');
    const std::string word(60, 'w');
    const auto talk = test::greeting();
    talk->client("USER " + name + "\r\n").server("-ERR\r\n");
    talk->client("CAPA\r\n").server("-ERR\r\n");
    talk->client("USER " + name + "\r\n").server("+OK\r\n").client("PASS " + word + "\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_greet(pop3::testing::scripted_stream(executor, talk),
                                                  pop3::connect_options());
        auto r = co_await std::move(greeted).async_execute(pop3::command::user(std::string(name)),
                                                           asio::use_awaitable);
        CHECK(!r.has_value());
        const auto mailbox =
            co_await std::move(r).session().async_login(pop3::password{std::string(name), word});
        CHECK(mailbox.is_open());
    });
    CHECK(talk->finished());
}
