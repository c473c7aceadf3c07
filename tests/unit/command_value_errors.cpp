// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A reply that is framed well and holds a value that cannot be read: it is read to its end, so that the session can go on.

#include "ahead.hpp"
#include "feed.hpp"

#include <pop3/command/capa.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/command/range_pipeline.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/error.hpp>
#include <pop3/state.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::string_literals;
using pop3::errc;
namespace command = pop3::command;

/// The error of a reply that was read to its end, and no further.
template <class Command>
std::error_code value_error(const Command& c, const std::string& reply, const pop3::limits& bounds = {})
{
    const auto got = test::feed_every_way(c, reply + "+OK next\r\n", bounds);
    CHECK(got.done);
    CHECK(got.rest == "+OK next\r\n");
    CHECK(!pop3::is_fatal(got.ec));
    CHECK(!got.reply.has_value());
    CHECK(got.reply.value_error() == got.ec);
    return got.ec;
}

std::string times(std::size_t n, const std::string& text)
{
    std::string all;
    for (std::size_t i = 0; i != n; ++i)
        all += text;
    return all;
}

/// Of a user's own: leads to another state, and says that what it reads is `error`.
struct leaving {
    static constexpr std::string_view verb = "XGO";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = int;
    using permitted_in = pop3::states<pop3::authorization>;
    using on_ok = pop3::transaction;
    using on_refusal = pop3::authorization;

    void write(command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_status(std::string_view, int&, const pop3::limits&) const
    {
        return error;
    }

    std::error_code error = {};
};

} // namespace

TEST_SUITE_BEGIN("value errors");

TEST_CASE("a value that is malformed")
{
    CHECK(value_error(command::stat(), "+OK 5\r\n") == errc::malformed_value);
    CHECK(value_error(command::stat(), "+OK 2 -320\r\n") == errc::malformed_value);
    CHECK(value_error(command::last(), "+OK none\r\n") == errc::malformed_value);
    CHECK(value_error(command::uidl_one(1), "+OK 00001a\r\n") == errc::malformed_value);
    CHECK(value_error(command::list_one(1), "+OK\r\n") == errc::malformed_value);
    CHECK(value_error(command::uidl(), "+OK\r\n1 \r\n2 b\r\n.\r\n") == errc::malformed_value);
    CHECK(value_error(command::uidl(), "+OK\r\n\r\n..\r\n2 b\r\n.\r\n") == errc::malformed_value);
    CHECK(value_error(command::list(), "+OK\r\n1 -1\r\n2 2\r\n.\r\n") == errc::malformed_value);
    CHECK(value_error(command::list(), "+OK\r\n1 1\r\n+OK 2 2\r\n.\r\n") == errc::malformed_value);
    CHECK(value_error(command::lang_list(), "+OK\r\n\r\nen\r\n.\r\n") == errc::malformed_value);
}

TEST_CASE("a value that is over a limit")
{
    const auto long_id = std::string(300, 'x');
    CHECK(value_error(command::uidl(), "+OK\r\n1 a\r\n2 " + long_id + "\r\n3 c\r\n.\r\n") ==
          errc::unique_id_limit);
    CHECK(value_error(command::uidl_one(2), "+OK 2 " + long_id + "\r\n") == errc::unique_id_limit);
    pop3::limits bounds;
    bounds.capabilities = 5;
    bounds.languages = 5;
    bounds.listing_entries = 5;
    bounds.message_octets = 5;
    CHECK(value_error(command::capa(), "+OK\r\n" + times(9, "X\r\n") + ".\r\n", bounds) ==
          errc::capabilities_limit);
    CHECK(value_error(command::lang_list(), "+OK\r\n" + times(9, "en\r\n") + ".\r\n", bounds) ==
          errc::languages_limit);
    CHECK(value_error(command::list(), "+OK\r\n" + times(9, "1 1\r\n") + ".\r\n", bounds) ==
          errc::listing_entries_limit);
    CHECK(value_error(command::uidl(), "+OK\r\n" + times(9, "1 a\r\n") + ".\r\n", bounds) ==
          errc::listing_entries_limit);
    CHECK(value_error(command::retr(1), "+OK\r\n" + times(9, "..\r\n") + ".\r\n", bounds) ==
          errc::message_octets_limit);
    // With the limits as they are.
    CHECK(test::feed(command::capa(), "+OK\r\n" + times(1000, "X-Y\r\n") + ".\r\n").ec ==
          errc::capabilities_limit);
}

TEST_CASE("what remains of the reply is not read for ever")
{
    pop3::limits bounds;
    bounds.drained_octets = 20;
    bounds.capabilities = 1;
    const auto ec = [&](const std::string& reply) {
        return test::feed_every_way(command::uidl(), reply, bounds).ec;
    };
    CHECK(ec("+OK\r\nx\r\n" + times(4, "1 a\r\n") + ".\r\n") == errc::malformed_value);
    CHECK(ec("+OK\r\nx\r\n" + times(5, "1 a\r\n") + ".\r\n") == errc::drained_octets_limit);
    CHECK(ec("+OK\r\nx\r\n" + times(11, "\r\n")) == errc::drained_octets_limit);
    CHECK(test::feed_every_way(command::capa(), "+OK\r\nTOP\r\nTOP\r\n" + times(11, "\r\n"), bounds).ec ==
          errc::drained_octets_limit);
    bounds.response_line = 30;
    CHECK(ec("+OK\r\nx\r\n1 " + std::string(40, 'x')) == errc::response_line_limit);
    CHECK(ec("+OK\r\nx\r\n1 a\n.\r\n") == errc::malformed_reply);
    CHECK(!test::feed_every_way(command::uidl(), "+OK\r\nx\r\n1 a\r\n", bounds).done);
}

TEST_CASE("what shows that replies and commands no longer belong together is fatal")
{
    const auto fatal = [](const auto& c, const std::string& reply) {
        return pop3::is_fatal(test::feed_every_way(c, reply).ec);
    };
    CHECK(fatal(command::stat(), "5\r\n"));
    CHECK(fatal(command::stat(), "+OK 5 5\n"));
    CHECK(fatal(command::uidl_one(1), "+OK 2 abc\r\n"));
    CHECK(fatal(command::list_one(1), "+OK 2 2\r\n"));
    CHECK(fatal(command::list_one(1), "+OK 2 many\r\n"));
    // After a refusal no dot is to be expected, whatever came before it.
    CHECK(fatal(command::uidl(), "+OK\r\n1 a\r\n-ERR failed\r\n"));
    CHECK(fatal(command::uidl(), "+OK\r\n1 \r\n-ERR failed\r\n"));
    CHECK(fatal(command::list(), "+OK\r\n1 1\r\n-err\r\n"));
    CHECK(fatal(command::capa(), "+OK\r\nTOP\r\n-ERR failed\r\n"));
    CHECK(fatal(command::lang_list(), "+OK\r\nen\r\n-ERR failed\r\n"));
    // Also if the sink wants no more.
    CHECK(fatal(command::list_to([](auto) { return pop3::flow::drain; }),
                "+OK\r\n1 1\r\n2 2\r\n-ERR failed\r\n"));
}

TEST_CASE("a command that leads to another state has led there: the session cannot be handed back")
{
    CHECK(test::feed_every_way(leaving(), "+OK\r\n").ok());
    CHECK(test::feed_every_way(leaving{errc::malformed_value}, "+OK\r\n").ec == errc::malformed_reply);
    CHECK(test::feed_every_way(leaving{errc::timed_out}, "+OK\r\n").ec == errc::timed_out);
    CHECK(test::feed_every_way(leaving{errc::malformed_value}, "-ERR\r\n").refused());
}

TEST_CASE("in a pipeline it is that reply's")
{
    const auto server = [](const std::string& line) {
        if (line == "STAT")
            return "+OK 5\r\n"s;
        if (line == "UIDL")
            return "+OK\r\n1 \r\n2 b\r\n.\r\n"s;
        if (line == "LIST 1" || line == "LIST 3")
            return "+OK 1 120\r\n"s.replace(4, 1, line.substr(5));
        return line.starts_with("LIST") ? "+OK\r\n"s : "+OK\r\n"s;
    };
    for (const bool announced : {true, false}) {
        for (const std::size_t piece : {1u, 100000u}) {
            command::pipeline several(announced, command::stat(), command::noop(), command::uidl(),
                                      command::noop());
            const auto talk = test::talk_ahead(several, server, piece);
            CHECK(talk.ok());
            CHECK(talk.unread.empty());
            const auto [stat, noop, uidl, last] = several.take();
            CHECK(stat.answered());
            CHECK(!stat);
            CHECK(stat.value_error() == errc::malformed_value);
            CHECK(stat.verb() == "STAT");
            CHECK(noop);
            CHECK(uidl.value_error() == errc::malformed_value);
            CHECK(last);

            std::vector<std::error_code> errors;
            command::range_pipeline range(
                announced, std::vector{command::list_one(1), command::list_one(2), command::list_one(3)},
                [&](std::size_t, pop3::reply<pop3::scan_listing> r) {
                    CHECK(r.answered());
                    CHECK(r.has_value() != bool(r.value_error()));
                    errors.push_back(r.value_error());
                });
            CHECK(test::talk_ahead(range, server, piece).ok());
            CHECK(errors == std::vector<std::error_code>{{}, errc::malformed_value, {}});
        }
    }
}

TEST_SUITE_END();
