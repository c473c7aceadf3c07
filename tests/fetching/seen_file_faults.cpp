// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/scratch.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/seen_file.hpp>
#include <pop3/mailbox/seen_line.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace seen_file_faults_tests {
namespace {

using namespace std::string_literals;
using pop3::fetch_errc;
using pop3::seen_event;
using pop3::seen_file;
using pop3::seen_index;
using pop3::seen_record;
using pop3::seen_state;
using test::simulated_disk;
using fault = simulated_disk::fault;

const std::string header = "pop3-seen 1\n";

std::chrono::sys_seconds at(long long seconds)
{
    return std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000 + seconds));
}

seen_record about(std::string_view unique_id, std::string_view account = "alice")
{
    seen_record r;
    r.account = account;
    r.key = {unique_id, 1};
    r.time = at(0);
    r.octets = 7;
    return r;
}

std::string line(const seen_record& r)
{
    std::string text;
    pop3::detail::write_seen_line(r, text);
    return text;
}

std::error_code append(seen_file& seen, const std::vector<seen_record>& records)
{
    std::error_code ec;
    seen.append(records, ec);
    return ec;
}

using ids = std::set<std::string>;

ids known(const seen_index& index)
{
    ids all;
    for (seen_index::slot_type slot = 0; slot != index.slot_count(); ++slot)
        if (index.holds(slot))
            all.emplace(index.key(slot).unique_id);
    return all;
}

/// All that is known of an account.
using facts = std::map<std::pair<std::string, std::uint32_t>,
                       std::tuple<seen_state, long long, std::uint64_t, std::uint32_t, long long>>;

facts all_of(const seen_index& index)
{
    facts all;
    const auto seconds = [](auto time) {
        return static_cast<long long>(time.time_since_epoch().count());
    };
    for (seen_index::slot_type slot = 0; slot != index.slot_count(); ++slot)
        if (index.holds(slot)) {
            const auto& e = index[slot];
            const auto k = index.key(slot);
            all[{std::string(k.unique_id), k.ordinal}] = {e.state, seconds(e.time), e.octets, e.attempts,
                                                          seconds(e.absent_since)};
        }
    if (index.unstable_octets())
        all[{"unstable", 0}] = {};
    return all;
}

const std::vector<std::string> accounts{"alice", "bob@host:995", "\n"};

std::map<std::string, facts> all_of(seen_file& seen)
{
    std::map<std::string, facts> all;
    for (const auto& a : accounts) {
        std::error_code ec;
        auto* const index = seen.open(a, ec);
        CHECK(!ec);
        if (index != nullptr)
            all[a] = all_of(*index);
    }
    return all;
}

bool is_kept(const simulated_disk& disk, const std::string& octets)
{
    for (const auto& [name, data] : disk.files_in("."))
        if ((name == "seen" || name.starts_with("seen.damaged-")) && data == octets)
            return true;
    return false;
}

} // namespace

TEST_CASE("a file that was cut, at each length: what is whole counts")
{
    const std::vector<std::string> all{"aa", "b\nb", "cc"};
    std::string whole = header;
    std::vector<std::size_t> ends;
    for (const auto& id : all) {
        whole += line(about(id));
        ends.push_back(whole.size());
    }
    for (std::size_t n = 0; n <= whole.size(); ++n) {
        simulated_disk disk;
        disk.put("seen", whole.substr(0, n));
        ids left;
        for (std::size_t i = 0; i != all.size(); ++i)
            if (ends[i] <= n)
                left.insert(all[i]);
        for (int round = 0; round != 2; ++round) {
            seen_file seen("seen", disk);
            std::error_code ec;
            auto* const index = seen.open("alice", ec);
            REQUIRE(index != nullptr);
            CHECK(known(*index) == left);
            CHECK(!append(seen, {about("new")}));
            left.insert("new");
        }
    }
}

TEST_CASE("each bit that is changed: the other records are known, or the store says what is wrong")
{
    const std::vector<std::string> all{"aaaa", "b\nbb", "cccc"};
    std::string whole = header;
    for (const auto& id : all)
        whole += line(about(id));
    const auto length = (whole.size() - header.size()) / 3;
    for (std::size_t n = 0; n != whole.size(); ++n)
        for (int bit = 0; bit != 8; ++bit) {
            auto damaged = whole;
            damaged[n] = static_cast<char>(damaged[n] ^ (1 << bit));
            simulated_disk disk;
            disk.put("seen", damaged);
            seen_file seen("seen", disk);
            std::error_code ec;
            auto* const index = seen.open("alice", ec);
            if (n < header.size()) {
                CHECK((ec == fetch_errc::not_a_store || ec == fetch_errc::store_too_new));
                CHECK(disk.octets("seen") == damaged);
                continue;
            }
            REQUIRE(index != nullptr);
            const auto left = known(*index);
            const auto which = (n - header.size()) / length;
            const bool is_end = (n - header.size()) % length == length - 1;
            for (std::size_t i = 0; i != all.size(); ++i)
                CHECK(left.contains(all[i]) == (i != which && !(is_end && i == which + 1)));
            CHECK((!seen.salvaged().empty() || n == whole.size() - 1));
            CHECK((seen.salvaged().empty() || disk.octets(seen.salvaged()) == damaged));
        }
}

TEST_CASE("records that are longer than what is read at a time, and damage anywhere in them")
{
    std::minstd_rand random(3);
    std::string whole = header;
    std::vector<std::pair<std::string, std::size_t>> all; // with their begins
    while (whole.size() < (3u << 20)) {
        std::string id = std::to_string(all.size()) + '.';
        id.resize(random() % 3 == 0 ? 65'535 : 10 + random() % 10'000);
        for (std::size_t i = 8; i < id.size(); ++i)
            id[i] = static_cast<char>(random() >> 8);
        all.emplace_back(id, whole.size());
        whole += line(about(id));
    }
    for (int round = 0; round != 15; ++round) {
        const auto where = header.size() + random() % (whole.size() - header.size() - 1);
        auto damaged = whole;
        damaged[where] = static_cast<char>(damaged[where] ^ 4);
        if (damaged[where] == '\n' || whole[where] == '\n')
            continue;
        simulated_disk disk;
        disk.put("seen", damaged);
        seen_file seen("seen", disk);
        std::error_code ec;
        auto* const index = seen.open("alice", ec);
        REQUIRE(index != nullptr);
        CHECK(index->size() == all.size() - 1);
        CHECK(!seen.salvaged().empty());
        for (std::size_t i = 0; i != all.size(); ++i) {
            const auto end = i + 1 == all.size() ? whole.size() : all[i + 1].second;
            const bool is_hit = where >= all[i].second && where < end;
            CHECK((index->find({all[i].first}) == seen_index::no_slot) == is_hit);
        }
    }
}

TEST_CASE("it is the same after it was written anew, whenever that fails")
{
    std::minstd_rand random(5);
    std::string text = header;
    for (int i = 0; i != 400; ++i) {
        const auto id = std::to_string(random() % 60);
        auto r = about(id, accounts[random() % accounts.size()]);
        r.key.ordinal = static_cast<std::uint32_t>(1 + random() % 2);
        r.event = static_cast<seen_event>(random() % (random() % 20 == 0 ? 4 : 3));
        if (r.event == seen_event::state)
            r.state = static_cast<seen_state>(random() % 5);
        r.time = at(static_cast<long long>(random()));
        r.octets = random() % 4 == 0 ? pop3::unknown_octets : random();
        r.attempts = static_cast<std::uint32_t>(random() % 4);
        text += line(r);
    }
    simulated_disk first;
    first.put("seen", text);
    seen_file before("seen", first);
    const auto expected = all_of(before);
    CHECK(expected.at("alice").size() > 20);

    std::size_t operations = 1;
    for (std::size_t n = 0; n != operations; ++n)
        for (const auto what : {fault::none, fault::error, fault::interrupted, fault::short_write,
                                fault::kill, fault::power_cut}) {
            simulated_disk disk(static_cast<std::uint32_t>(n));
            disk.put("seen", text);
            {
                seen_file seen("seen", disk);
                CHECK(all_of(seen) == expected);
                const auto start = disk.operations();
                if (what != fault::none)
                    disk.fail_at(n, what, ENOSPC);
                std::error_code ec;
                seen.compact(ec);
                if (what == fault::none)
                    operations = disk.operations() - start;
                if (what == fault::interrupted || what == fault::short_write)
                    CHECK(!ec);
                if (!disk.is_dead() && !append(seen, {about("new")}))
                    CHECK(!append(seen, {about("other")}));
            }
            if (disk.is_dead())
                disk.restart();
            disk.power_cut();
            disk.restart();
            seen_file seen("seen", disk);
            auto now = all_of(seen);
            CHECK(now["alice"].contains({"new", 1}) == now["alice"].contains({"other", 1}));
            now["alice"].erase({"new", 1});
            now["alice"].erase({"other", 1});
            CHECK(now == expected);
        }
    CHECK(operations > 4);
}

TEST_CASE("a damaged file, and a fault at each operation: nothing is lost, and the file is kept as it was")
{
    const auto damaged = header + line(about("a")) + "rubbish\n" + line(about("b")) + "delivered 2026";
    std::size_t operations = 1;
    std::size_t opened = 0;
    for (std::size_t n = 0; n != operations; ++n)
        for (const auto what : {fault::none, fault::error, fault::interrupted, fault::short_write,
                                fault::kill, fault::power_cut}) {
            simulated_disk disk(static_cast<std::uint32_t>(n));
            disk.put("seen", damaged);
            {
                if (what != fault::none)
                    disk.fail_at(n, what, EPERM);
                seen_file seen("seen", disk);
                std::error_code ec;
                auto* const index = seen.open("alice", ec);
                if (what == fault::none)
                    operations = disk.operations();
                if (what == fault::interrupted || what == fault::short_write)
                    CHECK(!ec);
                if (index != nullptr) {
                    CHECK(known(*index) == ids{"a", "b"});
                    CHECK(disk.octets(seen.salvaged()) == damaged);
                    opened += what == fault::error;
                }
            }
            CHECK((disk.is_dead() || is_kept(disk, damaged)));
            disk.power_cut();
            disk.restart();
            CHECK(is_kept(disk, damaged));
            seen_file seen("seen", disk);
            std::error_code ec;
            auto* const index = seen.open("alice", ec);
            REQUIRE(index != nullptr);
            CHECK(known(*index) == ids{"a", "b"});
            CHECK(is_kept(disk, damaged));
        }
    CHECK(opened == 2); // there is nothing to remove; or there are no links, and it is copied
}

TEST_CASE("no room to write a damaged file anew: it stays, and nothing is left beside it")
{
    const auto damaged = header + line(about("a")) + "rubbish\n" + line(about("b"));
    simulated_disk disk;
    disk.put("seen", damaged);
    for (std::size_t n = 4; n != 8; ++n) { // behind the lock, the reading, and what is left of another run
        disk.fail_at(n, fault::error, ENOSPC);
        seen_file seen("seen", disk);
        std::error_code ec;
        seen.open("alice", ec);
        if (!ec)
            break;
        CHECK(ec == std::errc::no_space_on_device);
        CHECK(disk.octets("seen") == damaged);
        CHECK(disk.files_in(".").size() == 2);
    }
}

TEST_CASE("a store that could be shorter is opened as it is if there is no room")
{
    std::string text = header;
    for (int i = 0; i != 12'000; ++i)
        text += line(about(std::to_string(i % 10)));
    std::size_t operations = 1;
    bool was_long = false;
    for (std::size_t n = 0; n != operations; ++n) {
        simulated_disk disk;
        disk.put("seen", text);
        seen_file probe("seen", disk);
        std::error_code ec;
        if (n == 0) {
            probe.open("alice", ec);
            operations = disk.operations();
            CHECK(disk.octets("seen")->size() < 2'000);
            continue;
        }
        disk.fail_at(n, fault::error, ENOSPC);
        auto* const index = probe.open("alice", ec);
        if (index == nullptr)
            continue;
        CHECK(index->size() == 10);
        if (disk.octets("seen") == text) {
            was_long = true;
            CHECK(!disk.octets("seen.new"));
            CHECK(!append(probe, {about("new")}));
            CHECK(index->size() == 11);
        }
    }
    CHECK(was_long);
}

TEST_CASE("what could not be read back is not written")
{
    simulated_disk disk;
    seen_file seen("seen", disk);
    std::error_code ec;
    CHECK(seen.open("", ec) == nullptr);
    CHECK(ec == std::errc::invalid_argument);
    CHECK(seen.open(std::string(65'536, 'x'), ec) == nullptr);
    CHECK(ec == std::errc::invalid_argument);
    auto* const index = seen.open("alice", ec);
    REQUIRE(index != nullptr);
    std::vector<seen_record> bad(5, about("x"));
    bad[0].key.unique_id = "";
    bad[1].time = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1);
    bad[2].time = std::chrono::sys_days(std::chrono::year(-1) / 12 / 31);
    bad[3].state = static_cast<seen_state>(9);
    bad[4].event = static_cast<seen_event>(9);
    for (const auto& r : bad)
        CHECK(append(seen, {about("y"), r}) == std::errc::invalid_argument);
    CHECK(disk.octets("seen") == header);
    auto r = about("first");
    r.time = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
    CHECK(!append(seen, {r}));
    r = about("last");
    r.time = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1) - std::chrono::seconds(1);
    CHECK(!append(seen, {r}));
    const auto expected = all_of(*index);
    disk.power_cut();
    disk.restart();
    seen_file again("seen", disk);
    CHECK(all_of(*again.open("alice", ec)) == expected);
}

TEST_CASE("two processes, on a real disk")
{
    const test::scratch folder;
    const auto path = folder.path("seen");
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const auto child = ::fork();
    if (child == 0) {
        seen_file seen(path);
        std::error_code ec;
        seen.open("alice", ec);
        seen.append(std::vector<seen_record>{about("a"), about("b\n\0"s)}, ec);
        const char said = ec ? 'n' : 'y';
        if (::write(ready[1], &said, 1) == 1)
            ::pause();
        ::_exit(0);
    }
    char said = 0;
    CHECK(::read(ready[0], &said, 1) == 1);
    CHECK(said == 'y');
    seen_file seen(path);
    std::error_code ec;
    CHECK(seen.open("alice", ec) == nullptr);
    CHECK(ec == fetch_errc::store_locked);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto* const index = seen.open("alice", ec);
    REQUIRE(index != nullptr);
    CHECK(known(*index) == ids{"a", "b\n\0"s});
    for (const int end : ready)
        ::close(end);
}

TEST_CASE("a real disk: damage, and what is no file")
{
    const test::scratch folder;
    const auto path = folder.file("seen", header + line(about("a")) + "rubbish\n" + line(about("b")));
    std::error_code ec;
    {
        seen_file seen(path);
        auto* const index = seen.open("alice", ec);
        REQUIRE(index != nullptr);
        CHECK(known(*index) == ids{"a", "b"});
        CHECK(std::filesystem::file_size(seen.salvaged()) >
              std::filesystem::file_size(path)); // as it was, and anew
        CHECK(!append(seen, {about("c")}));
        seen.compact(ec);
        CHECK(!ec);
        CHECK(!append(seen, {about("d")}));
    }
    seen_file seen(path);
    CHECK(known(*seen.open("alice", ec)) == ids{"a", "b", "c", "d"});
    CHECK(seen.salvaged().empty());
    seen_file directory(folder.path());
    CHECK(directory.open("alice", ec) == nullptr);
    CHECK(ec == std::errc::is_a_directory);
}

} // namespace seen_file_faults_tests
