// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/deliver.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox/message_files.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <vector>

namespace mailbox_message_files_tests {
namespace {

using namespace std::string_literals;
using pop3::kept;
using test::give;
using test::octets_in;
using test::simulated_disk;
using fault = simulated_disk::fault;
using outcomes = std::vector<kept>;

static_assert(pop3::mail_delivery<pop3::message_files>);

std::vector<kept> commit(pop3::message_files& to)
{
    std::error_code ec;
    auto got = to.commit(ec);
    CHECK(!ec);
    return got;
}

/// What the file of a message is called.
std::string name_of(const test::mail& m)
{
    simulated_disk disk;
    pop3::message_files inbox("inbox", disk);
    CHECK(!give(inbox, m));
    CHECK(commit(inbox) == outcomes{kept::yes});
    const auto files = disk.files_in("inbox");
    REQUIRE(files.size() == 1);
    CHECK(files.begin()->second == m.octets);
    return files.begin()->first.substr(6);
}

} // namespace

TEST_CASE("files of messages: their names")
{
    CHECK(name_of({"a_0z", "x"}) == "a_0z.eml");
    CHECK(name_of({"aB.c-d", "x"}) == "a%42%2ec%2dd.eml");
    CHECK(name_of({"../x", "x"}) == "%2e%2e%2fx.eml");
    CHECK(name_of({"\x80\0"s, "x"}) == "%80%00.eml");
    CHECK(name_of({" ", "x"}) == "%20.eml");
    CHECK(name_of({"a", "x", 12}) == "a-copy12.eml");
    CHECK(name_of({"a", "x", 1, true}) == "a-headers.eml");
    CHECK(name_of({"a", "x", 2, true}) == "a-copy2-headers.eml");
    CHECK(name_of({std::string(200, 'u'), "x"}) == std::string(200, 'u') + ".eml");
    // Hashes: of what is too long, encoded or not, and of what has no unique-id.
    for (const auto& id : {std::string(201, 'u'), std::string(67, 'U'), std::string(10'000, '/'), ""s}) {
        const auto name = name_of({id, "x"});
        CHECK(name.size() == 5 + 64 + 4);
        CHECK(name.starts_with("hash-"));
        CHECK((name == name_of({id, "other"})) == !id.empty());
    }
}

TEST_CASE("files of messages: no two messages have one name, and none is a path")
{
    std::minstd_rand random(1);
    std::map<std::string, std::tuple<std::string, std::uint32_t, bool>> names;
    std::set<std::tuple<std::string, std::uint32_t, bool>> messages;
    const std::string octets = "aA-.2/%~c\0\xff_ophy"s;
    for (int i = 0; i != 800; ++i) {
        std::string id;
        for (auto n = 1 + random() % 6; n != 0; --n)
            id += octets[random() % octets.size()];
        if (i % 50 == 0)
            id = std::string(60 + random() % 300, id[0]);
        messages.emplace(id, 1 + random() % 3, random() % 4 == 0);
    }
    for (const auto& id : test::hostile_unique_ids())
        messages.emplace(id, 1, false);
    simulated_disk disk;
    pop3::message_files inbox("inbox", disk);
    for (std::size_t count = 0; const auto& [id, ordinal, headers] : messages) {
        CHECK(!give(inbox, {id, "of " + id, ordinal, headers}));
        CHECK(commit(inbox) == outcomes{kept::yes});
        if (++count % 100 == 0)
            CHECK(disk.files_in("inbox").size() == count);
    }
    const auto files = disk.files_in("inbox");
    CHECK(files.size() == messages.size());
    std::set<std::string> without_case;
    for (const auto& [path, of] : files) {
        const auto name = path.substr(6);
        CHECK(name.size() <= 220);
        CHECK(name.find_first_of("/. \\:"s) == name.size() - 4); // that of ".eml"
        CHECK(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
        CHECK(name[0] != '-');
    }
}

TEST_CASE("files of messages: the same octets are not delivered twice, others get a name of their own")
{
    simulated_disk disk;
    pop3::message_files inbox("inbox/", disk);
    give(inbox, {"a", "one\r\n"});
    give(inbox, {"a", "one\r\n"});
    give(inbox, {"a", "two\r\n"});
    CHECK(commit(inbox) == outcomes{kept::yes, kept::already, kept::yes});
    pop3::message_files next("inbox", disk);
    give(next, {"a", "two\r\n"});
    give(next, {"a", "six\r\n"});
    give(next, {"a", "one\r\n"});
    CHECK(commit(next) == outcomes{kept::already, kept::yes, kept::already});
    CHECK(disk.octets("inbox/a.eml") == "one\r\n");
    CHECK(disk.octets("inbox/a-2.eml") == "two\r\n");
    CHECK(disk.octets("inbox/a-3.eml") == "six\r\n");
    CHECK(disk.files_in("inbox").size() == 3);
    CHECK(disk.files_in("inbox/.part").empty());
}

TEST_CASE("files of messages: large ones are compared to their end")
{
    for (const std::size_t size : {65'535u, 65'536u, 65'537u, 200'000u}) {
        simulated_disk disk;
        pop3::message_files inbox("inbox", disk);
        const std::string octets(size, 'x');
        auto other = octets;
        other.back() = 'y';
        give(inbox, {"a", octets}, 1000);
        give(inbox, {"a", other}, 70'000);
        give(inbox, {"a", octets}, 3000);
        give(inbox, {"a", octets + 'x'});
        CHECK(commit(inbox) == outcomes{kept::yes, kept::yes, kept::already, kept::yes});
        CHECK(disk.octets("inbox/a.eml") == octets);
        CHECK(disk.octets("inbox/a-2.eml") == other);
    }
}

TEST_CASE("files of messages: what is committed is there whatever happens, whole, and once")
{
    const std::vector<std::string> wanted{"four", "one", "three", "two"};
    std::size_t operations = 0;
    for (std::size_t n = 0; n <= operations; ++n)
        for (const auto what : test::every_fault)
            for (std::uint32_t seed = 0; seed != 4; ++seed) {
                simulated_disk disk(static_cast<std::uint32_t>(n) * 4 + seed);
                std::vector<std::string> safe;
                for (int run = 0; run != 2; ++run) {
                    pop3::message_files inbox("inbox", disk);
                    if (run == 0 && what != fault::none)
                        disk.fail_at(n, what, seed % 2 == 0 ? EIO : ENOSPC);
                    for (const auto& octets : wanted) {
                        const auto failed = give(inbox, {octets, octets}, 3);
                        std::error_code ec;
                        const auto got = inbox.commit(ec);
                        if (!failed && !ec)
                            safe.push_back(octets);
                        CHECK(got.size() == (failed || ec ? 0 : 1));
                    }
                    if (what == fault::none)
                        operations = (std::max)(operations, disk.operations());
                    if (seed % 3 != 0)
                        disk.power_cut();
                    disk.restart();
                    const auto there = octets_in(disk, "inbox");
                    for (const auto& octets : safe)
                        CHECK(std::count(there.begin(), there.end(), octets) == 1);
                    CHECK(std::includes(wanted.begin(), wanted.end(), there.begin(), there.end()));
                }
                CHECK(octets_in(disk, "inbox") == wanted);
            }
    CHECK(operations > 20);
}

} // namespace mailbox_message_files_tests
