// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/dele.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/command/pipeline_window.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>

#include "ahead.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;
using pop3::errc;
using pop3::flow;
using lines = std::vector<std::string>;

/// As of RFC 1939, but for message 4, which there is not.
std::string answer(const std::string& line)
{
    if (line == "STAT")
        return "+OK 2 320\r\n";
    if (line == "LIST")
        return "+OK\r\n1 120\r\n2 200\r\n.\r\n";
    if (line == "UIDL")
        return "+OK\r\n1 one\r\n2 two\r\n.\r\n";
    if (line.ends_with(" 4"))
        return "-ERR no such message\r\n";
    if (line.starts_with("RETR") || line.starts_with("TOP"))
        return "+OK\r\nSubject: x\r\n\r\n..\r\n.\r\n";
    return "+OK\r\n";
}

std::string with_pipelining(const std::string& line)
{
    return line == "CAPA" ? "+OK\r\nUIDL\r\nPIPELINING\r\n.\r\n" : answer(line);
}

std::string without_pipelining(const std::string& line)
{
    return line == "CAPA" ? "+OK\r\nUIDL\r\n.\r\n" : answer(line);
}

std::string without_capa(const std::string& line)
{
    return line == "CAPA" ? "-ERR what?\r\n" : answer(line);
}

auto five(std::optional<bool> announced)
{
    return command::pipeline(announced, command::stat(), command::list(), command::retr(4), command::dele(1),
                             command::retr(1));
}

const lines five_lines = {"STAT", "LIST", "RETR 4", "DELE 1", "RETR 1"};

template <class Replies>
void check_five(const Replies& replies)
{
    const auto& [stat, list, missing, dele, message] = replies;
    CHECK(stat.value() == pop3::drop_listing{2, 320});
    CHECK(list.value() == std::vector<pop3::scan_listing>{{1, 120}, {2, 200}});
    CHECK(!missing.has_value());
    CHECK(missing.answered());
    CHECK(missing.error().text() == "no such message");
    CHECK(missing.error().verb() == "RETR");
    CHECK(dele.has_value());
    CHECK(message->octets() == "Subject: x\r\n\r\n.\r\n");
}

} // namespace

TEST_SUITE_BEGIN("pipeline");

TEST_CASE("all at once, and each reply by itself, in whatever pieces they come")
{
    for (const std::size_t piece : {100000u, 1u, 2u, 3u, 5u, 7u}) {
        auto pipeline = five(true);
        const auto talk = test::talk_ahead(pipeline, with_pipelining, piece);
        CHECK(talk.ok());
        CHECK(talk.lines == five_lines);
        CHECK(talk.bursts == std::vector<std::size_t>{5});
        CHECK(talk.unread.empty());
        CHECK(pipeline.answered() == 5);
        CHECK(!pipeline.known());
        check_five(pipeline.take());
    }
}

TEST_CASE("CAPA is asked first if it is not known, and only then")
{
    const lines asked = {"CAPA", "STAT", "LIST", "RETR 4", "DELE 1", "RETR 1"};
    for (const std::size_t piece : {100000u, 1u}) {
        auto announced = five({});
        auto talk = test::talk_ahead(announced, with_pipelining, piece);
        CHECK(talk.ok());
        CHECK(talk.lines == asked);
        CHECK(talk.bursts == std::vector<std::size_t>{1, 5});
        REQUIRE(announced.known());
        CHECK(announced.known()->pipelining);
        CHECK(announced.known()->uidl);
        check_five(announced.take());

        for (const auto& server : {without_pipelining, without_capa}) {
            auto other = five({});
            talk = test::talk_ahead(other, server, piece);
            CHECK(talk.ok());
            CHECK(talk.lines == asked);
            CHECK(talk.bursts == std::vector<std::size_t>{1, 1, 1, 1, 1, 1});
            REQUIRE(other.known());
            CHECK(!other.known()->pipelining);
            CHECK(other.known()->uidl == (server == without_pipelining));
            check_five(other.take());
        }
    }
}

TEST_CASE("one by one with a server that did not announce it")
{
    auto pipeline = five(false);
    const auto talk = test::talk_ahead(pipeline, with_pipelining);
    CHECK(talk.ok());
    CHECK(talk.lines == five_lines);
    CHECK(talk.most_commands == 1);
    check_five(pipeline.take());
}

TEST_CASE("for one command nothing is asked")
{
    command::pipeline pipeline({}, command::noop());
    const auto talk = test::talk_ahead(pipeline, with_pipelining);
    CHECK(talk.ok());
    CHECK(talk.lines == lines{"NOOP"});
    CHECK(!pipeline.known());
}

TEST_CASE("no farther ahead than the window")
{
    pop3::limits bounds;
    for (const std::size_t most : {1u, 2u, 3u, 4u, 5u}) {
        bounds = {};
        bounds.pipeline_commands = most;
        auto pipeline = five(true);
        const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
        CHECK(talk.ok());
        CHECK(talk.most_commands == most);
        check_five(pipeline.take());
    }
    // Commands of 6, 6, 8, 8 and 8 octets: no other is sent where there are as many as that already.
    struct window {
        std::size_t octets;
        std::size_t most;
    };
    for (const auto w : {window{1, 8}, {6, 8}, {7, 12}, {12, 16}, {13, 20}, {20, 24}, {21, 28}, {1000, 36}}) {
        CAPTURE(w.octets);
        bounds = {};
        bounds.pipeline_octets = w.octets;
        auto pipeline = five(true);
        const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
        CHECK(talk.ok());
        CHECK(talk.most_octets == w.most);
        CHECK(talk.most_octets < w.octets + command::command_line::max_octets);
    }
    // A window of nothing lets one command through.
    bounds.pipeline_commands = 0;
    bounds.pipeline_octets = 0;
    auto pipeline = five(true);
    const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
    CHECK(talk.ok());
    CHECK(talk.most_commands == 1);
}

TEST_CASE("many go together")
{
    pop3::limits bounds;
    bounds.pipeline_commands = 4;
    command::pipeline pipeline(true, command::noop(), command::noop(), command::noop(), command::noop(),
                               command::noop(), command::noop(), command::noop(), command::noop());
    const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
    CHECK(talk.ok());
    CHECK(talk.bursts == std::vector<std::size_t>{4, 2, 2});
}

TEST_CASE("if one cannot be sent, none is")
{
    for (const std::optional<bool> announced :
         {std::optional<bool>(), std::optional(true), std::optional(false)}) {
        command::pipeline zero(announced, command::stat(), command::retr(0), command::stat());
        auto talk = test::talk_ahead(zero, with_pipelining);
        CHECK(talk.ec == errc::invalid_argument);
        CHECK(talk.lines.empty());
        CHECK(!std::get<0>(zero.take()).answered());
        command::pipeline last(announced, command::stat(), command::stat(), command::dele(0));
        CHECK(test::talk_ahead(last, with_pipelining).lines.empty());
    }
}

TEST_CASE("what was answered before an error is there, and the rest is not answered")
{
    command::pipeline pipeline(true, command::stat(), command::retr(4), command::list(), command::uidl());
    const auto server = [](const std::string& line) {
        return line == "LIST" ? std::string("+OK\r\n1 120\r\n-ERR x\r\n.\r\n") : answer(line);
    };
    for (const std::size_t piece : {100000u, 1u}) {
        auto copy = pipeline;
        const auto talk = test::talk_ahead(copy, server, piece);
        CHECK(talk.ec == errc::pipeline_out_of_step);
        CHECK(copy.answered() == 2);
        const auto [stat, retr, list, uidl] = copy.take();
        CHECK(stat.answered());
        CHECK(stat.has_value());
        CHECK(retr.answered());
        CHECK(!retr.has_value());
        CHECK(!list.answered());
        CHECK(!list.has_value());
        CHECK(!uidl.answered());
    }
    // The same if no more comes.
    const auto mute = [](const std::string& line) {
        return line == "LIST" ? std::string("+OK\r\n1 120\r\n") : answer(line);
    };
    const auto talk = test::talk_ahead(pipeline, [&, n = 0](const std::string& line) mutable {
        return ++n == 4 ? std::string() : mute(line);
    });
    CHECK(!talk.done);
    CHECK(pipeline.answered() == 2);
}

TEST_CASE("what nobody asked for is the answer to nothing")
{
    // One by one, the reply to what is sent only then would be taken from it.
    const auto twice = [](const std::string& line) {
        return answer(line) + (line == "STAT" ? "+OK 3 330\r\n" : "");
    };
    auto pipeline = five(false);
    CHECK(test::talk_ahead(pipeline, twice).ec == errc::unexpected_data);
    CHECK(pipeline.answered() == 1);
    // Behind the reply to CAPA.
    for (const auto& server : {with_pipelining, without_capa}) {
        command::pipeline asks({}, command::stat(), command::stat());
        const auto talk = test::talk_ahead(asks, [&](const std::string& line) {
            return server(line) + (line == "CAPA" ? "+OK 3 330\r\n" : "");
        });
        CHECK(talk.ec == errc::unexpected_data);
        CHECK(talk.lines == lines{"CAPA"});
        CHECK(asks.answered() == 0);
    }
    // Behind the last reply it is left for the next operation to find.
    command::pipeline last(true, command::noop(), command::stat());
    const auto talk = test::talk_ahead(last, twice);
    CHECK(talk.ok());
    CHECK(talk.unread == "+OK 3 330\r\n");
}

TEST_CASE("a reply to CAPA that is none")
{
    command::pipeline pipeline({}, command::noop(), command::noop());
    const auto talk = test::talk_ahead(pipeline, [](const std::string&) { return std::string("what?\r\n"); });
    CHECK(talk.ec == errc::malformed_reply);
    CHECK(talk.lines == lines{"CAPA"});
    pop3::limits bounds;
    bounds.capabilities = 1;
    command::pipeline other({}, command::noop(), command::noop());
    CHECK(test::talk_ahead(other, with_pipelining, 100000, bounds).ec == errc::capabilities_limit);
}

TEST_CASE("a sink among them that wants no more hurts no other")
{
    std::size_t given = 0;
    const auto once = [&](std::span<const char> piece) {
        given += piece.size();
        return flow::drain;
    };
    command::pipeline pipeline(true, command::stat(), command::retr_to(1, once), command::stat());
    const auto talk = test::talk_ahead(pipeline, answer, 1);
    CHECK(talk.ok());
    CHECK(given == 1);
    const auto [first, message, last] = pipeline.take();
    CHECK(first.has_value());
    CHECK(*message == pop3::delivery{1, false});
    CHECK(last->count == 2);
}

TEST_CASE("a sink among them that closes the session")
{
    const auto close = [](auto) {
        return flow::close;
    };
    pop3::limits bounds;
    bounds.pipeline_commands = 2;
    command::pipeline pipeline(true, command::stat(), command::retr_to(1, close), command::stat(),
                               command::stat());
    const auto talk = test::talk_ahead(pipeline, answer, 100000, bounds);
    CHECK(talk.ok());
    CHECK(pipeline.closes());
    CHECK(!pipeline.may_send(bounds));
    const auto [first, message, third, last] = pipeline.take();
    CHECK(first.has_value());
    CHECK(message.answered());
    CHECK(!message->complete);
    CHECK(!third.answered());
    CHECK(!last.answered());
}

TEST_CASE("commands that can only be moved")
{
    const auto sink = [owned = std::make_unique<int>(0)](std::span<const char>) {
        ++*owned;
    };
    static_assert(!std::is_copy_constructible_v<decltype(sink)>);
    command::pipeline pipeline(true, command::noop(),
                               command::retr_to(1, [owned = std::make_unique<int>(0)](auto) { ++*owned; }));
    const auto talk = test::talk_ahead(pipeline, answer);
    CHECK(talk.ok());
    CHECK(std::get<1>(pipeline.take())->complete);
}

TEST_CASE("a window that is half empty is filled")
{
    command::pipeline_window window(true);
    pop3::limits bounds;
    bounds.pipeline_commands = 8;
    bounds.pipeline_octets = 100;
    int sent = 0;
    const auto fill = [&] {
        for (sent = 0; window.is_open(bounds); ++sent)
            window.sent(10);
        return sent;
    };
    CHECK(fill() == 8);
    for (int i = 0; i != 3; ++i) {
        window.answered(10);
        CHECK(fill() == 0);
    }
    window.answered(10);
    CHECK(fill() == 4);
    // By octets.
    bounds.pipeline_commands = 100;
    CHECK(fill() == 0); // it is more than half full
    for (int i = 0; i != 3; ++i)
        window.answered(10);
    CHECK(fill() == 5);
}

TEST_SUITE_END();
