// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/ring.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace {

using pop3::command::ring;

/// Can be moved only, and not even assigned; counts those alive.
class item {
public:
    item(int value, int& alive) : value_(std::make_unique<int>(value)), alive_(&alive)
    {
        ++*alive_;
    }

    item(item&& other) noexcept : value_(std::move(other.value_)), alive_(other.alive_)
    {
        ++*alive_;
    }

    item& operator=(item&&) = delete;

    ~item()
    {
        --*alive_;
    }

    int value() const
    {
        return *value_;
    }

private:
    std::unique_ptr<int> value_;
    int* alive_;
};

} // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a queue")
{
    ring<std::string> r;
    CHECK(r.empty());
    r.emplace_back("a");
    r.emplace_back("b");
    CHECK(!r.empty());
    CHECK(r.front() == "a");
    r.front() += "!";
    CHECK(r.front() == "a!");
    r.pop_front();
    CHECK(r.front() == "b");
    r.pop_front();
    CHECK(r.empty());
    r.emplace_back("c");
    CHECK(r.front() == "c");
}

TEST_CASE("in order, wherever in the memory it begins and however it grows")
{
    // The phase in which it first holds more than before is another one for each `lead`.
    for (std::size_t lead = 0; lead != 40; ++lead) {
        CAPTURE(lead);
        int alive = 0;
        {
            ring<item> r;
            std::deque<int> expected;
            int next = 0;
            const auto push = [&] {
                expected.emplace_back(next);
                r.emplace_back(item(next++, alive));
            };
            const auto pop = [&] {
                CHECK(r.front().value() == expected.front());
                expected.pop_front();
                r.pop_front();
            };
            for (std::size_t i = 0; i != lead; ++i) {
                push();
                pop();
            }
            for (const std::size_t most : {15u, 16u, 17u, 100u, 3u}) {
                while (expected.size() < most)
                    push();
                for (int i = 0; i != 50; ++i) {
                    pop();
                    push();
                }
                while (expected.size() > most / 2)
                    pop();
                CHECK(alive == static_cast<int>(expected.size()));
            }
            push();
            CHECK(!r.empty());
        }
        CHECK(alive == 0);
    }
}

TEST_CASE("what was taken out is gone at once")
{
    const auto value = std::make_shared<int>(1);
    ring<std::shared_ptr<int>> r;
    r.emplace_back(value);
    CHECK(value.use_count() == 2);
    r.pop_front();
    CHECK(value.use_count() == 1);
}

TEST_SUITE_END();
