// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The server in the process that fetching is tested with: it does what a POP3 server does, and each of its faults is one that the
// library sees as such.

#include "support/into.hpp"
#include "support/machine_stream.hpp"
#include "support/pop3_machine.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace machine_tests {
namespace {

namespace command = pop3::command;
using pop3::deletions;
using pop3::errc;
using test::into;
using test::machine_stream;
using test::pop3_machine;
using mailbox = pop3::session<pop3::transaction, machine_stream>;
using texts = std::vector<std::string>;

const std::vector<pop3_machine::message> three{{"a", "Subject: a\r\n\r\none\r\n", 0, 0},
                                               {"b", "Subject: b\r\n\r\n.\r\n..two\r\n", 0, 0},
                                               {"c", "Subject: c\r\n\r\nthree\r\nfour\r\n", 0, 0}};

/// A server, a connection to it, and what a client does there.
struct talk {
    pop3_machine server;
    /// What befalls the connection.
    std::function<void(test::wire&)> befalls = [](test::wire&) {
    };
    pop3::connect_options options;
    std::shared_ptr<test::wire> wire;

    talk()
    {
        server.maildrop = three;
    }

    asio::awaitable<mailbox> log_in()
    {
        wire = std::make_shared<test::wire>(server);
        befalls(*wire);
        const auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_greet(machine_stream(executor, wire), options);
        const pop3::password alice("alice", "secret");
        co_return co_await std::move(greeted).async_login(alice);
    }

    /// What `there` does in the mailbox ends with.
    template <class There>
    std::error_code visit(There there)
    {
        try {
            test::run([&]() -> asio::awaitable<void> {
                auto session = co_await log_in();
                co_await there(session);
            });
        } catch (const std::system_error& e) {
            return e.code();
        }
        return {};
    }
};

/// Takes all messages, and deletes them.
struct whole_visit {
    std::vector<std::string> unique_ids;
    std::vector<std::string> messages;
    deletions outcome = deletions::unknown;

    asio::awaitable<void> operator()(mailbox& session)
    {
        const auto ids = co_await session.async_uidl();
        for (const auto& id : ids)
            unique_ids.push_back(std::string(id.unique_id));
        const auto sizes = co_await session.async_list();
        CHECK(sizes.size() == ids.size());
        std::vector<command::retr> retrs;
        std::vector<command::dele> deles;
        for (const auto& line : sizes) {
            retrs.emplace_back(line.number);
            deles.emplace_back(line.number);
        }
        co_await session.async_pipeline(retrs, [this](std::size_t, const pop3::reply<pop3::message>& said) {
            if (said)
                messages.push_back(std::string(said->octets()));
        });
        co_await session.async_pipeline(deles, [](std::size_t, const pop3::reply<void>&) {});
        auto update = co_await std::move(session).async_quit();
        outcome = update.deletions();
    }
};

texts octets_of(const std::vector<pop3_machine::message>& messages)
{
    texts all;
    for (const auto& m : messages)
        all.push_back(m.octets);
    return all;
}

} // namespace

TEST_SUITE_BEGIN("a server in the process");

TEST_CASE("a session over it")
{
    talk t;
    whole_visit v;
    CHECK(!t.visit(std::ref(v)));
    CHECK(v.unique_ids == texts{"a", "b", "c"});
    CHECK(v.messages == octets_of(three));
    CHECK(v.outcome == deletions::committed);
    CHECK(t.server.maildrop.empty());
    CHECK(t.server.deleted == std::map<std::string, int>{{"a", 1}, {"b", 1}, {"c", 1}});
    CHECK(t.server.retrieved == 3);
}

TEST_CASE("each command")
{
    talk t;
    CHECK(!t.visit([](mailbox& session) -> asio::awaitable<void> {
        CHECK((co_await session.async_stat()).count == 3);
        CHECK((co_await session.async_list(2)).octets == three[1].octets.size());
        CHECK((co_await session.async_uidl(3)).unique_id == "c");
        const auto header = co_await session.async_top(3, 0);
        CHECK(header.octets() == "Subject: c\r\n\r\n");
        const auto one_line = co_await session.async_top(3, 1);
        CHECK(one_line.octets() == "Subject: c\r\n\r\nthree\r\n");
        const auto all = co_await session.async_top(3, 9);
        CHECK(all.octets() == three[2].octets);
        co_await session.async_noop();
        co_await session.async_dele(1);
        CHECK((co_await session.async_stat()).count == 2);
        std::error_code ec;
        const auto deleted = co_await session.async_retr(1, into(ec));
        CHECK(!ec);
        CHECK(!deleted);
        CHECK((co_await session.async_uidl()).size() == 2);
        co_await session.async_rset();
        CHECK((co_await session.async_stat()).count == 3);
        co_await session.async_dele(2);
        const auto update = co_await std::move(session).async_quit();
        CHECK(update.deletions() == deletions::committed);
    }));
    CHECK(t.server.maildrop.size() == 2);
    CHECK(t.server.maildrop[1].unique_id == "c");
}

TEST_CASE("a session that is not ended with QUIT deletes nothing")
{
    talk t;
    CHECK(!t.visit([](mailbox& session) -> asio::awaitable<void> { co_await session.async_dele(1); }));
    CHECK(t.server.maildrop.size() == 3);
}

TEST_CASE("one message's faults")
{
    talk t;
    t.server.maildrop[1].refusals = 1;
    t.server.maildrop[2].listed_as = 7;
    CHECK(!t.visit([](mailbox& session) -> asio::awaitable<void> {
        std::error_code ec;
        const auto refused = co_await session.async_retr(2, into(ec));
        REQUIRE(!refused);
        CHECK(refused.error().text() == "it is broken");
        CHECK((co_await session.async_retr(2)).octets() == three[1].octets);
        CHECK((co_await session.async_list(3)).octets == 7);
    }));
}

TEST_CASE("unique-ids are said as they are")
{
    struct said {
        std::string unique_id;
        std::string read;
    };
    for (const auto& as : {said{"", "unreadable"}, said{" ", "unreadable"}, said{"a b", "a b"},
                           said{"\x80", "\x80"}, said{"b", "b"}}) {
        CAPTURE(as.unique_id);
        talk t;
        t.server.maildrop[0].unique_id = as.unique_id;
        texts ids;
        CHECK(!t.visit([&](mailbox& session) -> asio::awaitable<void> {
            co_await session.async_uidl(
                pop3::lenient, [&](const pop3::listing_line<pop3::unique_id_view>& line) {
                    ids.push_back(line.entry ? std::string(line.entry->unique_id) : "unreadable");
                });
        }));
        CHECK(ids == texts{as.read, "b", "c"});
    }
    talk t;
    t.server.knows_uidl = false;
    CHECK(!t.visit([](mailbox& session) -> asio::awaitable<void> {
        std::error_code ec;
        const auto said = co_await session.async_uidl(into(ec));
        CHECK(!ec);
        CHECK(!said);
    }));
}

TEST_CASE("QUIT that does not delete, or does not say so")
{
    talk t;
    t.server.deletes_at_most = 2;
    whole_visit partly;
    CHECK(!t.visit(std::ref(partly)));
    CHECK(partly.outcome == deletions::partly_failed);
    CHECK(t.server.maildrop.size() == 1);
    CHECK(t.server.maildrop[0].unique_id == "c");
    t.server.cannot_delete = true;
    whole_visit none;
    CHECK(!t.visit(std::ref(none)));
    CHECK(none.outcome == deletions::partly_failed);
    CHECK(t.server.maildrop.size() == 1);
    t.server = {};
    t.server.maildrop = three;
    t.server.silent_quit = true;
    whole_visit silent;
    CHECK(t.visit(std::ref(silent)) == errc::connection_closed);
    CHECK(silent.outcome == deletions::unknown);
    CHECK(t.server.maildrop.empty());
}

TEST_CASE("a server that announces PIPELINING and cannot do it")
{
    talk t;
    t.server.ahead = pop3_machine::pipelining::inside;
    whole_visit inside;
    CHECK(t.visit(std::ref(inside)) == errc::pipeline_out_of_step);
    CHECK(inside.messages.empty());
    t.server.ahead = pop3_machine::pipelining::first_of_all;
    t.options.limits.operation_time = std::chrono::milliseconds(20);
    whole_visit first;
    CHECK(t.visit(std::ref(first)) == errc::pipeline_timed_out);
    CHECK(t.server.maildrop.size() == 3);
    // One by one they can.
    t.options.limits.operation_time = std::chrono::seconds(10);
    t.options.pipelining = pop3::pipelining::never;
    whole_visit never;
    CHECK(!t.visit(std::ref(never)));
    CHECK(never.messages == octets_of(three));
}

TEST_CASE("it hangs up at every command")
{
    std::size_t at = 0;
    for (;; ++at) {
        CAPTURE(at);
        talk t;
        t.server.hangs_up_at = at;
        whole_visit v;
        const auto ec = t.visit(std::ref(v));
        if (!ec)
            break;
        CHECK(ec == errc::connection_closed);
        CHECK(t.server.maildrop.size() == 3);
    }
    CHECK(at == 12);
}

TEST_CASE("however the network cuts what is said, it is the same")
{
    talk calm;
    whole_visit all;
    REQUIRE(!calm.visit(std::ref(all)));
    for (std::size_t at = 0; at <= calm.wire->received; ++at) {
        CAPTURE(at);
        talk t;
        t.befalls = [&](test::wire& w) {
            w.split_at = at;
            w.most = at % 2 == 0 ? 65536 : 5;
        };
        whole_visit v;
        CHECK(!t.visit(std::ref(v)));
        CHECK(v.messages == all.messages);
        CHECK(t.server.maildrop.empty());
    }
}

TEST_CASE("the connection may end behind every octet")
{
    talk calm;
    whole_visit all;
    REQUIRE(!calm.visit(std::ref(all)));
    // Of the greeting and of each reply; the last needs not be whole to be known.
    for (std::size_t at = 0; at != calm.wire->received; ++at)
        for (const auto end :
             {std::error_code(asio::error::eof), std::error_code(asio::error::connection_reset)}) {
            CAPTURE(at);
            talk t;
            t.befalls = [&](test::wire& w) {
                w.cut_after_received = at;
                w.end = end;
            };
            whole_visit v;
            CHECK(t.visit(std::ref(v)));
            CHECK(t.wire->received == at);
            CHECK(v.outcome == deletions::unknown);
        }
    for (std::size_t at = 0; at != calm.wire->sent; ++at) {
        CAPTURE(at);
        talk t;
        t.befalls = [&](test::wire& w) {
            w.cut_after_sent = at;
        };
        whole_visit v;
        CHECK(t.visit(std::ref(v)));
        CHECK(t.wire->sent == at);
        // What is behind the cut the server does not hear: no QUIT is whole.
        CHECK(t.server.maildrop.size() == 3);
    }
}

TEST_SUITE_END();

} // namespace machine_tests
