// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A server that announces PIPELINING and mixes up its replies: no reply that is wrong is handed over as a good one.

#include <pop3/command/dele.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/command/pipeline_window.hpp>
#include <pop3/command/range_pipeline.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/grammar/begins_reply.hpp>
#include <pop3/limits.hpp>

#include "ahead.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;
using pop3::errc;
using pop3::flow;
using texts = std::vector<std::string>;

/// Says all that it has to say to the first command, and nothing more.
auto says(std::string text)
{
    return [text = std::move(text)](const std::string&) mutable {
        return std::exchange(text, {});
    };
}

// What became of a reply, as text; nothing if it is no good.

std::optional<std::string> text_of(const pop3::reply<pop3::message>& reply, const std::string&)
{
    return reply ? std::optional(std::string(reply->octets())) : std::nullopt;
}

std::optional<std::string> text_of(const pop3::reply<std::vector<pop3::scan_listing>>& reply,
                                   const std::string&)
{
    if (!reply)
        return std::nullopt;
    std::string text;
    for (const auto& entry : *reply)
        text += std::to_string(entry.number.value()) + ' ' + std::to_string(entry.octets) + '/';
    return text;
}

std::optional<std::string> text_of(const pop3::reply<std::vector<pop3::unique_id_listing>>& reply,
                                   const std::string&)
{
    if (!reply)
        return std::nullopt;
    std::string text;
    for (const auto& entry : *reply)
        text += std::to_string(entry.number.value()) + ' ' + std::string(entry.unique_id) + '/';
    return text;
}

template <class Delivery>
std::optional<std::string> text_of(const pop3::reply<Delivery>& reply, const std::string& given)
{
    return reply && reply->complete ? std::optional(given) : std::nullopt;
}

/// Where the sinks put what they are given.
using cells = std::array<std::string, 3>;

/// The replies to the three commands that `make(cells, i)` makes, and how each reads if it is right.
template <class Make>
struct kind {
    Make make;
    std::vector<std::pair<std::string, std::string>> replies; // the status line, and what follows
    texts expected;
};

template <class Make>
kind(Make, std::vector<std::pair<std::string, std::string>>, texts) -> kind<Make>;

/// All replies, with the status line of reply `moved` at `place` of what the rest is.
std::string joined(const std::vector<std::pair<std::string, std::string>>& replies, std::size_t moved,
                   std::size_t place)
{
    std::string all;
    for (std::size_t i = 0; i != replies.size(); ++i)
        all += (i == moved ? std::string() : replies[i].first) + replies[i].second;
    return all.insert(place, replies[moved].first);
}

template <class Kind>
void check_outcomes(const Kind& kind, const std::array<std::optional<std::string>, 3>& outcomes)
{
    for (std::size_t i = 0; i != 3; ++i) {
        CAPTURE(i);
        if (outcomes[i])
            CHECK(*outcomes[i] == kind.expected[i]);
    }
}

template <class Kind>
test::ahead_talk talk_in_tuple(const Kind& kind, const std::string& text, std::size_t piece,
                               std::array<std::optional<std::string>, 3>& outcomes)
{
    cells given;
    command::pipeline pipeline(true, kind.make(given, 0), kind.make(given, 1), kind.make(given, 2));
    auto talk = test::talk_ahead(pipeline, says(text), piece);
    const auto [first, second, third] = pipeline.take();
    if (first.answered())
        outcomes[0] = text_of(first, given[0]);
    if (second.answered())
        outcomes[1] = text_of(second, given[1]);
    if (third.answered())
        outcomes[2] = text_of(third, given[2]);
    return talk;
}

template <class Kind>
test::ahead_talk talk_in_range(const Kind& kind, const std::string& text, std::size_t piece,
                               std::array<std::optional<std::string>, 3>& outcomes)
{
    cells given;
    using command_type = decltype(kind.make(given, 0));
    std::vector<command_type> commands;
    for (std::size_t i = 0; i != 3; ++i)
        commands.push_back(kind.make(given, i));
    const auto on_reply = [&](std::size_t i, const pop3::reply<typename command_type::result_type>& reply) {
        outcomes[i] = text_of(reply, given[i]);
    };
    command::range_pipeline<std::vector<command_type>, decltype(on_reply)> pipeline(true, commands, on_reply);
    return test::talk_ahead(pipeline, says(text), piece);
}

template <class Kind>
void check_both(const Kind& kind, const std::string& text, bool good)
{
    CAPTURE(test::escaped(text));
    for (const std::size_t piece : {100000u, 1u}) {
        for (const bool in_range : {false, true}) {
            CAPTURE(piece);
            CAPTURE(in_range);
            std::array<std::optional<std::string>, 3> outcomes;
            const auto talk = in_range ? talk_in_range(kind, text, piece, outcomes)
                                       : talk_in_tuple(kind, text, piece, outcomes);
            CHECK(talk.ok() == good);
            check_outcomes(kind, outcomes);
            if (good)
                for (const auto& outcome : outcomes)
                    CHECK(outcome);
            else if (talk.done)
                CHECK(talk.ec == errc::pipeline_out_of_step);
        }
    }
}

/// Each status line at each place from the start of the reply before it to the end of its own.
template <class Kind>
void misplace_each(const Kind& kind)
{
    const auto& replies = kind.replies;
    for (std::size_t moved = 0; moved != 3; ++moved) {
        std::size_t begin = 0;
        for (std::size_t i = 0; i + 1 < moved; ++i)
            begin += replies[i].first.size() + replies[i].second.size();
        const auto right =
            moved == 0 ? 0 : begin + replies[moved - 1].first.size() + replies[moved - 1].second.size();
        const auto end = right + replies[moved].second.size();
        for (auto place = begin; place <= end; ++place) {
            // Inside CRLF.CRLF it makes one message of two, which is one to look at if a third follows.
            if (moved == 1 && (place + 4 == right || place + 2 == right || place + 1 == right))
                continue;
            CAPTURE(moved);
            check_both(kind, joined(replies, moved, place), place == right);
        }
    }
}

auto appending(std::string& to)
{
    return [&to](std::span<const char> piece) {
        to.append(piece.begin(), piece.end());
    };
}

const std::vector<std::pair<std::string, std::string>> messages = {
    {"+OK 20 octets\r\n", "Subject: a\r\n\r\none\r\n.\r\n"},
    {"+OK 21 octets\r\n", "Subject: b\r\n\r\n..two\r\n.\r\n"},
    {"+OK 22 octets\r\n", "Subject: c\r\n\r\nthree\r\n.\r\n"},
};
const texts messages_read = {"Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\n.two\r\n",
                             "Subject: c\r\n\r\nthree\r\n"};

const std::vector<std::pair<std::string, std::string>> scan_listings(3, {"+OK 2 messages\r\n",
                                                                         "1 120\r\n12 2000\r\n.\r\n"});
const texts scan_listings_read(3, "1 120/12 2000/");

const std::vector<std::pair<std::string, std::string>> unique_ids(3, {"+OK 2 messages\r\n",
                                                                      "1 one\r\n2 two\r\n.\r\n"});
const texts unique_ids_read(3, "1 one/2 two/");

int number(std::size_t i)
{
    return static_cast<int>(i) + 1;
}

} // namespace

TEST_SUITE_BEGIN("pipeline out of step");

TEST_CASE("how a reply begins")
{
    using pop3::grammar::begins_reply;
    for (const std::string_view whole : {"+OK ", "+OK\r", "-ERR ", "-ERR\r", "+ok x", "+Ok\r\n", "-err ",
                                         "-Err\r", "+OK<1@a>", "-ERR[AUTH]"}) {
        CAPTURE(whole);
        const std::size_t indicator = whole[0] == '+' ? 3 : 4;
        for (std::size_t n = 0; n <= indicator; ++n)
            CHECK(!begins_reply(whole.substr(0, n)));
        CHECK(begins_reply(whole) == true);
    }
    for (const std::string_view bad : {"+OKAY", "-ERROR", "+OK\n", "-ERR\n", "O", "\r", ".", "+ ", "+\r",
                                       "+E", "-O", "-ERS", " +OK", "+OL", "Return-Path: "})
        CHECK(begins_reply(bad) == false);
    static_assert(begins_reply("+OK ") == true);
}

TEST_CASE("a status line at each wrong place: RETR")
{
    misplace_each(
        kind{[](cells&, std::size_t i) { return command::retr(number(i)); }, messages, messages_read});
    misplace_each(kind{[](cells& to, std::size_t i) { return command::retr_to(number(i), appending(to[i])); },
                       messages, messages_read});
}

TEST_CASE("a status line at each wrong place: TOP")
{
    misplace_each(
        kind{[](cells&, std::size_t i) { return command::top(number(i), 9); }, messages, messages_read});
    misplace_each(
        kind{[](cells& to, std::size_t i) { return command::top_to(number(i), 9, appending(to[i])); },
             messages, messages_read});
}

TEST_CASE("a status line at each wrong place: LIST")
{
    misplace_each(
        kind{[](cells&, std::size_t) { return command::list(); }, scan_listings, scan_listings_read});
    const auto into = [](cells& to, std::size_t i) {
        return command::list_to([&text = to[i]](pop3::scan_listing entry) {
            text += std::to_string(entry.number.value()) + ' ' + std::to_string(entry.octets) + '/';
        });
    };
    misplace_each(kind{into, scan_listings, scan_listings_read});
}

TEST_CASE("a status line at each wrong place: UIDL")
{
    misplace_each(kind{[](cells&, std::size_t) { return command::uidl(); }, unique_ids, unique_ids_read});
    const auto into = [](cells& to, std::size_t i) {
        return command::uidl_to([&text = to[i]](pop3::unique_id_view entry) {
            text += std::to_string(entry.number.value()) + ' ' + std::string(entry.unique_id) + '/';
        });
    };
    misplace_each(kind{into, unique_ids, unique_ids_read});
}

TEST_CASE("a status line at each wrong place: of a reply that is nothing else")
{
    const std::string body = "Subject: a\r\n\r\none\r\n.\r\n";
    for (std::size_t place = 0; place <= body.size(); ++place) {
        auto text = "+OK\r\n" + body;
        text.insert(5 + place, "+OK 2 320\r\n");
        CAPTURE(test::escaped(text));
        command::pipeline pipeline(true, command::retr(1), command::stat());
        const auto talk = test::talk_ahead(pipeline, says(text));
        CHECK(talk.ok() == (place == body.size()));
        const auto [message, stat] = pipeline.take();
        CHECK(message.answered() == (place == body.size()));
        CHECK(stat.answered() == (place == body.size()));
        if (place != body.size())
            // It waits for what never comes.
            CHECK(pipeline.explain(errc::timed_out) == errc::pipeline_timed_out);
    }
}

TEST_CASE("as WildDuck does")
{
    const std::string text =
        "+OK 232 octets\r\nReturn-Path: <a@example.org>\r\n\r\nThird line.\r\n+OK 245 octets\r\n.\r\n"
        "Return-Path: <b@example.org>\r\n\r\nFirst line.\r\n.\r\n";
    for (const std::size_t piece : {100000u, 1u}) {
        command::pipeline pipeline(true, command::retr(1), command::retr(2));
        auto talk = test::talk_ahead(pipeline, says(text), piece);
        CHECK(talk.ec == errc::pipeline_out_of_step);
        CHECK(pipeline.answered() == 0);
        CHECK(!std::get<0>(pipeline.take()).answered());

        std::size_t called = 0;
        const auto on_reply = [&](std::size_t, const pop3::reply<pop3::message>&) {
            ++called;
        };
        command::range_pipeline<std::vector<command::retr>, decltype(on_reply)> range(
            true, {command::retr(1), command::retr(2)}, on_reply);
        talk = test::talk_ahead(range, says(text), piece);
        CHECK(talk.ec == errc::pipeline_out_of_step);
        CHECK(called == 0);
        CHECK(range.take() == 0);
    }
    command::pipeline with_noop(true, command::retr(1), command::noop());
    const auto talk = test::talk_ahead(with_noop, says("+OK 5 octets\r\nThird line.\r\n+OK\r\n.\r\n"));
    CHECK(!talk.done);
    CHECK(with_noop.answered() == 0);
    CHECK(with_noop.explain(errc::timed_out) == errc::pipeline_timed_out);
    CHECK(!std::get<0>(with_noop.take()).answered());
}

namespace {

/// Feeds a pipeline, all of whose commands are sent at once.
template <class Pipeline>
class fed {
public:
    explicit fed(Pipeline& p, const pop3::limits& bounds = {}) : pipeline_(p), bounds_(bounds)
    {
        send();
    }

    std::size_t operator()(std::string_view text)
    {
        kept_.feed(text, [&](std::string_view& input) { wants = pipeline_.consume(input, bounds_, ec); });
        if (!ec && wants != command::next::done)
            send();
        return pipeline_.answered();
    }

    command::next wants = command::next::read;
    std::error_code ec;

private:
    void send()
    {
        command::command_line line;
        while (pipeline_.may_send(bounds_)) {
            CHECK(!pipeline_.write_next(line));
            CHECK(!line.end());
            pipeline_.sent(8);
        }
    }

    Pipeline& pipeline_;
    pop3::limits bounds_;
    test::kept_input kept_;
};

constexpr std::string_view message = "+OK\r\nx\r\n.\r\n";

} // namespace

TEST_CASE("a reply of several lines is handed over when the next has begun as one must")
{
    command::pipeline pipeline(true, command::retr(1), command::retr(2), command::dele(1), command::retr(3));
    fed talk(pipeline);
    CHECK(talk(message) == 0);
    CHECK(talk("+") == 0);
    CHECK(talk("O") == 0);
    CHECK(talk("K") == 0);
    CHECK(!pipeline.finished());
    CHECK(talk("\r") == 1);
    CHECK(talk("\nx\r\n.\r\n-err") == 1);
    CHECK(talk(" no\r") == 2);
    CHECK(talk("\n") == 3); // one line, whatever follows
    CHECK(!pipeline.finished());
    CHECK(talk(message) == 4); // nothing follows
    CHECK(talk.wants == command::next::done);
    CHECK(!talk.ec);
    CHECK(pipeline.finished());
}

TEST_CASE("a reply of several lines is held with a bad value in it, too")
{
    command::pipeline pipeline(true, command::list(), command::list());
    fed talk(pipeline);
    CHECK(talk("+OK\r\n1 120\r\nx\r\n.\r\n") == 0);
    CHECK(talk("+OK ") == 1);
    CHECK(talk("\r\n1 120\r\n.\r\n") == 2);
    CHECK(!talk.ec);
    const auto [bad, good] = pipeline.take();
    CHECK(bad.answered());
    CHECK(!bad.has_value());
    CHECK(good.has_value());

    command::pipeline mixed_up(true, command::list(), command::list());
    fed other(mixed_up);
    CHECK(other("+OK\r\n1 120\r\n+OK\r\n.\r\n1") == 0);
    CHECK(other.ec == errc::pipeline_out_of_step);
    CHECK(!std::get<0>(mixed_up.take()).answered());
}

TEST_CASE("nothing was in flight behind it: it is handed over at once")
{
    pop3::limits bounds;
    bounds.pipeline_commands = 1;
    command::pipeline windowed(true, command::retr(1), command::retr(2));
    fed one(windowed, bounds);
    CHECK(one(message) == 1);
    CHECK(one(message) == 2);

    command::pipeline announces_nothing(false, command::retr(1), command::retr(2));
    fed other(announces_nothing);
    CHECK(other(message) == 1);
    CHECK(other(message) == 2);
}

TEST_CASE("a refusal is one line, and a sink that closes the session waits for nothing")
{
    command::pipeline pipeline(true, command::retr(1), command::retr_to(2, [](auto) { return flow::close; }),
                               command::retr(3));
    fed talk(pipeline);
    CHECK(talk("-ERR no\r\n") == 1);
    CHECK(talk("+OK\r\nx\r\n") == 2);
    CHECK(talk.wants == command::next::done);
    CHECK(pipeline.closes());
    CHECK(!std::get<1>(pipeline.take())->complete);
}

TEST_CASE("what who is called wants, it gets when it is called")
{
    for (const auto wanted : {flow::drain, flow::close}) {
        std::size_t called = 0;
        const auto on_reply = [&](std::size_t, const pop3::reply<pop3::message>&) {
            return ++called == 1 ? wanted : flow::more;
        };
        command::range_pipeline<std::vector<command::retr>, decltype(on_reply)> pipeline(
            true, std::vector<command::retr>(5, command::retr(1)), on_reply);
        pop3::limits bounds;
        bounds.pipeline_commands = 2;
        fed talk(pipeline, bounds);
        CHECK(talk(message) == 0);
        CHECK(called == 0);
        CHECK(talk("+OK ") == 1);
        CHECK(called == 1);
        CHECK(pipeline.closes() == (wanted == flow::close));
        CHECK((talk.wants == command::next::done) == (wanted == flow::close));
        if (wanted == flow::drain) {
            // Two others were on their way, the one since the first was read.
            CHECK(talk("\r\nx\r\n.\r\n") == 1);
            CHECK(talk(message) == 3);
            CHECK(talk.wants == command::next::done);
            CHECK(pipeline.take() == 3);
        }
    }
}

TEST_CASE("errors name the option if commands were sent ahead")
{
    const auto out_of_step = make_error_code(errc::pipeline_out_of_step);
    const auto timed_out = make_error_code(errc::pipeline_timed_out);
    for (const auto& ec : {out_of_step, timed_out}) {
        CHECK(pop3::is_fatal(ec));
        CHECK(ec.message().find("connect_options::pipelining") != std::string::npos);
    }
    command::pipeline_window window(true);
    window.sent(8);
    for (const auto e : {errc::malformed_reply, errc::unexpected_data, errc::timed_out})
        CHECK(window.explain(e) == e);
    window.sent(8);
    window.answered(8);
    window.answered(8);
    CHECK(window.explain(errc::malformed_reply) == out_of_step);
    CHECK(window.explain(errc::unexpected_data) == out_of_step);
    CHECK(window.explain(errc::timed_out) == timed_out);
    CHECK(window.explain(errc::connection_closed) == errc::connection_closed);
    CHECK(!window.explain({}));
}

TEST_SUITE_END();
