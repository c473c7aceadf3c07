// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/deliver.hpp"
#include "support/simulated_disk.hpp"
#include "support/thorough.hpp"

#include <pop3/mailbox/maildir.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <vector>

namespace mailbox_maildir_tests {
namespace {

using namespace std::string_literals;
using pop3::kept;
using test::give;
using test::octets_in;
using test::simulated_disk;
using fault = simulated_disk::fault;
using outcomes = std::vector<kept>;

static_assert(pop3::mail_delivery<pop3::maildir>);

std::vector<kept> commit(pop3::maildir& to)
{
    std::error_code ec;
    auto got = to.commit(ec);
    CHECK(!ec);
    return got;
}

/// The only file in a folder.
std::string only_name(const simulated_disk& disk, const std::string& folder = "inbox/new")
{
    const auto files = disk.files_in(folder);
    REQUIRE(files.size() == 1);
    return files.begin()->first.substr(folder.size() + 1);
}

/// What a reader of mail does: it does not sync anything.
void move_to_cur(simulated_disk& disk, const std::string& suffix)
{
    std::error_code ec;
    for (const auto& [path, octets] : disk.files_in("inbox/new"))
        disk.rename(path, "inbox/cur/" + path.substr(path.rfind('/') + 1) + suffix, ec);
}

std::vector<std::string> all_octets(const simulated_disk& disk)
{
    auto all = octets_in(disk, "inbox/new");
    for (auto& octets : octets_in(disk, "inbox/cur"))
        all.push_back(std::move(octets));
    std::sort(all.begin(), all.end());
    return all;
}

std::size_t count(const simulated_disk& disk, std::string_view begin)
{
    return static_cast<std::size_t>(std::count_if(disk.log().begin(), disk.log().end(),
                                                  [&](const auto& o) { return o.starts_with(begin); }));
}

/// A disk on which something is not as usual.
struct kind {
    bool rename_new = true;
    bool links = true;
    bool forgets_names = false;
};

void set(simulated_disk& disk, const kind& k)
{
    disk.has_rename_new = k.rename_new;
    disk.has_links = k.links;
    disk.forgets_names = k.forgets_names;
}

} // namespace

TEST_CASE("a Maildir: lines end in CRLF if that is wanted")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk, pop3::line_ends::crlf);
    CHECK(!give(inbox, {"a", "one\r\ntwo\r\n"}, 4));
    commit(inbox);
    CHECK(octets_in(disk, "inbox/new") == std::vector{"one\r\ntwo\r\n"s});
}

TEST_CASE("a Maildir: the name of a message is the same at any time and place")
{
    std::map<std::string, int> names;
    for (const auto* path : {"inbox", "other", "inbox/"}) {
        simulated_disk disk;
        pop3::maildir inbox(path, disk);
        give(inbox, {"a", "one"});
        commit(inbox);
        const auto name = only_name(disk, path == "other"s ? "other/new" : "inbox/new");
        CHECK(name.size() == 2 + 40 + 5);
        ++names[name];
    }
    CHECK(names.size() == 1);
}

TEST_CASE("a Maildir: a message without a unique-id is known by its octets alone")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    give(inbox, {"", "one", 1});
    give(inbox, {"", "one", 2});
    give(inbox, {"", "two", 2});
    CHECK(commit(inbox) == outcomes{kept::yes, kept::already, kept::yes});
}

TEST_CASE("a Maildir: its path may end in slashes, and is on the disk all the same")
{
    for (std::uint32_t seed = 0; seed != 50; ++seed) {
        simulated_disk disk(seed);
        pop3::maildir inbox("inbox//", disk);
        CHECK(!give(inbox, {"a", "one"}));
        commit(inbox);
        disk.power_cut();
        CHECK(octets_in(disk, "inbox/new") == std::vector{"one"s});
    }
}

TEST_CASE("a Maildir: a message that a reader has moved is found, whatever stands behind its name")
{
    for (const auto* suffix : {"", ":2,", ":2,S", ",S=12,W=13:2,FRS", ";2,S", "!2,S"}) {
        simulated_disk disk;
        pop3::maildir inbox("inbox", disk);
        give(inbox, {"a", "one"});
        commit(inbox);
        move_to_cur(disk, suffix);
        // By the same object, and by one of the next run.
        give(inbox, {"a", "one"});
        CHECK(commit(inbox) == outcomes{kept::already});
        pop3::maildir next("inbox", disk);
        give(next, {"a", "one"});
        give(next, {"a", "other"});
        give(next, {"a", "one", 2});
        CHECK(commit(next) == outcomes{kept::already, kept::yes, kept::yes});
        CHECK(octets_in(disk, "inbox/tmp").empty());
    }
}

TEST_CASE("a Maildir: a message is found that a reader moves while it is looked for")
{
    for (const std::string at :
         {"size_of inbox/new/", "list inbox/cur", "open inbox/new/", "open inbox/cur/"}) {
        CAPTURE(at);
        simulated_disk disk;
        {
            pop3::maildir before("inbox", disk);
            give(before, {"a", "one"});
            give(before, {"b", "two"});
            commit(before);
        }
        if (at == "open inbox/cur/")
            move_to_cur(disk, ":2,");
        int changes = 0;
        disk.on_operation = [&](const std::string& name, const std::string& path) {
            if (!(name + ' ' + path).starts_with(at) || changes++ != 0)
                return;
            move_to_cur(disk, ":2,S");
            std::error_code ec;
            for (const auto& [file, octets] : disk.files_in("inbox/cur"))
                disk.rename(file, file + "R", ec);
        };
        pop3::maildir inbox("inbox", disk);
        give(inbox, {"b", "two"});
        CHECK(commit(inbox) == outcomes{kept::already});
        give(inbox, {"b", "two"});
        give(inbox, {"a", "one"});
        CHECK(commit(inbox) == outcomes{kept::already, kept::already});
        CHECK(changes != 0);
        CHECK(all_octets(disk) == std::vector{"one"s, "two"s});
    }
}

TEST_CASE("a Maildir: that a message was there before is as durable as that it is new")
{
    for (std::uint32_t seed = 0; seed != 50; ++seed)
        for (const bool moved : {false, true}) {
            simulated_disk disk(seed);
            disk.keeps_log = true;
            std::size_t names_synced = 0;
            {
                pop3::maildir inbox("inbox", disk);
                give(inbox, {"a", "one"});
                commit(inbox);
                names_synced = disk.operations() - 1;
            }
            simulated_disk again(seed);
            {
                pop3::maildir inbox("inbox", again);
                give(inbox, {"a", "one"});
                std::error_code ec;
                again.fail_at(names_synced - again.operations(), fault::kill); // before the folder is synced
                inbox.commit(ec);
                CHECK(ec);
            }
            again.restart();
            REQUIRE(octets_in(again, "inbox/new").size() == 1);
            if (moved)
                move_to_cur(again, ":2,S");
            pop3::maildir inbox("inbox", again);
            give(inbox, {"a", "one"});
            CHECK(commit(inbox) == outcomes{kept::already});
            again.power_cut();
            CHECK(all_octets(again) == std::vector{"one"s});
        }
}

TEST_CASE("a Maildir: what another process brings in between is not replaced")
{
    for (const kind k : {kind{}, kind{false}, kind{false, false}}) {
        simulated_disk disk;
        set(disk, k);
        pop3::maildir inbox("inbox", disk);
        give(inbox, {"a", "one"});
        commit(inbox);
        const auto path = "inbox/new/" + only_name(disk);
        std::error_code ec;
        disk.remove(path, ec);

        pop3::maildir other("inbox", disk);
        give(other, {"b", "b"});
        commit(other); // it has looked at what is there
        disk.put(path, "another's");
        give(other, {"a", "one"});
        CHECK(commit(other) == outcomes{kept::yes});
        CHECK(disk.octets(path) == "another's");
        CHECK(octets_in(disk, "inbox/new") == std::vector{"another's"s, "b"s, "one"s});
    }
}

TEST_CASE("a Maildir: what another run has left in tmp goes when it is old")
{
    simulated_disk disk;
    pop3::maildir("inbox", disk);
    {
        pop3::maildir inbox("inbox", disk);
        give(inbox, {"a", "one"});
        commit(inbox);
    }
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const auto old = std::to_string(now - 37 * 3600);
    const auto young = std::to_string(now - 35 * 3600);
    const std::vector<std::string> stay{young + ".M1P2Q3.pop3",
                                        old + ".M1P2Q3.host",
                                        old + ".M1P2_3.pop3",
                                        old + ".M1P2Q3.pop3x",
                                        "-" + old + ".M1P2Q3.pop3",
                                        "1.M1P2Q.pop3",
                                        "draft",
                                        "99999999999999999999.M1P2Q3.pop3"};
    for (const auto& name : stay)
        disk.put("inbox/tmp/" + name, "x");
    disk.put("inbox/tmp/" + old + ".M1P2Q3.pop3", "x");
    pop3::maildir inbox("inbox", disk);
    give(inbox, {"b", "two"});
    commit(inbox);
    CHECK(disk.files_in("inbox/tmp").size() == stay.size());
    for (const auto& name : stay)
        CHECK(disk.octets("inbox/tmp/" + name));
}

TEST_CASE("a Maildir: a sync that failed is not tried again, and nothing is delivered")
{
    constexpr int messages = 40; // more than may be open
    for (std::uint32_t seed = 0; seed != 20; ++seed) {
        simulated_disk disk(seed);
        bool failed = false;
        disk.on_operation = [&](const std::string& name, const std::string&) {
            if (name == "sync" && !failed) {
                failed = true;
                disk.fail_at(0, fault::error, EIO);
            }
        };
        pop3::maildir inbox("inbox", disk);
        for (int i = 0; i != messages; ++i)
            give(inbox, {std::to_string(i), "octets of " + std::to_string(i)});
        std::error_code ec;
        const auto got = inbox.commit(ec);
        CHECK(failed);
        CHECK(ec == std::errc::io_error);
        CHECK(got.empty());
        CHECK(disk.files_in("inbox/new").empty());
        CHECK(disk.files_in("inbox/tmp").empty());
        // And then it works again.
        CHECK(!give(inbox, {"a", "one"}));
        CHECK(commit(inbox) == outcomes{kept::yes});
        disk.power_cut();
        CHECK(octets_in(disk, "inbox/new") == std::vector{"one"s});
    }
}

TEST_CASE("a Maildir: the disk is full")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    CHECK(!give(inbox, {"a", "one"}));
    disk.on_operation = [&](const std::string& name, const std::string&) {
        if (name == "write")
            disk.fail_at(0, fault::error, ENOSPC);
    };
    CHECK(give(inbox, {"b", "two"}) == std::errc::no_space_on_device);
    disk.on_operation = nullptr;
    CHECK(disk.files_in("inbox/tmp").size() == 1);
    CHECK(commit(inbox) == outcomes{kept::yes});
    CHECK(octets_in(disk, "inbox/new") == std::vector{"one"s});
}

TEST_CASE("a Maildir: octets that nobody has announced")
{
    simulated_disk disk;
    pop3::maildir inbox("inbox", disk);
    std::error_code ec;
    inbox.write("x"s, ec);
    CHECK(ec);
    ec.clear();
    inbox.end(ec);
    CHECK(ec);
    inbox.discard();
    CHECK(commit(inbox).empty());
}

TEST_CASE("a Maildir: no operation too many")
{
    constexpr std::size_t messages = 1000;
    constexpr std::size_t batch = 100;
    simulated_disk disk;
    disk.keeps_log = true;
    std::size_t open = 0;
    std::size_t most_open = 0;
    disk.on_operation = [&](const std::string& name, const std::string& path) {
        open += name == "open" && path.starts_with("inbox/tmp/");
        most_open = (std::max)(most_open, open);
        open -= name == "sync";
    };
    const auto run = [&](pop3::maildir& inbox, kept wanted) {
        for (std::size_t i = 0; i != messages; ++i) {
            give(inbox, {std::to_string(i), "octets of " + std::to_string(i)});
            if (i % batch == batch - 1)
                CHECK(commit(inbox) == outcomes(batch, wanted));
        }
    };
    {
        pop3::maildir inbox("inbox", disk);
        run(inbox, kept::yes);
    }
    CHECK(most_open <= 32);
    CHECK(count(disk, "open") == messages);
    CHECK(count(disk, "write") == messages);
    CHECK(count(disk, "sync ") == messages);
    CHECK(count(disk, "rename_new") == messages);
    CHECK(disk.operations() ==
          4 * messages + messages / batch + 4 + 2 + 3); // folders are made, synced, listed
    move_to_cur(disk, ":2,");
    const auto lists = count(disk, "list");
    disk.on_operation = nullptr;
    pop3::maildir inbox("inbox", disk);
    run(inbox, kept::already);
    CHECK(count(disk, "list") - lists <= 3 + messages / batch);
}

TEST_CASE("a Maildir: what is committed is there whatever happens, whole, and once")
{
    const std::vector<std::string> wanted{"four", "one", "three", "two"};
    std::vector<kind> kinds{kind{}};
    if (test::thorough)
        kinds = {kind{}, kind{false}, kind{false, false}, kind{true, true, true}};
    for (const kind k : kinds) {
        std::size_t operations = 0;
        for (std::size_t n = 0; n <= operations; ++n)
            for (const auto what : test::every_fault)
                for (std::uint32_t seed = 0; seed != 2; ++seed) {
                    simulated_disk disk(static_cast<std::uint32_t>(n) * 2 + seed);
                    set(disk, k);
                    std::vector<std::string> safe;
                    for (int run = 0; run != 3; ++run) {
                        pop3::maildir inbox("inbox", disk);
                        if (run == 0 && what != fault::none)
                            disk.fail_at(n, what, seed % 2 == 0 ? EIO : ENOSPC);
                        std::vector<std::string> batch;
                        for (std::size_t i = 0; i != wanted.size(); ++i) {
                            if (!give(inbox, {wanted[i], wanted[i]}, 3))
                                batch.push_back(wanted[i]);
                            if (i % 2 != 1)
                                continue;
                            std::error_code ec;
                            const auto got = inbox.commit(ec);
                            CHECK(got.size() == (ec ? 0 : batch.size()));
                            if (!ec)
                                safe.insert(safe.end(), batch.begin(), batch.end());
                            batch.clear();
                        }
                        if (what == fault::none)
                            operations = (std::max)(operations, disk.operations());
                        if (seed % 3 != 0)
                            disk.power_cut();
                        disk.restart();
                        const auto there = octets_in(disk, "inbox/new");
                        for (const auto& octets : safe)
                            CHECK(std::count(there.begin(), there.end(), octets) == 1);
                        CHECK(std::includes(wanted.begin(), wanted.end(), there.begin(), there.end()));
                    }
                    CHECK(octets_in(disk, "inbox/new") == wanted);
                }
        CHECK(operations > 25);
    }
}

} // namespace mailbox_maildir_tests
