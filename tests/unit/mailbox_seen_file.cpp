// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/simulated_disk.hpp"

#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/seen_file.hpp>
#include <pop3/mailbox/seen_line.hpp>
#include <pop3/mailbox/seen_store.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace mailbox_seen_file_tests {
namespace {

using namespace std::string_literals;
using pop3::fetch_errc;
using pop3::seen_event;
using pop3::seen_file;
using pop3::seen_index;
using pop3::seen_record;
using test::simulated_disk;
using fault = simulated_disk::fault;

static_assert(pop3::seen_store<seen_file>);

seen_record about(std::string_view unique_id, std::string_view account = "alice",
                  seen_event event = seen_event::state)
{
    seen_record r;
    r.event = event;
    r.account = account;
    r.key = {unique_id, 1};
    r.time = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000));
    r.octets = 7;
    return r;
}

std::string line(const seen_record& r)
{
    std::string text;
    pop3::detail::write_seen_line(r, text);
    return text;
}

std::string file_of(const std::vector<std::string>& unique_ids)
{
    std::string text = "pop3-seen 1\n";
    for (const auto& id : unique_ids)
        text += line(about(id));
    return text;
}

std::error_code append(seen_file& seen, const std::vector<seen_record>& records)
{
    std::error_code ec;
    seen.append(records, ec);
    return ec;
}

std::set<std::string> known(seen_index& index)
{
    std::set<std::string> all;
    for (seen_index::slot_type slot = 0; slot != index.slot_count(); ++slot)
        if (index.holds(slot))
            all.emplace(index.key(slot).unique_id);
    return all;
}

struct opened {
    std::error_code ec;
    std::set<std::string> known;
    std::string salvaged;
};

opened open(simulated_disk& disk, std::string_view account = "alice")
{
    opened o;
    seen_file seen("seen", disk);
    auto* const index = seen.open(account, o.ec);
    CHECK((index == nullptr) == static_cast<bool>(o.ec));
    if (index != nullptr)
        o.known = known(*index);
    o.salvaged = seen.salvaged();
    return o;
}

using ids = std::set<std::string>;

} // namespace

TEST_CASE("a seen store remembers")
{
    simulated_disk disk;
    {
        seen_file seen("seen", disk);
        std::error_code ec;
        auto* const alice = seen.open("alice", ec);
        REQUIRE(alice != nullptr);
        CHECK(alice->size() == 0);
        CHECK(!append(seen, {about("a"), about("b\n\0"s)}));
        CHECK(!append(seen, {about("c", "bob")}));
        CHECK(!append(seen, {about("a", "alice", seen_event::gone)}));
        CHECK(alice->size() == 1);
        CHECK(seen.open("alice", ec) == alice);
    }
    CHECK(open(disk).known == ids{"b\n\0"s});
    CHECK(open(disk, "bob").known == ids{"c"});
    CHECK(open(disk, "carol").known.empty());
    CHECK(open(disk).salvaged.empty());
}

TEST_CASE("one write and one sync for all records of a call")
{
    simulated_disk disk;
    seen_file seen("seen", disk);
    std::error_code ec;
    seen.open("alice", ec);
    const std::vector<seen_record> many(1000, about("a"));
    const auto before = disk.operations();
    CHECK(!append(seen, many));
    CHECK(disk.operations() - before == 2);
    CHECK(!append(seen, {}));
    CHECK(disk.operations() - before == 2);
}

TEST_CASE("one process at a time has it")
{
    simulated_disk disk;
    seen_file first("seen", disk);
    std::error_code ec;
    REQUIRE(first.open("alice", ec) != nullptr);
    CHECK(open(disk).ec == fetch_errc::store_locked);
    CHECK(!append(first, {about("a")}));
    disk.power_cut();
    disk.restart();
    CHECK(open(disk).known == ids{"a"});
}

TEST_CASE("what is no seen store is not touched")
{
    for (const auto* text : {"\n", "mailbox", "pop3-sea", "pop3-seen", "%PDF-1.4\n"}) {
        simulated_disk disk;
        disk.put("seen", text);
        const bool is_begin = "pop3-seen 1\n"s.starts_with(text);
        CHECK(open(disk).ec == (is_begin ? std::error_code() : fetch_errc::not_a_store));
        if (!is_begin)
            CHECK(disk.octets("seen") == text);
    }
    simulated_disk disk;
    disk.put("seen", "pop3-seen 2\nwhat nobody knows yet\n");
    CHECK(open(disk).ec == fetch_errc::store_too_new);
    CHECK(disk.octets("seen") == "pop3-seen 2\nwhat nobody knows yet\n");
    disk.put("empty", "");
    std::error_code ec;
    CHECK(seen_file("empty", disk).open("alice", ec) != nullptr);
    CHECK(seen_file("nowhere/seen", disk).open("alice", ec) == nullptr);
    CHECK(ec == std::errc::no_such_file_or_directory);
}

TEST_CASE("what cannot be a record")
{
    simulated_disk disk;
    seen_file seen("seen", disk);
    CHECK(append(seen, {about("a")}) == fetch_errc::store_failed); // nobody has opened it
    std::error_code ec;
    seen.open("alice", ec);
    CHECK(append(seen, {about("a"), about("b", "")}) == std::errc::invalid_argument);
    CHECK(append(seen, {about(std::string(65536, 'x'))}) == std::errc::invalid_argument);
    CHECK(!append(seen, {about(std::string(65535, 'x'))}));
    CHECK(seen.open("alice", ec)->size() == 1);
}

TEST_CASE("a tail that was cut is dropped, at each length")
{
    const auto whole = file_of({"a", "b", "c"});
    const auto two = file_of({"a", "b"});
    for (auto n = two.size(); n != whole.size(); ++n)
        for (const auto* behind : {"", "\0\0\0\0"}) {
            simulated_disk disk;
            disk.put("seen", whole.substr(0, n) + behind);
            const auto o = open(disk);
            CHECK(!o.ec);
            CHECK(o.known == ids{"a", "b"});
            CHECK(o.salvaged.empty());
            CHECK(disk.octets("seen") == two);
        }
}

TEST_CASE("damage is salvaged, and told, whichever octet it is")
{
    const auto whole = file_of({"aaaa", "bbbb", "cccc"});
    const auto header = "pop3-seen 1\n"s.size();
    const auto length = (whole.size() - header) / 3;
    for (auto n = header; n != whole.size(); ++n)
        for (const char with : {'\0', '\n', '9', 'x'}) {
            auto damaged = whole;
            if (damaged[n] == with)
                continue;
            damaged[n] = with;
            simulated_disk disk;
            disk.put("seen", damaged);
            const auto o = open(disk);
            CHECK(!o.ec);
            auto left = ids{"aaaa", "bbbb", "cccc"};
            const auto which = (n - header) / length;
            const std::vector<std::string> in_order{"aaaa", "bbbb", "cccc", ""};
            left.erase(in_order[which]);
            // Without the end of a line nobody knows where the next one begins.
            if ((n - header) % length == length - 1)
                left.erase(in_order[which + 1]);
            CHECK(o.known == left);
            // The end of the last line may as well be the begin of one that was cut.
            const bool torn = n == whole.size() - 1 && with != '\n';
            CHECK(o.salvaged.empty() == torn);
            if (!torn) {
                CHECK(o.salvaged.starts_with("seen.damaged-"));
                CHECK(disk.octets(o.salvaged) == damaged);
            }
            disk.power_cut();
            disk.restart();
            CHECK(open(disk).known == left);
        }
}

TEST_CASE("the second damaged file does not replace the first")
{
    simulated_disk disk;
    std::set<std::string> names;
    for (int i = 0; i != 3; ++i) {
        disk.put("seen", "pop3-seen 1\nrubbish\n" + line(about("a")));
        names.insert(open(disk).salvaged);
    }
    CHECK(names.size() == 3);
}

TEST_CASE("after an error of the disk nothing more is recorded, and no half of a line is left")
{
    for (const auto what : {fault::error, fault::short_write})
        for (std::size_t n = 0; n != 2; ++n) {
            simulated_disk disk;
            {
                seen_file seen("seen", disk);
                std::error_code ec;
                auto* const index = seen.open("alice", ec);
                CHECK(!append(seen, {about("a")}));
                disk.fail_at(n, what, ENOSPC);
                const auto failed = append(seen, {about("b")});
                CHECK(static_cast<bool>(failed) == (what == fault::error));
                CHECK(index->size() == (failed ? 1 : 2));
                if (failed) {
                    CHECK(append(seen, {about("c")}) == fetch_errc::store_failed);
                    CHECK(seen.open("alice", ec) == nullptr);
                    CHECK(ec == fetch_errc::store_failed);
                    CHECK(disk.octets("seen") == file_of({"a"}));
                }
            }
            CHECK(!open(disk).ec);
        }
}

TEST_CASE("it is written anew when most of it no longer counts")
{
    simulated_disk disk;
    std::string text = "pop3-seen 1\n";
    for (int i = 0; i != 12'000; ++i)
        text += line(about(std::to_string(i % 100), i % 2 == 0 ? "alice" : "bob"));
    auto skipped = about("s");
    skipped.state = pop3::seen_state::skipped;
    skipped.attempts = 3;
    text += line(skipped) + line(about("s", "alice", seen_event::absent)) +
            line(about("", "bob", seen_event::unstable));
    disk.put("seen", text);
    for (int round = 0; round != 2; ++round) {
        seen_file seen("seen", disk);
        std::error_code ec;
        auto* const alice = seen.open("alice", ec);
        auto* const bob = seen.open("bob", ec);
        REQUIRE(bob != nullptr);
        CHECK(alice->size() == 51);
        CHECK(bob->size() == 50);
        CHECK(bob->unstable_octets());
        CHECK(!alice->unstable_octets());
        const auto& s = (*alice)[alice->find({"s"})];
        CHECK(s.state == pop3::seen_state::skipped);
        CHECK(s.attempts == 3);
        CHECK(s.absent_since == about("").time);
        CHECK(disk.octets("seen")->size() < 20'000);
        disk.power_cut();
        disk.restart();
    }
}

TEST_CASE("whatever happens to the disk, what was recorded is known, and nothing else")
{
    // a is there; b and c are recorded one after the other, and the file is written anew in between.
    std::size_t operations = 0;
    for (std::size_t n = 0; n <= operations; ++n)
        for (const auto what : {fault::none, fault::error, fault::interrupted, fault::short_write,
                                fault::kill, fault::power_cut})
            for (const bool cut : {false, true}) {
                simulated_disk disk(static_cast<std::uint32_t>(n * 7 + cut));
                disk.put("seen", file_of({"a"}) + "deliv");
                ids recorded;
                ids tried;
                {
                    const auto before = disk.operations();
                    if (what != fault::none)
                        disk.fail_at(n, what);
                    seen_file seen("seen", disk);
                    std::error_code ec;
                    if (seen.open("alice", ec) != nullptr) {
                        tried.insert("b");
                        if (!append(seen, {about("b")}))
                            recorded.insert("b");
                        seen.compact(ec);
                        tried.insert("c");
                        if (!append(seen, {about("c")}))
                            recorded.insert("c");
                    }
                    if (what == fault::none)
                        operations = disk.operations() - before;
                }
                if (cut)
                    disk.power_cut();
                disk.restart();
                const auto o = open(disk);
                CHECK(!o.ec);
                CHECK(o.known.contains("a"));
                for (const auto& id : recorded)
                    CHECK(o.known.contains(id));
                for (const auto& id : o.known)
                    CHECK((id == "a" || tried.contains(id)));
                if (what == fault::none || what == fault::interrupted || what == fault::short_write)
                    CHECK(recorded.size() == 2);
            }
    CHECK(operations > 10);
}

} // namespace mailbox_seen_file_tests
