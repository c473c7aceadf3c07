// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/deliver.hpp"
#include "support/scratch.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/mbox.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mailbox_mbox_tests {
namespace {

using namespace std::string_literals;
using pop3::fetch_errc;
using pop3::kept;
using test::give;
using test::simulated_disk;
using fault = simulated_disk::fault;
using outcomes = std::vector<kept>;

static_assert(pop3::mail_delivery<pop3::mbox>);

const std::string first = "From a\n\nx\n\n";

std::vector<kept> commit(pop3::mbox& to)
{
    std::error_code ec;
    auto got = to.commit(ec);
    CHECK(!ec);
    return got;
}

/// The messages in an mbox, as a reader finds them: a separator stands at the begin, or behind a blank line.
std::vector<std::string> messages(std::string_view octets)
{
    std::vector<std::string> all;
    while (octets.starts_with("From ")) {
        octets.remove_prefix((std::min)(octets.find('\n') + 1, octets.size()));
        const auto end = ("\n" + std::string(octets)).find("\n\nFrom ");
        auto one = std::string(octets.substr(0, end));
        octets.remove_prefix((std::min)(octets.size(), end == octets.npos ? end : end + 1));
        if (end == octets.npos && one.ends_with('\n'))
            one.pop_back();
        all.push_back(one);
    }
    return all;
}

using all = std::vector<std::string>;

/// How often a message is there; behind it may be what a crash has left.
std::ptrdiff_t count(const all& there, const std::string& octets)
{
    return std::count_if(there.begin(), there.end(),
                         [&](const std::string& t) { return t.starts_with(octets); });
}

} // namespace

TEST_CASE("an mbox: messages are found as they were given")
{
    simulated_disk disk;
    pop3::mbox inbox("inbox", disk);
    give(inbox, {"a", "one\r\n"});
    give(inbox, {"b", ""});
    CHECK(commit(inbox) == outcomes{kept::yes, kept::yes});
    give(inbox, {"c", "three"});
    CHECK(commit(inbox) == outcomes{kept::yes});
    CHECK(messages(*disk.octets("inbox")) == all{"one\n", "", "three\n"});
}

TEST_CASE("an mbox: the blank line before a message is not lost with one that breaks off")
{
    for (const std::string before : {"From a\n\nx", "From a\n\nx\n", "From a\n\nx\n\n"})
        for (const std::size_t size : {1u, 100'000u}) {
            simulated_disk disk;
            disk.put("inbox", before);
            pop3::mbox inbox("inbox", disk);
            std::error_code ec;
            inbox.begin({}, ec);
            inbox.write(std::string(size, 'y'), ec);
            inbox.discard();
            CHECK(disk.octets("inbox") == before);
            CHECK(!give(inbox, {"b", "one\r\n"}));
            inbox.begin({}, ec);
            inbox.write(std::string(size, 'y'), ec);
            inbox.discard();
            CHECK(!give(inbox, {"c", "two\r\n"}));
            CHECK(commit(inbox) == outcomes{kept::yes, kept::yes});
            CHECK(messages(*disk.octets("inbox")) == all{"\nx\n", "one\n", "two\n"});
        }
}

TEST_CASE("an mbox: it is not locked when there is nothing to commit")
{
    simulated_disk disk;
    pop3::mbox inbox("inbox", disk);
    std::error_code ec;
    inbox.begin({}, ec);
    CHECK(disk.octets("inbox.lock"));
    inbox.discard();
    CHECK(!disk.octets("inbox.lock"));
    pop3::mbox other("inbox", disk);
    CHECK(!give(other, {"a", "x"}));
    CHECK(disk.octets("inbox.lock"));
    CHECK(give(inbox, {"b", "y"}) == fetch_errc::mailbox_locked);
    CHECK(commit(other) == outcomes{kept::yes});
    CHECK(!disk.octets("inbox.lock"));
    CHECK(!disk.octets("inbox.lock.new"));
}

TEST_CASE("an mbox: when its lock file goes, nobody else can have taken it over")
{
    simulated_disk disk;
    pop3::mbox inbox("inbox", disk);
    give(inbox, {"a", "x"});
    std::error_code ec;
    disk.on_operation = [&](const std::string& name, const std::string& path) {
        if (name != "remove" || path != "inbox.lock")
            return;
        pop3::mbox other("inbox", disk);
        ec = give(other, {"b", "y"});
    };
    CHECK(commit(inbox) == outcomes{kept::yes});
    CHECK(ec == fetch_errc::mailbox_locked);
}

TEST_CASE("an mbox: a lock file that is not ours stays, whatever is in it")
{
    for (const std::string text : {"", "pop3 mbox", "pop3 mbox\n1", "12\n"}) {
        simulated_disk disk;
        disk.put("inbox.lock", text);
        {
            pop3::mbox inbox("inbox", disk);
            CHECK(give(inbox, {"a", "x"}) == fetch_errc::mailbox_locked);
        }
        CHECK(disk.octets("inbox.lock") == text);
        CHECK(!disk.octets("inbox.lock.new"));
    }
}

TEST_CASE("an mbox: another file in its place, before it is locked")
{
    simulated_disk disk;
    disk.put("inbox", first);
    bool done = false;
    disk.on_operation = [&](const std::string& name, const std::string& path) {
        if (done || name != "rename_new" || path != "inbox.lock.new")
            return;
        done = true;
        disk.put("inbox", first + "From b\n\nanother's\n\n");
    };
    pop3::mbox inbox("inbox", disk);
    CHECK(!give(inbox, {"a", "mine"}));
    CHECK(commit(inbox) == outcomes{kept::yes});
    CHECK(messages(*disk.octets("inbox")) == all{"\nx\n", "\nanother's\n", "mine\n"});
}

TEST_CASE("an mbox: its name is on the disk, whoever made it")
{
    for (std::uint32_t seed = 0; seed != 50; ++seed) {
        simulated_disk disk(seed);
        std::error_code ec;
        const auto left = disk.open("inbox", pop3::file_system::access::append, ec);
        left->write(first, ec);
        left->sync(ec);
        pop3::mbox inbox("inbox", disk);
        CHECK(!give(inbox, {"a", "mine"}));
        CHECK(commit(inbox) == outcomes{kept::yes});
        disk.power_cut();
        REQUIRE(disk.octets("inbox"));
        CHECK(messages(*disk.octets("inbox")) == all{"\nx\n", "mine\n"});
    }
}

TEST_CASE("an mbox: behind half of a message that cannot be cut nothing is written")
{
    simulated_disk disk;
    disk.put("inbox", first);
    pop3::mbox inbox("inbox", disk);
    CHECK(!give(inbox, {"a", "one\r\n"}));
    std::error_code ec;
    inbox.begin({}, ec);
    inbox.write(std::string(100'000, 'y'), ec);
    disk.fail_at(0, fault::error, EIO);
    inbox.discard();
    CHECK(give(inbox, {"b", "two"}) == std::errc::io_error);
    CHECK(inbox.commit(ec).empty());
    CHECK(ec == std::errc::io_error);
    CHECK(disk.octets("inbox") == first);
    CHECK(!disk.octets("inbox.lock"));
    // And then it works again.
    CHECK(!give(inbox, {"a", "one\r\n"}));
    CHECK(commit(inbox) == outcomes{kept::yes});
    CHECK(messages(*disk.octets("inbox")) == all{"\nx\n", "one\n"});
}

TEST_CASE("an mbox: octets that nobody has announced")
{
    simulated_disk disk;
    pop3::mbox inbox("inbox", disk);
    std::error_code ec;
    inbox.write(std::string(100'000, 'y'), ec);
    CHECK(ec);
    ec.clear();
    inbox.end(ec);
    CHECK(ec);
    CHECK(commit(inbox).empty());
    CHECK(!disk.octets("inbox"));
}

TEST_CASE("an mbox: after an error of its sync it is as it was")
{
    simulated_disk disk;
    disk.put("inbox", first);
    for (const auto* what : {"sync inbox", "sync_directory ."}) {
        pop3::mbox inbox("inbox", disk);
        CHECK(!give(inbox, {"a", "one\r\n"}));
        disk.on_operation = [&](const std::string& name, const std::string& path) {
            if (name + ' ' + path == what)
                disk.fail_at(0, fault::error, EIO);
        };
        std::error_code ec;
        CHECK(inbox.commit(ec).empty());
        disk.on_operation = nullptr;
        CHECK(ec == std::errc::io_error);
        CHECK(disk.octets("inbox") == first);
        CHECK(!disk.octets("inbox.lock"));
    }
}

TEST_CASE("an mbox: what is committed is there whatever happens, and whole")
{
    const all wanted{"one\n", "two\n", "three\n", "four\n"};
    std::size_t operations = 0;
    for (std::size_t n = 0; n <= operations; ++n)
        for (const auto what : test::every_fault)
            for (std::uint32_t seed = 0; seed != 6; ++seed) {
                simulated_disk disk(static_cast<std::uint32_t>(n) * 6 + seed);
                disk.put("inbox", first);
                all safe;
                for (int run = 0; run != 2; ++run) {
                    {
                        pop3::mbox inbox("inbox", disk);
                        if (run == 0 && what != fault::none)
                            disk.fail_at(n, what, seed % 2 == 0 ? EIO : ENOSPC);
                        all batch;
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
                        // Without a fault between that ends it, all that is there is what was committed.
                        if (!disk.is_dead() && run == 0)
                            CHECK(messages(*disk.octets("inbox")).size() == safe.size() + 1);
                    }
                    if (what == fault::none)
                        operations = (std::max)(operations, disk.operations());
                    if (seed % 3 != 0)
                        disk.power_cut();
                    disk.restart();
                    const auto there = messages(*disk.octets("inbox"));
                    CHECK(there[0].starts_with("\nx\n"));
                    for (const auto& octets : safe)
                        CHECK(count(there, octets) >= count(safe, octets));
                }
                // The second run has delivered each of them.
                const auto there = messages(*disk.octets("inbox"));
                for (const auto& octets : wanted)
                    CHECK(count(there, octets) >= 1);
                CHECK(safe.size() >= wanted.size());
            }
    CHECK(operations > 20);
}

TEST_CASE("an mbox: a mail reader that has it locked by fcntl is not disturbed")
{
    const test::scratch folder;
    const auto path = folder.path() + "/inbox";
    const std::string before = "From x@y Thu Jan  1 00:00:00 1970\n\nold\n\n";
    {
        std::ofstream(path) << before;
    }
    int ready[2];
    int go[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(go) == 0);
    const auto reader = ::fork();
    if (reader == 0) {
        const int f = ::open(path.c_str(), O_RDWR);
        struct ::flock whole = {};
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        char c = ::fcntl(f, F_SETLK, &whole) == 0 ? 'y' : 'n';
        if (::write(ready[1], &c, 1) != 1 || ::read(go[0], &c, 1) != 1)
            ::_exit(1);
        ::_exit(0);
    }
    char c = 0;
    REQUIRE(::read(ready[0], &c, 1) == 1);
    CHECK(c == 'y');
    const auto octets = [&] {
        std::ifstream in(path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    pop3::mbox inbox(path);
    CHECK(give(inbox, {"a", "new\r\n"}) == fetch_errc::mailbox_locked);
    CHECK(octets() == before);
    REQUIRE(::write(go[1], &c, 1) == 1);
    int status = 0;
    REQUIRE(::waitpid(reader, &status, 0) == reader);
    CHECK(status == 0);
    CHECK(!give(inbox, {"a", "new\r\n"}));
    std::error_code ec;
    CHECK(inbox.commit(ec) == outcomes{kept::yes});
    CHECK(octets().ends_with("\nnew\n\n"));
    for (const int fd : {ready[0], ready[1], go[0], go[1]})
        ::close(fd);
}

} // namespace mailbox_mbox_tests
