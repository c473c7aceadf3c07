// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/dele.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/range_pipeline.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>

#include "ahead.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <forward_list>
#include <initializer_list>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <ostream>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;
using pop3::errc;
using pop3::flow;
using lines = std::vector<std::string>;

std::string answer(const std::string& line)
{
    if (line == "CAPA")
        return "+OK\r\nPIPELINING\r\n.\r\n";
    if (line.starts_with("RETR"))
        return "+OK\r\nmessage " + line.substr(5) + "\r\n.\r\n";
    if (line == "DELE 4")
        return "-ERR no such message\r\n";
    return "+OK\r\n";
}

template <class Range, class OnReply>
auto make(std::optional<bool> announced, Range range, OnReply on_reply)
{
    return command::range_pipeline<Range, OnReply>(announced, std::move(range), std::move(on_reply));
}

std::vector<command::dele> deles(int n)
{
    std::vector<command::dele> all;
    for (int i = 1; i <= n; ++i)
        all.emplace_back(i);
    return all;
}

/// A range of another kind than Asio's or the standard's: the numbers from 1, without an end, each only once.
class numbers_once {
public:
    class iterator {
    public:
        using value_type = command::dele;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        explicit iterator(int* at) : at_(at)
        {
        }
        iterator(iterator&&) = default;
        iterator& operator=(iterator&&) = default;

        command::dele operator*() const
        {
            return command::dele(*at_);
        }

        iterator& operator++()
        {
            ++*at_;
            return *this;
        }

        void operator++(int)
        {
            ++*at_;
        }

    private:
        int* at_ = nullptr;
    };

    explicit numbers_once(int end) : end_(end)
    {
    }
    numbers_once(numbers_once&&) = default;
    numbers_once& operator=(numbers_once&&) = default;

    // It points into the range: that may not move any more.
    iterator begin()
    {
        return iterator(&at_);
    }

    struct sentinel {
        const int* at;
        int end;

        friend bool operator==(const iterator&, const sentinel& s)
        {
            return *s.at == s.end;
        }
    };

    sentinel end()
    {
        return {&at_, end_};
    }

private:
    int at_ = 1;
    int end_;
};

/// Is nothing any more when it was moved from.
class say {
public:
    static constexpr std::string_view verb = "XSAY";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    explicit say(std::string text) : text_(std::move(text))
    {
    }

    void write(command::command_line& line) const
    {
        line.verb(verb).argument(text_);
    }

private:
    std::string text_;
};

static_assert(pop3::range_of_commands<numbers_once> && !std::ranges::forward_range<numbers_once>);
static_assert(pop3::range_of_commands<std::vector<command::dele>>);
static_assert(pop3::range_of_commands<const std::vector<command::dele>&>);
static_assert(!pop3::range_of_commands<std::vector<int>> && !pop3::range_of_commands<int>);
static_assert(!pop3::range_of_commands<command::dele>);
static_assert(!pop3::range_of_commands<std::initializer_list<command::dele>>);
static_assert(!pop3::range_of_commands<const std::initializer_list<command::dele>&>);

} // namespace

TEST_SUITE_BEGIN("range_pipeline");

TEST_CASE("each command is answered, in order, in whatever pieces the replies come")
{
    for (const std::size_t piece : {100000u, 1u, 3u, 64u}) {
        std::vector<std::pair<std::size_t, bool>> replies;
        auto pipeline = make(true, deles(5), [&](std::size_t i, pop3::reply<void> r) {
            CHECK(r.answered());
            replies.emplace_back(i, r.has_value());
        });
        const auto talk = test::talk_ahead(pipeline, answer, piece);
        CHECK(talk.ok());
        CHECK(talk.lines == lines{"DELE 1", "DELE 2", "DELE 3", "DELE 4", "DELE 5"});
        CHECK(talk.bursts == std::vector<std::size_t>{5});
        using expected = std::vector<std::pair<std::size_t, bool>>;
        CHECK((replies == expected{{0, true}, {1, true}, {2, true}, {3, false}, {4, true}}));
        CHECK(pipeline.take() == 5);
    }
}

TEST_CASE("the window is kept, also when it is filled again")
{
    for (const std::size_t most : {1u, 2u, 3u, 7u, 16u, 100u, 256u}) {
        CAPTURE(most);
        pop3::limits bounds;
        bounds.pipeline_commands = most;
        auto pipeline = make(true, deles(1000), [](std::size_t, pop3::reply<void>) {});
        const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
        CHECK(talk.ok());
        CHECK(talk.lines.size() == 1000);
        CHECK(talk.most_commands == most);
        CHECK(pipeline.take() == 1000);
    }
    for (const std::size_t octets : {1u, 10u, 100u, 1000u}) {
        CAPTURE(octets);
        pop3::limits bounds;
        bounds.pipeline_octets = octets;
        auto pipeline = make(true, deles(1000), [](std::size_t, pop3::reply<void>) {});
        const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
        CHECK(talk.ok());
        CHECK(talk.lines.size() == 1000);
        CHECK(talk.most_octets >= octets);
        CHECK(talk.most_octets < octets + std::string("DELE 1000\r\n").size());
    }
    // By default.
    const pop3::limits usual;
    auto pipeline = make(true, deles(5000), [](std::size_t, pop3::reply<void>) {});
    const auto talk = test::talk_ahead(pipeline, answer);
    CHECK(talk.most_commands > 100);
    CHECK(talk.most_commands <= usual.pipeline_commands);
    CHECK(talk.most_octets < usual.pipeline_octets + std::string("DELE 1000\r\n").size());
    CHECK(talk.bursts.size() < 50);
}

TEST_CASE("CAPA is asked if it is not known, and there is more than one command")
{
    auto asks = make(std::nullopt, deles(2), [](std::size_t, pop3::reply<void>) {});
    auto talk = test::talk_ahead(asks, answer);
    CHECK(talk.ok());
    CHECK(talk.lines == lines{"CAPA", "DELE 1", "DELE 2"});
    CHECK(talk.bursts == std::vector<std::size_t>{1, 2});
    REQUIRE(asks.known());
    CHECK(asks.known()->pipelining);

    auto one = make(std::nullopt, deles(1), [](std::size_t, pop3::reply<void>) {});
    CHECK(test::talk_ahead(one, answer).lines == lines{"DELE 1"});

    auto refused = make(std::nullopt, deles(9), [](std::size_t, pop3::reply<void>) {});
    talk = test::talk_ahead(refused, [](const std::string& line) {
        return line == "CAPA" ? std::string("-ERR\r\n") : answer(line);
    });
    CHECK(talk.ok());
    CHECK(talk.most_commands == 1);
    CHECK(refused.take() == 9);

    auto none = make(std::nullopt, numbers_once(1), [](std::size_t, pop3::reply<void>) {});
    talk = test::talk_ahead(none, answer);
    CHECK(talk.ok());
    CHECK(talk.lines.empty());
}

TEST_CASE("no commands at all")
{
    for (const auto announced : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
        auto pipeline = make(announced, deles(0), [](std::size_t, pop3::reply<void>) { FAIL("of what?"); });
        const auto talk = test::talk_ahead(pipeline, answer);
        CHECK(talk.ok());
        CHECK(talk.lines.empty());
        CHECK(pipeline.take() == 0);
    }
}

TEST_CASE("ranges of every kind")
{
    const auto count = [](auto range) {
        std::size_t answered = 0;
        auto pipeline = make(true, std::move(range), [&](std::size_t i, pop3::reply<void>) {
            CHECK(i == answered);
            ++answered;
        });
        // Where it is does not matter.
        auto elsewhere = std::make_unique<decltype(pipeline)>(std::move(pipeline));
        const auto talk = test::talk_ahead(*elsewhere, answer);
        CHECK(talk.ok());
        CHECK(elsewhere->take() == answered);
        CHECK(talk.lines.size() == answered);
        if (!talk.lines.empty())
            CHECK(talk.lines.back() == "DELE " + std::to_string(answered));
        return answered;
    };
    auto vector = deles(3);
    CHECK(count(vector) == 3);
    CHECK(count(std::list<command::dele>(vector.begin(), vector.end())) == 3);
    CHECK(count(std::forward_list<command::dele>(vector.begin(), vector.end())) == 3);
    CHECK(count(std::span(vector)) == 3);
    CHECK(count(numbers_once(5)) == 4);
#if !defined(__clang__) || __clang_major__ >= 16 // clang 14 does not compile the views of libstdc++ 12
    CHECK(count(std::ranges::ref_view(vector)) == 3);
    CHECK(count(std::views::iota(1, 101) | std::views::transform([](int n) { return command::dele(n); })) ==
          100);
    CHECK(count(vector | std::views::take(2)) == 2);
    CHECK(count(deles(300) | std::views::filter([](const command::dele&) { return true; })) == 300);
#endif
    CHECK(vector.size() == 3); // what a view shows is left there
}

TEST_CASE("nothing is sent of stored commands if one of them cannot be")
{
    for (const auto announced : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
        for (const std::size_t at : {0u, 1u, 19u}) {
            CAPTURE(at);
            auto commands = deles(20);
            commands[at] = command::dele(0);
            const auto check = [&](auto range) {
                auto pipeline = make(announced, std::move(range), [](std::size_t, pop3::reply<void>) {});
                const auto talk = test::talk_ahead(pipeline, answer);
                CHECK(talk.ec == errc::invalid_argument);
                CHECK(talk.lines.empty());
                CHECK(pipeline.take() == 0);
            };
            check(std::list<command::dele>(commands.begin(), commands.end()));
            check(std::span(commands));
            check(std::span<const command::dele>(commands));
            check(commands);
        }
    }
    // Of commands that are too long, and of such as can only be moved.
    const std::vector long_ones = {say("x"), say(std::string(250, 'x'))};
    auto pipeline = make(true, long_ones, [](std::size_t, pop3::reply<void>) {});
    auto talk = test::talk_ahead(pipeline, answer);
    CHECK(talk.ec == errc::command_too_long);
    CHECK(talk.lines.empty());
    const auto to_sink = [](int n) {
        return command::retr_to(n, [owned = std::make_unique<int>(n)](std::span<const char>) { ++*owned; });
    };
    std::vector<decltype(to_sink(1))> moved;
    moved.push_back(to_sink(1));
    moved.push_back(to_sink(0));
    auto other = make(true, std::move(moved), [](std::size_t, pop3::reply<pop3::delivery>) {});
    talk = test::talk_ahead(other, answer);
    CHECK(talk.ec == errc::invalid_argument);
    CHECK(talk.lines.empty());
}

TEST_CASE("a command that is made on the way, and cannot be sent, ends the range there")
{
    for (const auto announced : {std::optional<bool>(), std::optional(true), std::optional(false)}) {
        for (const std::size_t good : {0u, 1u, 2u, 20u}) {
            for (const std::size_t window : {1u, 4u, 256u}) {
                CAPTURE(good);
                CAPTURE(window);
                pop3::limits bounds;
                bounds.pipeline_commands = window;
                auto commands = deles(static_cast<int>(good));
                commands.emplace_back(0);
                commands.emplace_back(7);
                std::size_t called = 0;
                // It has no size: it may have no end.
                auto pipeline =
                    make(announced, std::forward_list<command::dele>(commands.begin(), commands.end()),
                         [&](std::size_t, pop3::reply<void>) { ++called; });
                const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
                CHECK(talk.done);
                CHECK(talk.ec == errc::invalid_argument);
                CHECK(talk.lines.size() == good + (announced ? 0 : 1));
                CHECK(called == good);
                CHECK(pipeline.take() == good);
            }
        }
    }
}

TEST_CASE("no end, until who is called wants no more")
{
    std::size_t answered = 0;
    auto pipeline = make(true, numbers_once(-1), [&](std::size_t i, pop3::reply<void>) {
        ++answered;
        return i == 999 ? flow::drain : flow::more;
    });
    pop3::limits bounds;
    bounds.pipeline_commands = 16;
    const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
    CHECK(talk.ok());
    // What was on its way is answered.
    CHECK(answered == talk.lines.size());
    CHECK(answered >= 1000);
    CHECK(answered < 1016);
    CHECK(pipeline.take() == answered);
    CHECK(!pipeline.closes());
}

TEST_CASE("who is called may end it at once")
{
    std::size_t answered = 0;
    auto pipeline = make(true, deles(10), [&](std::size_t i, pop3::reply<void>) {
        ++answered;
        return i == 2 ? flow::close : flow::more;
    });
    const auto talk = test::talk_ahead(pipeline, answer);
    CHECK(talk.ok());
    CHECK(answered == 3);
    CHECK(pipeline.take() == 3);
    CHECK(pipeline.closes());
}

TEST_CASE("who is called, or who makes the commands, may throw")
{
    auto pipeline =
        make(true, deles(2), [](std::size_t, pop3::reply<void>) { throw std::runtime_error("full"); });
    CHECK_THROWS_AS(test::talk_ahead(pipeline, answer), std::runtime_error);
    CHECK(pipeline.take() == 1);
}

TEST_CASE("sinks, each with its own outcome")
{
    std::vector<std::string> got(4);
    const auto into = [&](std::size_t i, flow then) {
        return command::retr_to(static_cast<int>(i) + 1, [&got, i, then](std::span<const char> piece) {
            got[i].append(piece.begin(), piece.end());
            return then;
        });
    };
    const std::vector commands = {into(0, flow::more), into(1, flow::drain), into(2, flow::close),
                                  into(3, flow::more)};
    std::vector<pop3::delivery> outcomes;
    auto pipeline = make(true, commands, [&](std::size_t, pop3::reply<pop3::delivery> r) {
        REQUIRE(r.has_value());
        outcomes.push_back(*r);
    });
    const auto talk = test::talk_ahead(pipeline, answer, 1);
    CHECK(talk.ok());
    CHECK(outcomes == std::vector<pop3::delivery>{{11, true}, {1, false}, {1, false}});
    CHECK(got == std::vector<std::string>{"message 1\r\n", "m", "m", ""});
    CHECK(pipeline.closes());
    CHECK(pipeline.take() == 3);
}

TEST_CASE("commands and functions that can only be moved")
{
    const auto make_sink = [](int n) {
        return command::retr_to(n, [owned = std::make_unique<int>(n)](std::span<const char>) { ++*owned; });
    };
    std::vector<decltype(make_sink(1))> commands;
    commands.push_back(make_sink(1));
    commands.push_back(make_sink(2));
    std::size_t answered = 0;
    auto pipeline =
        make(true, std::move(commands),
             [owned = std::make_unique<int>(0), &answered](std::size_t, pop3::reply<pop3::delivery> r) {
                 CHECK(r->complete);
                 answered = static_cast<std::size_t>(++*owned);
             });
    CHECK(test::talk_ahead(pipeline, answer).ok());
    CHECK(answered == 2);
}

TEST_CASE("what a view shows stays as it is")
{
    const std::string text(60, 'x');
    std::vector<say> commands(2, say(text));
    for (int i = 0; i != 2; ++i) {
        auto pipeline = make(true, std::span(commands), [](std::size_t, pop3::reply<void>) {});
        const auto talk = test::talk_ahead(pipeline, answer);
        CHECK(talk.ok());
        CHECK(talk.lines == lines{"XSAY " + text, "XSAY " + text});
    }
}

TEST_CASE("an error in the middle of a reply")
{
    std::size_t called = 0;
    auto pipeline = make(true, deles(5), [&](std::size_t, pop3::reply<void>) { ++called; });
    const auto talk = test::talk_ahead(pipeline, [](const std::string& line) {
        return line == "DELE 3" ? std::string("what?\r\n") : answer(line);
    });
    CHECK(talk.ec == errc::pipeline_out_of_step);
    CHECK(called == 2);
    CHECK(pipeline.take() == 2);
    CHECK(pipeline.answered() == 2);
}

TEST_CASE("what nobody asked for")
{
    auto pipeline = make(false, deles(5), [](std::size_t, pop3::reply<void>) {});
    auto talk = test::talk_ahead(
        pipeline, [](const std::string& line) { return answer(line) + (line == "DELE 3" ? "+OK\r\n" : ""); });
    CHECK(talk.ec == errc::unexpected_data);
    CHECK(pipeline.take() == 3);

    auto asks = make(std::nullopt, deles(5), [](std::size_t, pop3::reply<void>) {});
    talk = test::talk_ahead(
        asks, [](const std::string& line) { return answer(line) + (line == "CAPA" ? "+OK\r\n" : ""); });
    CHECK(talk.ec == errc::unexpected_data);
    CHECK(asks.take() == 0);
}

TEST_SUITE_END();
