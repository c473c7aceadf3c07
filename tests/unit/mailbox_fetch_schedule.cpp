// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Which of many fetches begins when.

#include <pop3/mailbox/fetch_all_options.hpp>
#include <pop3/mailbox/fetch_schedule.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mailbox_fetch_schedule_tests {
namespace {

using pop3::detail::fetch_schedule;
using std::chrono::milliseconds;
using std::chrono::seconds;
using id = fetch_schedule::id;

struct fixture {
    fixture()
    {
        options.accounts = 3;
        options.per_host = 2;
        options.put_aside = 2;
        options.patience = seconds(2);
        options.host_failures = 2;
    }

    /// Those that begin now.
    std::vector<id> begin()
    {
        std::vector<id> begun;
        while (const auto next = s().next(now))
            (next->give_up ? given_up : begun).push_back(next->which);
        return begun;
    }

    fetch_schedule& s()
    {
        if (!schedule)
            schedule.emplace(options);
        return *schedule;
    }

    void add(id which, const std::string& account, const std::string& host)
    {
        s().add(which, account, host);
    }

    pop3::fetch_all_options options;
    std::optional<fetch_schedule> schedule;
    fetch_schedule::time_point now{seconds(1000)};
    std::vector<id> given_up;
};

using ids = std::vector<id>;

} // namespace

TEST_CASE("so many at a time, in order")
{
    fixture f;
    for (id i = 0; i != 5; ++i)
        f.add(i, "a" + std::to_string(i), "h" + std::to_string(i));
    CHECK(f.begin() == ids{0, 1, 2});
    CHECK(f.begin().empty());
    f.s().speaks(1);
    f.s().ended(1, true);
    CHECK(f.begin() == ids{3});
    f.s().ended(0, true);
    f.s().ended(2, true);
    CHECK(f.begin() == ids{4});
    CHECK(!f.s().empty());
    f.s().ended(3, true);
    f.s().ended(4, true);
    CHECK(f.s().empty());
}

TEST_CASE("so many on a host: others overtake")
{
    fixture f;
    for (id i = 0; i != 4; ++i)
        f.add(i, "a" + std::to_string(i), "h");
    f.add(4, "b", "other");
    CHECK(f.begin() == ids{0, 1, 4});
    f.s().ended(4, true);
    CHECK(f.begin().empty());
    f.s().ended(0, true);
    CHECK(f.begin() == ids{2});
}

TEST_CASE("never two on one account")
{
    fixture f;
    f.add(0, "a", "h");
    f.add(1, "a", "h");
    f.add(2, "a", "another way in");
    CHECK(f.begin() == ids{0});
    f.s().ended(0, true);
    CHECK(f.begin() == ids{1});
    f.s().ended(1, true);
    CHECK(f.begin() == ids{2});
}

TEST_CASE("one that waits for its server makes room, but not for ever more")
{
    fixture f;
    for (id i = 0; i != 9; ++i)
        f.add(i, "a" + std::to_string(i), "h" + std::to_string(i));
    CHECK(f.begin() == ids{0, 1, 2});
    f.s().speaks(0);
    f.now += milliseconds(1999);
    CHECK(f.begin().empty());
    f.now += milliseconds(1); // 1 and 2 are silent
    CHECK(f.begin() == ids{3, 4});
    f.now += seconds(2); // so are 3 and 4, but no more may be put aside
    CHECK(f.begin().empty());
    f.s().ended(1, false);
    CHECK(f.begin() == ids{5});
    f.s().ended(2, false);
    f.s().ended(3, false);
    f.s().speaks(4);
    CHECK(f.begin().empty()); // 0, 4 and 5
    f.s().waits(0, f.now);    // will try again
    CHECK(f.begin().empty());
    f.now += seconds(2);
    CHECK(f.begin() == ids{6, 7});
}

TEST_CASE("a host that is not reached is given up, and its others with it")
{
    fixture f;
    for (id i = 0; i != 8; ++i)
        f.add(i, "a" + std::to_string(i), "down");
    f.add(8, "b", "up");
    CHECK(f.begin() == ids{0, 1, 8});
    f.s().ended(0, false);
    CHECK(f.begin() == ids{2});
    f.s().speaks(2); // it is there after all
    f.s().ended(1, false);
    CHECK(f.begin() == ids{3});
    f.s().ended(2, true);
    CHECK(f.begin() == ids{4});
    f.s().ended(3, false);
    CHECK(f.begin() == ids{5});
    CHECK(f.given_up.empty());
    f.s().ended(4, false);
    CHECK(f.begin().empty());
    CHECK(f.given_up == ids{6, 7});
    f.s().ended(5, false);
    f.s().ended(8, true);
    CHECK(f.s().empty());
}

TEST_CASE("without a number of failures no host is given up")
{
    fixture f;
    f.options.host_failures = 0;
    for (id i = 0; i != 50; ++i)
        f.add(i, "a" + std::to_string(i), "down");
    std::size_t begun = 0;
    for (auto now = f.begin(); !now.empty(); now = f.begin())
        for (const auto which : now) {
            ++begun;
            f.s().ended(which, false);
        }
    CHECK(begun == 50);
    CHECK(f.given_up.empty());
}

TEST_CASE("it looks ahead, but not without end")
{
    fixture f;
    id count = 0;
    while (f.s().wants_more()) {
        f.add(count, "a" + std::to_string(count), "h");
        ++count;
    }
    CHECK(count >= 100);
    CHECK(count <= 10'000);
    CHECK(f.s().drop_waiting().size() == count);
    CHECK(f.s().empty());
}

TEST_CASE("whatever happens: all begin once, and no limit is broken")
{
    for (unsigned seed = 0; seed != 200; ++seed) {
        std::mt19937 random(seed);
        fixture f;
        f.options.accounts = 1 + random() % 5;
        f.options.per_host = 1 + random() % 3;
        f.options.put_aside = random() % 4;
        f.options.host_failures = static_cast<unsigned>(random() % 3);
        const id total = 60;
        std::map<id, std::pair<std::string, std::string>> of;
        for (id i = 0; i != total; ++i) {
            of[i] = {"a" + std::to_string(random() % 40), "h" + std::to_string(random() % 6)};
            f.add(i, of[i].first, of[i].second);
        }
        std::set<id> running;
        std::set<id> speaking;
        std::set<id> begun;
        for (int step = 0; step != 5000 && !f.s().empty(); ++step) {
            for (const auto which : f.begin()) {
                CHECK(begun.insert(which).second);
                running.insert(which);
            }
            CHECK(running.size() <= f.options.accounts + f.options.put_aside);
            std::map<std::string, std::size_t> hosts;
            std::set<std::string> accounts;
            for (const auto which : running) {
                CHECK(++hosts[of[which].second] <= f.options.per_host);
                CHECK(accounts.insert(of[which].first).second);
            }
            f.now += milliseconds(random() % 1500);
            if (running.empty())
                continue;
            auto at = running.begin();
            std::advance(at, random() % running.size());
            const auto which = *at;
            switch (random() % 3) {
            case 0:
                f.s().speaks(which);
                speaking.insert(which);
                break;
            case 1:
                f.s().waits(which, f.now);
                break;
            default:
                f.s().ended(which, speaking.contains(which));
                running.erase(at);
            }
        }
        CHECK(f.s().empty());
        CHECK(begun.size() + f.given_up.size() == total);
    }
}

} // namespace mailbox_fetch_schedule_tests
