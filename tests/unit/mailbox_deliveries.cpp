// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/deliver.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/maildir.hpp>
#include <pop3/mailbox/mbox.hpp>
#include <pop3/mailbox/message_files.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace mailbox_deliveries_tests {
namespace {

using namespace std::string_literals;
using pop3::fetch_errc;
using pop3::kept;
using test::give;
using test::mail;
using test::octets_in;
using test::simulated_disk;
using fault = simulated_disk::fault;

template <class Delivery>
std::vector<kept> commit(Delivery& to)
{
    std::error_code ec;
    auto outcomes = to.commit(ec);
    CHECK(!ec);
    return outcomes;
}

const auto hostile = test::hostile_unique_ids();

using all = std::vector<std::string>;
using outcomes = std::vector<kept>;

} // namespace

TEST_CASE("a Maildir has whole messages in new, in lines that end in LF")
{
    for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
        simulated_disk disk;
        pop3::maildir inbox("inbox", disk);
        CHECK(!give(inbox, {"a", "Subject: x\r\n\r\none\rtwo\nthree\r\n\r"}, piece));
        CHECK(!give(inbox, {"b", ""}, piece));
        CHECK(octets_in(disk, "inbox/new").empty());
        CHECK(commit(inbox) == outcomes{kept::yes, kept::yes});
        CHECK(octets_in(disk, "inbox/new") == all{"", "Subject: x\n\none\rtwo\nthree\n\r"});
        CHECK(octets_in(disk, "inbox/tmp").empty());
        disk.power_cut();
        CHECK(octets_in(disk, "inbox/new") == all{"", "Subject: x\n\none\rtwo\nthree\n\r"});
    }
}

TEST_CASE("a message that comes again is found, in new and in cur")
{
    simulated_disk disk;
    std::string name;
    {
        pop3::maildir inbox("inbox", disk);
        give(inbox, {"a", "one\r\n"});
        CHECK(commit(inbox) == outcomes{kept::yes});
        give(inbox, {"a", "one\r\n"});
        CHECK(commit(inbox) == outcomes{kept::already});
        name = disk.files_in("inbox/new").begin()->first;
    }
    std::error_code ec;
    disk.rename(name, "inbox/cur/" + name.substr(name.rfind('/') + 1) + ":2,S", ec);
    pop3::maildir inbox("inbox", disk);
    give(inbox, {"a", "one\r\n"});
    give(inbox, {"a", "another\r\n"});
    CHECK(commit(inbox) == outcomes{kept::already, kept::yes});
    give(inbox, {"a", "another\r\n"});
    give(inbox, {"a", "one\r\n", 2});
    give(inbox, {"a", "one\r\n", 1, true});
    give(inbox, {"a", "one\r\n", 1, false, "bob"});
    CHECK(commit(inbox) == outcomes{kept::already, kept::yes, kept::yes, kept::yes});
    CHECK(octets_in(disk, "inbox/new") == all{"another\n", "one\n", "one\n", "one\n"});
    CHECK(octets_in(disk, "inbox/tmp").empty());
}

TEST_CASE("no octet of the server's is in a name of a Maildir")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    for (const auto& id : hostile)
        CHECK(!give(inbox, {id, "of " + id}));
    CHECK(!give(inbox, {"", "nameless"}));
    CHECK(!give(inbox, {"", "nameless too"}));
    CHECK(!give(inbox, {"", "nameless"}));
    const auto got = commit(inbox);
    CHECK(std::count(got.begin(), got.end(), kept::yes) == static_cast<std::ptrdiff_t>(hostile.size() + 2));
    CHECK(got.back() == kept::already);
    const auto files = disk.files_in("inbox/new");
    CHECK(files.size() == hostile.size() + 2);
    for (const auto& [path, octets] : files)
        CHECK(path.substr(10).find_first_not_of("P0123456789abcdef.op") == std::string::npos);
}

TEST_CASE("files named after unique-ids")
{
    simulated_disk disk;
    pop3::message_files inbox("inbox", disk);
    for (const auto& id : hostile)
        CHECK(!give(inbox, {id, "of " + id + "\r\n"}));
    CHECK(!give(inbox, {"", "nameless"}));
    CHECK(commit(inbox).size() == hostile.size() + 1);
    CHECK(disk.files_in("inbox").size() == hostile.size() + 1);
    CHECK(disk.octets("inbox/%2e%2e%2f%2e%2e%2fetc%2fpasswd.eml") == "of ../../etc/passwd\r\n");
    CHECK(disk.octets("inbox/%00nul.eml").has_value());
    for (const auto& [path, octets] : disk.files_in("inbox"))
        CHECK(path.size() < 220);
    give(inbox, {"a", "x"});
    give(inbox, {"A", "x"});
    give(inbox, {"a", "x", 2});
    give(inbox, {"a", "y"});
    give(inbox, {"a", "x"});
    give(inbox, {"a", "x", 1, true});
    CHECK(commit(inbox) == outcomes{kept::yes, kept::yes, kept::yes, kept::yes, kept::already, kept::yes});
    for (const auto* name : {"a", "%41", "a-copy2", "a-2", "a-headers"})
        CHECK(disk.octets("inbox/"s + name + ".eml").has_value());
    CHECK(octets_in(disk, "inbox/.part").empty());
}

TEST_CASE("what breaks off leaves nothing")
{
    simulated_disk disk;
    {
        pop3::maildir inbox("inbox", disk);
        std::error_code ec;
        inbox.begin({}, ec);
        inbox.write(std::string(100'000, 'x'), ec);
        CHECK(octets_in(disk, "inbox/tmp").size() == 1);
        inbox.discard();
        CHECK(octets_in(disk, "inbox/tmp").empty());
        CHECK(commit(inbox).empty());
        give(inbox, {"a", "not committed"});
        inbox.begin({}, ec);
        inbox.write(std::string(100'000, 'x'), ec);
    }
    CHECK(octets_in(disk, "inbox/tmp").empty());
    CHECK(octets_in(disk, "inbox/new").empty());
}

TEST_CASE("what an ended process has left is removed, when it is old")
{
    simulated_disk disk;
    std::error_code ec;
    for (const auto* folder : {"inbox", "inbox/tmp"})
        disk.make_directory(folder, ec);
    disk.put("inbox/tmp/1000000000.M1P2Q3.pop3", "old");
    disk.put("inbox/tmp/1000000000.M1P2Q3.other", "old");
    disk.put("inbox/tmp/9223372036854775807.M1P2Q3.pop3", "new");
    pop3::maildir inbox("inbox", disk);
    give(inbox, {"a", "x"});
    commit(inbox);
    CHECK(disk.files_in("inbox/tmp").size() == 2);
    CHECK(!disk.octets("inbox/tmp/1000000000.M1P2Q3.pop3"));
}

TEST_CASE("more messages than files may be open")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    for (int i = 0; i != 100; ++i)
        CHECK(!give(inbox, {std::to_string(i), std::to_string(i)}));
    CHECK(commit(inbox) == outcomes(100, kept::yes));
    disk.power_cut();
    CHECK(octets_in(disk, "inbox/new").size() == 100);
}

TEST_CASE_TEMPLATE("what is committed is on the disk, whatever happens to it, and is never half", Delivery,
                   pop3::maildir, pop3::message_files)
{
    const auto folder = std::is_same_v<Delivery, pop3::maildir> ? "inbox/new"s : "inbox"s;
    const all wanted{"one", "three", "two"};
    std::size_t operations = 0;
    for (std::size_t n = 0; n <= operations; ++n)
        for (const auto what : {fault::none, fault::error, fault::interrupted, fault::short_write,
                                fault::kill, fault::power_cut})
            for (const bool cut : {false, true}) {
                simulated_disk disk(static_cast<std::uint32_t>(n * 3 + cut));
                std::set<std::string> safe;
                for (int run = 0; run != 2; ++run) {
                    Delivery inbox("inbox", disk);
                    const auto before = disk.operations();
                    if (run == 0 && what != fault::none)
                        disk.fail_at(n, what, ENOSPC);
                    std::vector<std::string> batch;
                    for (const auto& octets : wanted)
                        if (!give(inbox, {octets, octets}))
                            batch.push_back(octets);
                    std::error_code ec;
                    const auto got = inbox.commit(ec);
                    CHECK(got.size() == (ec ? 0 : batch.size()));
                    if (!ec)
                        safe.insert(batch.begin(), batch.end());
                    if (what == fault::none)
                        operations = disk.operations() - before;
                    if (cut)
                        disk.power_cut();
                    disk.restart();
                    const auto there = octets_in(disk, folder);
                    for (const auto& octets : safe)
                        CHECK(std::count(there.begin(), there.end(), octets) == 1);
                    CHECK(std::includes(wanted.begin(), wanted.end(), there.begin(), there.end()));
                }
                CHECK(octets_in(disk, folder) == wanted);
            }
    CHECK(operations > 10);
}

TEST_CASE("an mbox quotes what looks like the begin of a message")
{
    for (const std::size_t piece : {1u, 2u, 5u, 100u}) {
        simulated_disk disk;
        pop3::mbox inbox("inbox", disk);
        CHECK(!give(inbox,
                    {"a", "From: x\r\n\r\nFrom me\r\n>From you\r\n>>From\r\nFro\r\n>\r\nSo From \rFrom \r\n"},
                    piece));
        CHECK(!give(inbox, {"b", "From "}, piece));
        CHECK(!give(inbox, {"c", ">>Fr"}, piece));
        CHECK(!give(inbox, {"d", ">"}, piece));
        CHECK(!give(inbox, {"e", ""}, piece));
        CHECK(!give(inbox, {"f", "x\r"}, piece));
        CHECK(commit(inbox) == outcomes(6, kept::yes));
        auto octets = *disk.octets("inbox");
        for (auto at = octets.find("From MAILER-DAEMON "); at != std::string::npos;
             at = octets.find("From MAILER-DAEMON ", at + 1))
            octets.replace(at, octets.find('\n', at) - at, "---");
        CHECK(octets == "---\nFrom: x\n\n>From me\n>>From you\n>>From\nFro\n>\nSo From \rFrom \n\n"
                        "---\n>From \n\n---\n>>Fr\n\n---\n>\n\n---\n\n---\nx\r\n\n");
        CHECK(!disk.octets("inbox.lock"));
    }
}

TEST_CASE("an mbox that others have written")
{
    simulated_disk disk;
    const auto begins = [&](std::string before) {
        disk.put("inbox", before);
        pop3::mbox inbox("inbox", disk);
        const auto ec = give(inbox, {"a", "x\r\n"});
        if (ec)
            CHECK(disk.octets("inbox") == before);
        else
            commit(inbox);
        return ec;
    };
    CHECK(begins("PK\3\4") == fetch_errc::not_a_mailbox);
    CHECK(begins("From") == fetch_errc::not_a_mailbox);
    CHECK(!begins("From a\n\nx"));
    CHECK(disk.octets("inbox")->starts_with("From a\n\nx\n\nFrom MAILER"));
    CHECK(!begins("From a\n\nx\n"));
    CHECK(disk.octets("inbox")->starts_with("From a\n\nx\n\nFrom MAILER"));
    CHECK(!begins("From a\n\nx\n\n"));
    CHECK(disk.octets("inbox")->starts_with("From a\n\nx\n\nFrom MAILER"));

    disk.put("inbox.lock", "1234");
    CHECK(begins("From a\n\nx\n\n") == fetch_errc::mailbox_locked);
    CHECK(disk.octets("inbox.lock") == "1234");
    disk.put("inbox.lock", "pop3 mbox\n"); // of one that crashed
    CHECK(!begins("From a\n\nx\n\n"));
    CHECK(!disk.octets("inbox.lock"));
}

TEST_CASE("two at a time do not write into one mbox")
{
    simulated_disk disk;
    pop3::mbox first("inbox", disk);
    pop3::mbox second("inbox", disk);
    CHECK(!give(first, {"a", "x"}));
    CHECK(give(second, {"b", "y"}) == fetch_errc::mailbox_locked);
    CHECK(commit(second).empty());
    CHECK(disk.octets("inbox.lock"));
    commit(first);
    CHECK(!give(second, {"b", "y"}));
    CHECK(commit(second) == outcomes{kept::yes});
}

TEST_CASE("what is not committed is cut off an mbox")
{
    simulated_disk disk;
    disk.put("inbox", "From a\n\nx\n\n");
    std::error_code ec;
    {
        pop3::mbox inbox("inbox", disk);
        give(inbox, {"a", "whole"});
        inbox.begin({}, ec);
        inbox.write(std::string(100'000, 'x'), ec);
        inbox.discard();
        CHECK(disk.octets("inbox")->ends_with("whole\n\n"));
        inbox.begin({}, ec);
        inbox.write(std::string(100'000, 'x'), ec);
    }
    CHECK(disk.octets("inbox") == "From a\n\nx\n\n");
    pop3::mbox inbox("inbox", disk);
    give(inbox, {"a", "whole"});
    disk.fail_at(0, fault::error);
    CHECK(inbox.commit(ec).empty());
    CHECK(ec == std::errc::io_error);
    CHECK(disk.octets("inbox") == "From a\n\nx\n\n");
}

} // namespace mailbox_deliveries_tests
