// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Fetching mail, over a server in the process: what the report says, and what the server was asked.

#include "support/fetched_account.hpp"
#include "support/machine_stream.hpp"
#include "support/pop3_machine.hpp"
#include "support/run.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fetch_tests {
namespace {

using pop3::fetch_errc;
using pop3::kept;
using pop3::skip_reason;
using test::fetch_outcome;
using test::machine_stream;
using test::pop3_machine;
using test::simulated_disk;
using account = test::fetched_account;
using mailbox = account::mailbox;

/// Keeps messages in memory, and says what it is told to.
class told {
public:
    void begin(const pop3::arriving_message& m, std::error_code& ec)
    {
        octets.clear();
        arrived.push_back(std::string(m.key.unique_id));
        ec = m.key.unique_id == refuses ? begin_error : std::error_code();
    }

    void write(std::span<const char> piece, std::error_code& ec)
    {
        octets.append(piece.data(), piece.size());
        ec = octets.size() > most ? write_error : std::error_code();
    }

    void end(std::error_code& ec)
    {
        ec.clear();
        ended.push_back(octets);
    }

    void discard()
    {
        ++discarded;
    }

    std::vector<kept> commit(std::error_code& ec)
    {
        ec = commit_error;
        std::vector<kept> outcomes(ended.size(), says);
        committed.insert(committed.end(), ended.begin(), ended.end());
        commits.push_back(ended.size());
        ended.clear();
        return outcomes;
    }

    std::string refuses;
    std::size_t most = 1'000'000;
    kept says = kept::yes;
    std::error_code begin_error;
    std::error_code write_error;
    std::error_code commit_error;

    std::string octets;
    std::vector<std::string> arrived;
    std::vector<std::string> ended;
    std::vector<std::string> committed;
    std::vector<std::size_t> commits;
    int discarded = 0;
};

/// Fails when it is told to.
class failing_store {
public:
    pop3::seen_index* open(std::string_view name, std::error_code& ec)
    {
        if (cannot_open) {
            ec = std::make_error_code(std::errc::permission_denied);
            return nullptr;
        }
        return memory.open(name, ec);
    }

    void append(std::span<const pop3::seen_record> records, std::error_code& ec)
    {
        if (appends-- == 0)
            ec = std::make_error_code(std::errc::no_space_on_device);
        else
            memory.append(records, ec);
    }

    pop3::seen_memory memory;
    bool cannot_open = false;
    int appends = -1;
};

using counts = std::vector<std::size_t>;

} // namespace

TEST_CASE("what is new is fetched, once")
{
    account a;
    const auto first = a.fetch();
    CHECK(!first.ec);
    CHECK(first.report.account == "alice");
    CHECK(first.report.listed == 3);
    CHECK(first.report.fetched == 3);
    CHECK(first.report.octets == 59);
    CHECK(first.report.outcome == pop3::deletions::committed);
    CHECK(first.report.deleted == 0);
    CHECK(a.files() == 3);
    a.server.maildrop.push_back({"d", "new\r\n", 0, 0});
    const auto second = a.fetch();
    CHECK(second.report.fetched == 1);
    CHECK(second.report.delivered_before == 3);
    CHECK(a.server.retrieved == 1);
    CHECK(a.files() == 4);
}

TEST_CASE("what is delivered is deleted, when the policy says so")
{
    account a;
    const auto at_once = a.fetch(pop3::delete_after_delivery());
    CHECK(at_once.report.deleted == 3);
    CHECK(at_once.report.wanted_deletions == 0);
    CHECK(a.server.maildrop.empty());
    CHECK(a.files() == 3);

    account b;
    CHECK(b.fetch(pop3::delete_after(std::chrono::days(14))).report.deleted == 0);
    b.now += std::chrono::days(13);
    CHECK(b.fetch(pop3::delete_after(std::chrono::days(14))).report.deleted == 0);
    b.now += std::chrono::days(1);
    CHECK(b.fetch(pop3::delete_after(std::chrono::days(14))).report.deleted == 3);
    CHECK(b.server.retrieved == 0);
    CHECK(b.server.maildrop.empty());
}

TEST_CASE("a deletion that the server did not confirm is made up for, without another RETR")
{
    for (const bool silent : {false, true}) {
        account a;
        a.server.cannot_delete = !silent;
        a.server.silent_quit = silent;
        const auto first = a.fetch(pop3::delete_after_delivery());
        CHECK(first.report.fetched == 3);
        CHECK(first.report.deleted == 0);
        CHECK(first.report.wanted_deletions == 3);
        CHECK(first.report.outcome == (silent ? pop3::deletions::unknown : pop3::deletions::partly_failed));
        CHECK(static_cast<bool>(first.ec) == silent);
        a.server.cannot_delete = false;
        a.server.silent_quit = false;
        const auto second = a.fetch(pop3::keep_on_server());
        CHECK(!second.ec);
        CHECK(second.report.deleted == (silent ? 0 : 3));
        CHECK(a.server.retrieved == 0);
        CHECK(a.server.maildrop.empty());
        CHECK(a.files() == 3);
    }
}

TEST_CASE("one message's failure is that message's")
{
    account a;
    a.server.maildrop[1].refusals = 100;
    a.options.attempts = 3;
    for (std::uint32_t run = 1; run <= 5; ++run) {
        const auto o = a.fetch(pop3::delete_after_delivery());
        CHECK(!o.ec);
        CHECK(o.report.fetched == (run == 1 ? 2 : 0));
        CHECK(o.report.left == 1);
        REQUIRE(o.report.skipped.size() == 1);
        const auto& left = o.report.skipped[0];
        CHECK(left.unique_id == "b");
        CHECK(left.attempts == std::min(run, 3u));
        CHECK(left.why == (run < 3 ? skip_reason::refused : skip_reason::quarantine));
        CHECK(left.text == (run <= 3 ? "it is broken" : ""));
        CHECK(a.server.maildrop.size() == 1);
    }
    CHECK(a.server.maildrop[0].refusals == 97); // it is not asked for any more
}

TEST_CASE("a delivery that does not want a message")
{
    const auto outcome_of = [](std::error_code begin, std::error_code write, kept says) {
        account a;
        told to;
        to.refuses = "b";
        to.begin_error = begin;
        to.write_error = write;
        to.most = write ? 19 : 1'000'000;
        to.says = says;
        auto o = a.fetch(a.seen, to, pop3::delete_after_delivery());
        CHECK(!o.ec);
        CHECK(a.server.maildrop.size() == 3 - o.report.deleted);
        CHECK(o.report.deleted == o.report.fetched + o.report.fetched_again);
        return o.report;
    };
    auto r = outcome_of(fetch_errc::message_refused, {}, kept::yes);
    CHECK(r.fetched == 2);
    CHECK(r.skipped.at(0).why == skip_reason::not_kept);
    CHECK(r.skipped.at(0).error == fetch_errc::message_refused);
    CHECK(r.skipped.at(0).unique_id == "b");
    r = outcome_of(fetch_errc::message_rejected, {}, kept::yes);
    CHECK(r.skipped.at(0).why == skip_reason::quarantine);
    r = outcome_of({}, std::make_error_code(std::errc::file_too_large), kept::yes);
    CHECK(r.fetched == 2);
    CHECK(r.skipped.at(0).unique_id == "c");
    r = outcome_of({}, {}, kept::no);
    CHECK(r.fetched == 0);
    CHECK(r.skipped.size() == 3);
    CHECK(r.skipped.at(0).why == skip_reason::not_kept);
    r = outcome_of({}, {}, kept::never);
    CHECK(r.skipped.at(0).why == skip_reason::quarantine);
    r = outcome_of({}, {}, kept::already);
    CHECK(r.fetched_again == 3);
}

TEST_CASE("a disk that fails ends it, and deletes nothing")
{
    const auto full = std::make_error_code(std::errc::no_space_on_device);
    for (int where = 0; where != 3; ++where) {
        account a;
        told to;
        to.refuses = "c";
        (where == 0 ? to.begin_error : where == 1 ? to.write_error : to.commit_error) = full;
        to.most = where == 1 ? 19 : 1'000'000;
        const auto o = a.fetch(a.seen, to, pop3::delete_after_delivery());
        CHECK(o.ec == full);
        // What came whole before is committed and recorded, but for an error of that itself.
        CHECK(o.report.fetched == (where == 2 ? 0 : 2));
        CHECK(o.report.deleted == 0);
        CHECK(!o.report.outcome);
        CHECK(a.server.maildrop.size() == 3);
        told better;
        const auto next = a.fetch(a.seen, better, pop3::delete_after_delivery());
        CHECK(next.report.fetched == (where == 2 ? 3 : 1));
        CHECK(next.report.deleted == 3);
    }
}

TEST_CASE("a store that fails ends it, and deletes nothing")
{
    account a;
    failing_store store;
    told to;
    store.cannot_open = true;
    auto o = a.fetch(store, to, pop3::delete_after_delivery());
    CHECK(o.ec == std::errc::permission_denied);
    CHECK(a.server.retrieved == 0);
    store.cannot_open = false;
    store.appends = 0;
    o = a.fetch(store, to, pop3::delete_after_delivery());
    CHECK(o.ec == std::errc::no_space_on_device);
    CHECK(o.report.fetched == 0);
    CHECK(a.server.maildrop.size() == 3);
}

TEST_CASE("batches are committed one by one")
{
    account a;
    a.options.batch_messages = 2;
    told to;
    CHECK(a.fetch(a.seen, to, pop3::keep_on_server()).report.fetched == 3);
    CHECK(to.commits == counts{2, 1});
    account b;
    b.options.batch_octets = 1;
    told each;
    b.fetch(b.seen, each, pop3::keep_on_server());
    CHECK(each.commits == counts{1, 1, 1});
}

TEST_CASE("what one session fetches is bounded")
{
    account a;
    a.server.ahead = pop3_machine::pipelining::none;
    a.options.session_messages = 2;
    auto o = a.fetch(pop3::delete_after_delivery());
    CHECK(!o.ec);
    CHECK(o.report.fetched == 2);
    CHECK(o.report.left == 1);
    CHECK(o.report.skipped.at(0).why == skip_reason::later);
    CHECK(a.server.maildrop.size() == 1);
    CHECK(a.fetch(pop3::delete_after_delivery()).report.fetched == 1);

    account b;
    b.server.ahead = pop3_machine::pipelining::none;
    b.options.session_octets = 1;
    CHECK(b.fetch().report.fetched == 1);
    b.options.session_time = std::chrono::seconds(0);
    CHECK(b.fetch().report.fetched == 0);
}

TEST_CASE("it can be ended in order, and at once")
{
    account a;
    a.server.ahead = pop3_machine::pipelining::none;
    std::size_t told_of = 0;
    auto wants = pop3::flow::drain;
    a.options.on_progress = [&](const pop3::fetch_progress& p) {
        told_of = p.messages;
        CHECK(p.account == "alice");
        CHECK(p.of_messages == 3);
        CHECK(p.of_octets == 59);
        return wants;
    };
    auto o = a.fetch(pop3::delete_after_delivery());
    CHECK(!o.ec);
    CHECK(told_of == 1);
    CHECK(o.report.fetched == 1);
    CHECK(o.report.deleted == 1);
    CHECK(o.report.left == 2);

    account b;
    wants = pop3::flow::close;
    b.options.on_progress = a.options.on_progress;
    o = b.fetch(pop3::delete_after_delivery());
    CHECK(o.report.fetched == 1);
    CHECK(o.report.deleted == 0);
    CHECK(!o.report.outcome);
    CHECK(b.server.maildrop.size() == 3);
}

TEST_CASE("cancelled, what came whole is recorded")
{
    account a;
    fetch_outcome o;
    pop3::maildir inbox("inbox", a.disk);
    asio::io_context context(1);
    asio::cancellation_signal signal;
    a.options.on_progress = [&](const pop3::fetch_progress& p) {
        if (p.messages == 2)
            signal.emit(asio::cancellation_type::terminal);
        return pop3::flow::more;
    };
    test::run(context, [&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        pop3::async_fetch(
            std::move(session), a.seen, inbox, pop3::delete_after_delivery(), a.options,
            asio::bind_cancellation_slot(signal.slot(), [&o](std::error_code ec, pop3::fetch_report r) {
                o = {ec, std::move(r), true};
            }));
    });
    CHECK(o.done);
    CHECK(o.ec == asio::error::operation_aborted);
    CHECK(o.report.fetched == 2);
    CHECK(a.files() == 2);
    CHECK(a.server.maildrop.size() == 3);
    a.options.on_progress = nullptr;
    CHECK(a.fetch(pop3::delete_after_delivery()).report.fetched == 1);
    CHECK(a.files() == 3);
}

TEST_CASE("a server without unique-ids")
{
    account a;
    a.server.knows_uidl = false;
    auto o = a.fetch(pop3::keep_on_server());
    CHECK(o.ec == fetch_errc::no_unique_ids);
    REQUIRE(o.report.refused);
    CHECK(o.report.refused->text() == "what?");
    CHECK(a.server.retrieved == 0);
    CHECK(a.fetch(pop3::delete_after(std::chrono::days(0))).ec == fetch_errc::no_unique_ids);
    o = a.fetch(pop3::delete_after_delivery());
    CHECK(!o.ec);
    CHECK(o.report.fetched == 3);
    CHECK(o.report.deleted == 3);
    CHECK(a.files() == 3);

    // One that had them before: what was delivered by its unique-id cannot be told from what is new.
    account b;
    b.fetch(pop3::keep_on_server());
    b.server.knows_uidl = false;
    CHECK(b.fetch(pop3::delete_after_delivery()).ec == fetch_errc::no_unique_ids);
    CHECK(b.server.maildrop.size() == 3);
}

TEST_CASE("a message without a unique-id is known by its octets")
{
    account a;
    a.server.maildrop[1].unique_id = "";
    for (int run = 0; run != 3; ++run) {
        const auto o = a.fetch(pop3::keep_on_server());
        CHECK(!o.ec);
        CHECK(o.report.unreadable_lines == 1);
        CHECK(o.report.fetched == (run == 0 ? 3 : 0));
        CHECK(o.report.fetched_again == (run == 0 ? 0 : 1));
        a.now += std::chrono::days(40);
    }
    CHECK(a.files() == 3);
    CHECK(a.fetch(pop3::delete_after_delivery()).report.deleted == 3);
    CHECK(a.server.maildrop.empty());
}

TEST_CASE("unique-ids that are no names for files")
{
    account a;
    a.server.maildrop[0].unique_id = "../../up";
    a.server.maildrop[1].unique_id = std::string(100, '\x80');
    a.server.maildrop[2].unique_id = std::string(3000, 'x'); // over the limit of the library, and not cut
    CHECK(a.fetch().report.fetched == 3);
    const auto again = a.fetch();
    CHECK(again.report.fetched == 0);
    CHECK(a.files() == 3);
}

TEST_CASE("sizes that change are fetched again, until it is seen that they say nothing")
{
    account a;
    a.fetch();
    a.server.maildrop[0].listed_as = 7;
    auto o = a.fetch(pop3::delete_after(std::chrono::days(1)));
    CHECK(o.report.fetched == 0);
    CHECK(o.report.fetched_again == 1);
    CHECK(a.files() == 3);
    a.server.maildrop[1].listed_as = 8;
    o = a.fetch();
    CHECK(a.server.retrieved == 0);
    CHECK(o.report.changed_sizes == 1);
}

TEST_CASE("a server that gives an old unique-id to a new message")
{
    account a;
    a.fetch();
    a.server.maildrop[0].octets = "Subject: another\r\n\r\nwith the same name\r\n";
    const auto o = a.fetch(pop3::delete_after_delivery());
    CHECK(o.report.fetched == 1);
    CHECK(o.report.deleted == 3);
    CHECK(a.files() == 4);
}

TEST_CASE("nearly all unique-ids are new")
{
    account a;
    a.server.maildrop.clear();
    for (int i = 0; i != 30; ++i)
        a.server.maildrop.push_back(
            {"old" + std::to_string(i), "message " + std::to_string(i) + "\r\n", 0, 0});
    a.fetch();
    for (auto& m : a.server.maildrop)
        m.unique_id = "new" + m.unique_id.substr(3);
    auto o = a.fetch(pop3::delete_after_delivery());
    CHECK(o.ec == fetch_errc::unique_ids_changed);
    CHECK(o.report.unique_ids_changed);
    CHECK(a.server.retrieved == 0);
    CHECK(a.server.maildrop.size() == 30);
    a.options.changed_ids = pop3::changed_ids::adopt;
    o = a.fetch(pop3::delete_after_delivery());
    CHECK(!o.ec);
    CHECK(o.report.delivered_before == 30);
    CHECK(a.server.retrieved == 0);
    CHECK(a.server.maildrop.size() == 30);
    CHECK(a.fetch(pop3::delete_after_delivery()).report.deleted == 30);
}

TEST_CASE("a server that mixes up its replies")
{
    account a;
    a.server.ahead = pop3_machine::pipelining::inside;
    const auto o = a.fetch(pop3::delete_after_delivery());
    CHECK(o.ec == pop3::errc::pipeline_out_of_step);
    CHECK(o.report.deleted == 0);
    CHECK(a.server.maildrop.size() == 3);
    for (const auto& [path, octets] : a.disk.files_in("inbox/new"))
        CHECK(octets.find("+OK") == std::string::npos);
}

TEST_CASE("too many messages, and a policy that cannot be")
{
    account a;
    a.options.listed_messages = 2;
    CHECK(a.fetch().ec == fetch_errc::listed_messages_limit);
    a.options.listed_messages = 3;
    CHECK(!a.fetch().ec);
    CHECK(a.fetch(pop3::delete_after(std::chrono::seconds(-1))).ec == fetch_errc::invalid_policy);
    a.options.account.clear();
    CHECK(a.fetch().ec == pop3::errc::invalid_argument); // a stream of one's own has no place
}

TEST_CASE("headers alone")
{
    account a;
    told to;
    auto o = a.fetch(a.seen, to, pop3::keep_on_server().headers_only());
    CHECK(o.report.fetched == 3);
    CHECK(to.committed.at(0) == "Subject: a\r\n\r\n");
    CHECK(a.fetch(a.seen, to, pop3::keep_on_server().headers_only()).report.fetched == 0);
    o = a.fetch(a.seen, to, pop3::delete_after_delivery());
    CHECK(o.report.fetched == 3);
    CHECK(to.committed.at(3) == "Subject: a\r\n\r\none\r\n");
    CHECK(o.report.deleted == 3);
}

TEST_CASE("one account at a time, and a session that is none")
{
    account a;
    pop3::maildir inbox("inbox", a.disk);
    std::error_code ec;
    a.seen.open("alice", ec)->in_use = true;
    CHECK(a.fetch().ec == fetch_errc::account_in_use);
    a.seen.open("alice", ec)->in_use = false;
    CHECK(!a.fetch().ec);
    CHECK(!a.seen.open("alice", ec)->in_use);

    asio::io_context context(1);
    std::optional<std::error_code> said;
    pop3::async_fetch(
        mailbox(), a.seen, inbox, pop3::keep_on_server(), a.options,
        asio::bind_executor(context, [&](std::error_code e, const pop3::fetch_report&) { said = e; }));
    CHECK(!said);
    context.run();
    CHECK(said == pop3::errc::no_session);
}

TEST_CASE("with other tokens")
{
    account a;
    pop3::maildir inbox("inbox", a.disk);
    test::run([&]() -> asio::awaitable<void> {
        auto session = co_await a.log_in();
        const auto report =
            co_await pop3::async_fetch(std::move(session), a.seen, inbox, pop3::keep_on_server(), a.options);
        CHECK(report.fetched == 3);
        auto again = co_await a.log_in();
        a.server.knows_uidl = false;
        std::optional<std::error_code> thrown;
        try {
            (void)co_await pop3::async_fetch(std::move(again), a.seen, inbox, pop3::keep_on_server(),
                                             a.options);
        } catch (const std::system_error& e) {
            thrown = e.code();
        }
        CHECK(thrown == fetch_errc::no_unique_ids);
    });
}

} // namespace fetch_tests
