// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Commands of users: what models `command_value`, what does not, and how those that do are read.

#include <pop3/command/capa.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/dele.hpp>
#include <pop3/command/hello.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/rset.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/command/user.hpp>
#include <pop3/error.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::command_for;
using pop3::command_value;
using pop3::errc;
using pop3::reply_shape;
using pop3::command::command_line;

/// XTND ARCHIVE, as in the comment of `command_value`.
struct archive {
    static constexpr std::string_view verb = "XTND";
    static constexpr reply_shape shape = reply_shape::lines;
    using result_type = std::vector<std::string>;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(command_line& line) const
    {
        line.verb(verb).argument("ARCHIVE");
    }

    std::error_code read_line(std::string_view line, result_type& into, const pop3::limits& limits)
    {
        if (into.size() == limits.listing_entries)
            return errc::listing_entries_limit;
        into.emplace_back(line);
        return {};
    }
};

/// A single line, with a value that is move-only.
struct motd {
    static constexpr std::string_view verb = "MOTD";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = std::unique_ptr<std::string>;
    using permitted_in = pop3::states<pop3::authorization, pop3::transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_status(std::string_view text, result_type& into, const pop3::limits&)
    {
        if (text.empty())
            return std::make_error_code(std::errc::no_message);
        into = std::make_unique<std::string>(text);
        return {};
    }
};

/// A single line without a value.
struct bump {
    static constexpr std::string_view verb = "BUMP";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(command_line& line) const
    {
        line.verb(verb);
    }
};

/// Octets, of which nothing is kept but how many they are.
struct measure {
    static constexpr std::string_view verb = "RETR";
    static constexpr reply_shape shape = reply_shape::octets;
    using result_type = std::size_t;
    using permitted_in = pop3::states<pop3::transaction>;

    explicit measure(int& calls) : calls_(&calls)
    {
    }

    void write(command_line& line) const
    {
        line.verb(verb).number(1);
    }

    std::error_code read_octets(std::span<const char> piece, result_type& into, const pop3::limits& limits)
    {
        ++*calls_;
        into += piece.size();
        return into > limits.message_octets ? errc::message_octets_limit : std::error_code();
    }

private:
    int* calls_;
};

/// Lines of which none is wanted.
struct ignore_lines : bump {
    static constexpr reply_shape shape = reply_shape::lines;
    using result_type = int;

    std::error_code read_line(std::string_view, int&, const pop3::limits&)
    {
        return {};
    }
};

static_assert(command_value<archive>);
static_assert(command_value<motd>);
static_assert(command_value<bump>);
static_assert(command_value<measure>);
static_assert(command_value<ignore_lines>);

static_assert(command_for<archive, pop3::transaction>);
static_assert(!command_for<archive, pop3::authorization>);
static_assert(!command_for<archive, pop3::update>);
static_assert(command_for<motd, pop3::transaction>);
static_assert(command_for<motd, pop3::authorization>);
static_assert(!command_for<motd, pop3::awaiting_password>);

// What a command needs, each taken away from one that is complete.

struct no_verb {
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;
    void write(command_line&) const;
};

struct no_shape {
    [[maybe_unused]] static constexpr std::string_view verb = "X";
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;
    void write(command_line&) const;
};

struct no_result {
    [[maybe_unused]] static constexpr std::string_view verb = "X";
    static constexpr reply_shape shape = reply_shape::single_line;
    using permitted_in = pop3::states<pop3::transaction>;
    void write(command_line&) const;
};

struct no_states {
    [[maybe_unused]] static constexpr std::string_view verb = "X";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    void write(command_line&) const;
};

struct no_write {
    static constexpr std::string_view verb = "X";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;
};

struct changes_when_written : no_write {
    void write(command_line&);
};

struct writes_on_something_else : no_write {
    void write(std::string&) const;
};

struct verb_is_no_text : bump {
    static constexpr int verb = 1;
};

struct value_but_no_read_status : bump {
    using result_type = int;
};

struct reads_status_into_another_type : bump {
    using result_type = int;
    std::error_code read_status(std::string_view, std::string&, const pop3::limits&);
};

struct reads_status_without_saying_how_it_went : bump {
    using result_type = int;
    void read_status(std::string_view, int&, const pop3::limits&);
};

struct lines_but_no_read_line : bump {
    static constexpr reply_shape shape = reply_shape::lines;
    using result_type = int;
};

struct lines_but_reads_octets : lines_but_no_read_line {
    std::error_code read_octets(std::span<const char>, int&, const pop3::limits&);
};

struct reads_lines_without_limits : lines_but_no_read_line {
    std::error_code read_line(std::string_view, int&);
};

struct octets_but_no_read_octets : bump {
    static constexpr reply_shape shape = reply_shape::octets;
    using result_type = int;
};

struct octets_but_reads_lines : octets_but_no_read_octets {
    std::error_code read_line(std::string_view, int&, const pop3::limits&);
};

struct not_default {
    explicit not_default(int);
};

struct result_cannot_be_made : bump {
    using result_type = not_default;
    std::error_code read_status(std::string_view, not_default&, const pop3::limits&);
};

struct cannot_be_moved : bump {
    cannot_be_moved() = default;
    cannot_be_moved(cannot_be_moved&&) = delete;
};

struct states_are_no_list : bump {
    using permitted_in = int;
};

static_assert(!command_value<no_verb>);
static_assert(!command_value<no_shape>);
static_assert(!command_value<no_result>);
static_assert(!command_value<no_states>);
static_assert(!command_value<no_write>);
static_assert(!command_value<changes_when_written>);
static_assert(!command_value<writes_on_something_else>);
static_assert(!command_value<verb_is_no_text>);
static_assert(!command_value<value_but_no_read_status>);
static_assert(!command_value<reads_status_into_another_type>);
static_assert(!command_value<reads_status_without_saying_how_it_went>);
static_assert(!command_value<lines_but_no_read_line>);
static_assert(!command_value<lines_but_reads_octets>);
static_assert(!command_value<reads_lines_without_limits>);
static_assert(!command_value<octets_but_no_read_octets>);
static_assert(!command_value<octets_but_reads_lines>);
static_assert(!command_value<result_cannot_be_made>);
static_assert(!command_value<cannot_be_moved>);
static_assert(!command_for<states_are_no_list, pop3::transaction>);
static_assert(!command_value<int>);
static_assert(!command_value<void>);
static_assert(!command_value<std::string>);

// The commands of the library, and the states that RFC 1939 (and 2449, 1460) permits them in.

template <class Command, class Permitted, class... State>
constexpr bool agree = ((command_for<Command, State> == Permitted::template contain<State>) && ...);

template <class Command, class... Permitted>
constexpr bool only_in = agree<Command, pop3::states<Permitted...>, pop3::authorization,
                               pop3::awaiting_password, pop3::transaction, pop3::update, pop3::closed>;

namespace command = pop3::command;

static_assert(command_value<command::hello>);
static_assert(command_value<command::quit>);
static_assert(only_in<command::hello>);
static_assert(only_in<command::quit>);
static_assert(only_in<command::user, pop3::authorization>);
static_assert(only_in<command::pass, pop3::awaiting_password>);
static_assert(only_in<command::capa, pop3::authorization, pop3::transaction>);
static_assert(only_in<command::stat, pop3::transaction>);
static_assert(only_in<command::list, pop3::transaction>);
static_assert(only_in<command::list_one, pop3::transaction>);
static_assert(only_in<command::uidl, pop3::transaction>);
static_assert(only_in<command::uidl_one, pop3::transaction>);
static_assert(only_in<command::retr, pop3::transaction>);
static_assert(only_in<command::top, pop3::transaction>);
static_assert(only_in<command::dele, pop3::transaction>);
static_assert(only_in<command::rset, pop3::transaction>);
static_assert(only_in<command::noop, pop3::transaction>);
static_assert(only_in<command::last, pop3::transaction>);

// Which of them puts a reusable secret on the wire.

struct says_it_has_none : bump {
    static constexpr bool reveals_secret = false;
};

struct says_it_has_one : bump {
    static constexpr bool reveals_secret = true;
};

static_assert(pop3::reveals_secret<command::pass>);
static_assert(!pop3::reveals_secret<command::user>);
static_assert(!pop3::reveals_secret<command::retr>);
static_assert(!pop3::reveals_secret<bump>);
static_assert(!pop3::reveals_secret<says_it_has_none>);
static_assert(pop3::reveals_secret<says_it_has_one>);

static_assert(pop3::detail::leaves_state<command::user>);
static_assert(pop3::detail::leaves_state<command::pass>);
static_assert(!pop3::detail::leaves_state<command::stat>);
static_assert(!pop3::detail::leaves_state<bump>);

// A number is not taken for a command by accident, nor a word for a user's name.

template <class To, class From>
concept converts_silently = std::is_convertible_v<From, To>;

static_assert(!converts_silently<command::retr, int>);
static_assert(!converts_silently<command::dele, int>);
static_assert(!converts_silently<command::list_one, int>);
static_assert(!converts_silently<command::uidl_one, int>);
static_assert(!converts_silently<command::user, const char*>);
static_assert(!converts_silently<command::pass, pop3::secret>);

} // namespace

TEST_CASE("a user's command: lines")
{
    CHECK(test::written(archive()) == "XTND ARCHIVE\r\n");

    auto got = test::feed_every_way(archive(), "+OK here\r\none\r\n..two\r\n\r\n. \r\n.\r\n+OK next\r\n");
    REQUIRE(got.ok());
    CHECK(*got.reply == std::vector<std::string>{"one", ".two", "", " "});
    CHECK(got.rest == "+OK next\r\n");

    got = test::feed_every_way(archive(), "+OK\r\n.\r\n");
    REQUIRE(got.ok());
    CHECK(got.reply->empty());

    // Only a bare dot is the end.
    CHECK(!test::feed_every_way(archive(), "+OK\r\n..\r\n.x\r\n").done);
    CHECK(test::feed_every_way(archive(), "+OK\r\na\n.\r\n").ec == errc::malformed_reply);
    CHECK(test::feed_every_way(archive(), "+OK\r\na\r\n.\n").ec == errc::malformed_reply);

    got = test::feed_every_way(archive(), "-ERR [SYS/PERM] no such archive\r\n");
    REQUIRE(got.refused());
    CHECK(got.reply.error().verb() == "XTND");
    CHECK(got.reply.error().code() == pop3::response_code::sys_perm);

    pop3::limits limits;
    limits.listing_entries = 2;
    CHECK(test::feed_every_way(archive(), "+OK\r\na\r\nb\r\n.\r\n", limits).ok());
    CHECK(test::feed_every_way(archive(), "+OK\r\na\r\nb\r\nc\r\n.\r\n", limits).ec ==
          errc::listing_entries_limit);
}

TEST_CASE("a user's command: a single line with a value, which may be move-only")
{
    CHECK(test::written(motd()) == "MOTD\r\n");
    auto got = test::feed(motd(), "+OK make haste slowly\r\n.\r\n");
    REQUIRE(got.ok());
    const auto value = *std::move(got.reply);
    CHECK(*value == "make haste slowly");
    CHECK(got.rest == ".\r\n");

    // The command's own error, of any category.
    got = test::feed(motd(), "+OK\r\n");
    CHECK(got.done);
    CHECK(got.ec == std::errc::no_message);
}

TEST_CASE("a user's command: a single line without a value")
{
    CHECK(test::feed_every_way(bump(), "+OK\r\n").ok());
    CHECK(test::feed_every_way(bump(), "+OK anything\r\n").ok());
    CHECK(test::feed_every_way(bump(), "-ERR\r\n").refused());
}

TEST_CASE("a user's command: octets, handed on as they come")
{
    int calls = 0;
    auto got = test::feed_every_way(measure(calls), "+OK\r\nab\r\n..\r\n.\r\n+OK");
    REQUIRE(got.ok());
    CHECK(*got.reply == 7);
    CHECK(got.rest == "+OK");

    calls = 0;
    got = test::feed(measure(calls), "+OK\r\n.\r\n");
    CHECK(got.ok());
    CHECK(calls == 0);

    // After an error the command is not asked again, though there are more pieces.
    pop3::limits limits;
    limits.message_octets = 3;
    calls = 0;
    got = test::feed(measure(calls), "+OK\r\nab\r\n..c\r\n..d\r\n.\r\n", limits);
    CHECK(got.ec == errc::message_octets_limit);
    CHECK(calls == 1);
}

TEST_CASE("a user's command: lines that nobody wants are read to their end")
{
    const auto got = test::feed_every_way(ignore_lines(), "+OK\r\na\r\nb\r\n.\r\nrest");
    CHECK(got.ok());
    CHECK(got.rest == "rest");
}
