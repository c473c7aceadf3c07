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
    f.s().speaks(1, f.now);
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
    f.now += milliseconds(1999);
    CHECK(f.begin().empty());
    f.s().speaks(0, f.now);   // so long it may take
    f.now += milliseconds(1); // 1 and 2 are silent
    CHECK(f.begin() == ids{3, 4});
    f.now += seconds(2); // so are 3 and 4, but no more may be put aside
    CHECK(f.begin().empty());
    f.s().ended(1, false);
    CHECK(f.begin() == ids{5});
    f.s().ended(2, false);
    f.s().ended(3, false);
    f.s().speaks(4, f.now);
    CHECK(f.begin().empty()); // 0, 4 and 5
    f.s().waits(0, f.now);    // will try again
    CHECK(f.begin().empty());
    f.now += seconds(2);
    CHECK(f.begin() == ids{6, 7});
}

TEST_CASE("whoever waits for clearly longer than others that came to speak is put aside")
{
    fixture f;
    f.options.accounts = 10;
    f.options.put_aside = 100;
    for (id i = 0; i != 200; ++i)
        f.add(i, "a" + std::to_string(i), "h" + std::to_string(i));
    CHECK(f.s().patience() == seconds(2));
    // Each tenth is silent, and the others speak after 90 to 110 ms.
    for (int round = 0; round != 6; ++round) {
        const auto begun = f.begin();
        f.now += milliseconds(90 + round % 3 * 10);
        for (const auto which : begun) {
            if (which % 10 == 0)
                continue;
            f.s().speaks(which, f.now);
            f.s().ended(which, true);
        }
    }
    CHECK(f.s().patience() >= milliseconds(100));
    CHECK(f.s().patience() <= milliseconds(200));
    f.begin();
    const auto silent = f.s().running();
    f.now += milliseconds(200);
    CHECK(f.begin().size() == 10);
    CHECK(f.s().running() == silent + 10);
}

TEST_CASE("what a second try took says nothing of the others, nor does a time without end")
{
    fixture f;
    for (id i = 0; i != 3; ++i)
        f.add(i, "a" + std::to_string(i), "h" + std::to_string(i));
    CHECK(f.begin() == ids{0, 1, 2});
    f.now += milliseconds(10);
    f.s().speaks(0, f.now);
    CHECK(f.s().patience() == milliseconds(50)); // no less
    f.s().waits(1, f.now);
    f.now += seconds(1);
    f.s().speaks(1, f.now);
    f.s().waits(0, f.now);
    f.now += seconds(1);
    f.s().speaks(0, f.now);
    CHECK(f.s().patience() == milliseconds(50));
    f.now += std::chrono::hours(10);
    f.s().speaks(2, f.now);
    CHECK(f.s().patience() == seconds(2));
}

TEST_CASE(
    "when too many are aside, the one that has waited longest is put back, and begins when no other can")
{
    fixture f;
    for (id i = 0; i != 9; ++i)
        f.add(i, "a" + std::to_string(i), "h" + std::to_string(i));
    CHECK(f.begin() == ids{0, 1, 2});
    f.now += milliseconds(1990);
    f.s().speaks(0, f.now); // and will try again: it has done something, and is not put back
    f.s().waits(0, f.now);
    f.now += milliseconds(10);
    CHECK(f.begin() == ids{3, 4});
    CHECK(!f.s().put_back(f.now)); // 3 and 4 may speak soon
    f.now += seconds(2);
    CHECK(f.begin().empty());
    const auto first = f.s().put_back(f.now);
    REQUIRE(first);
    CHECK((*first == 1 || *first == 2));
    CHECK(!f.s().put_back(f.now)); // until that has ended
    CHECK(!f.s().was_put_back(3));
    CHECK(f.s().was_put_back(*first));
    CHECK(f.begin() == ids{5});
    f.now += seconds(2);
    const auto second = f.s().put_back(f.now);
    REQUIRE(second);
    CHECK(*first + *second == 3);
    CHECK(f.s().was_put_back(*second));
    CHECK(f.begin() == ids{6});
    for (const id i : ids{0, 3, 4, 5, 6})
        f.s().ended(i, i == 0);
    CHECK(f.begin() == ids{7, 8, *first});
    f.now += seconds(2);
    CHECK(f.begin() == ids{*second});
    CHECK(!f.s().put_back(f.now)); // nobody wants the place
    for (const id i : ids{7, 8, 1, 2})
        f.s().ended(i, false);
    CHECK(f.s().empty());
}

TEST_CASE("one is put back once, and those that were put back can be dropped")
{
    fixture f;
    f.options.accounts = 1;
    f.options.put_aside = 0;
    f.add(0, "a", "h");
    CHECK(f.begin() == ids{0});
    f.add(1, "b", "g");
    f.now += seconds(2);
    CHECK(f.s().put_back(f.now) == id(0));
    CHECK(f.s().was_put_back(0));
    CHECK(f.begin() == ids{1});
    f.s().ended(1, true);
    CHECK(f.begin() == ids{0});
    f.add(2, "c", "i");
    f.now += std::chrono::hours(1);
    CHECK(!f.s().put_back(f.now));
    f.s().ended(0, false);
    CHECK(f.begin() == ids{2});
    f.add(3, "d", "j");
    f.now += seconds(2);
    CHECK(f.s().put_back(f.now) == id(2));
    CHECK(f.s().was_put_back(2));
    CHECK(f.s().drop_waiting() == ids{3, 2});
    CHECK(f.s().empty());
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
    f.s().speaks(2, f.now); // it is there after all
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
        std::set<id> put_back;
        for (int step = 0; step != 5000 && !f.s().empty(); ++step) {
            for (const auto which : f.begin()) {
                CHECK(begun.insert(which).second);
                running.insert(which);
            }
            if (const auto which = f.s().put_back(f.now)) {
                CHECK(put_back.insert(*which).second);
                CHECK(!speaking.contains(*which));
                CHECK(f.s().was_put_back(*which));
                begun.erase(*which);
                running.erase(*which);
                continue;
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
                f.s().speaks(which, f.now);
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
