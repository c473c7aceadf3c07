// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Every command with its reply: as the RFCs show them, as real servers write them, broken, and too large.

#include <pop3/command/capa.hpp>
#include <pop3/command/dele.hpp>
#include <pop3/command/exchange.hpp>
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
#include <pop3/limits.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
namespace command = pop3::command;
using pop3::errc;
using pop3::response_code;
using test::feed_every_way;
using test::written;

const pop3::secret secret("tanstaaf");

template <class Visit>
void for_each_transaction_command(Visit visit)
{
    visit(command::stat());
    visit(command::list());
    visit(command::list_one(1));
    visit(command::uidl());
    visit(command::uidl_one(1));
    visit(command::retr(1));
    visit(command::top(1, 0));
    visit(command::dele(1));
    visit(command::rset());
    visit(command::noop());
    visit(command::last());
}

template <class Visit>
void for_each_command(Visit visit)
{
    visit(command::hello());
    visit(command::user("mrose"));
    visit(command::pass(secret));
    visit(command::capa());
    visit(command::quit());
    for_each_transaction_command(visit);
}

template <class Command>
bool is_refusal(const test::outcome<Command>& got, std::string_view verb, std::string_view text)
{
    return got.refused() && got.reply.error().verb() == verb && got.reply.error().text() == text;
}

/// A reply of `Command` that is fine, but of `n` octets in its first line.
template <class Command>
std::string with_status_line_of(std::size_t n)
{
    std::string line = "+OK ";
    if constexpr (std::is_same_v<Command, command::stat> || std::is_same_v<Command, command::list_one>)
        line += "1 2 ";
    else if constexpr (std::is_same_v<Command, command::uidl_one> || std::is_same_v<Command, command::last>)
        line += "1 ";
    line.resize(n, 'x');
    line += "\r\n";
    if constexpr (Command::shape != pop3::reply_shape::single_line)
        line += ".\r\n";
    return line;
}

} // namespace

TEST_SUITE_BEGIN("exchange");

TEST_CASE("what each command writes")
{
    CHECK(written(command::user("mrose")) == "USER mrose\r\n");
    CHECK(written(command::pass(secret)) == "PASS tanstaaf\r\n");
    CHECK(written(command::pass(pop3::secret(" two  words "))) == "PASS  two  words \r\n");
    CHECK(written(command::capa()) == "CAPA\r\n");
    CHECK(written(command::quit()) == "QUIT\r\n");
    CHECK(written(command::stat()) == "STAT\r\n");
    CHECK(written(command::list()) == "LIST\r\n");
    CHECK(written(command::list_one(2)) == "LIST 2\r\n");
    CHECK(written(command::uidl()) == "UIDL\r\n");
    CHECK(written(command::uidl_one(2)) == "UIDL 2\r\n");
    CHECK(written(command::retr(4294967295u)) == "RETR 4294967295\r\n");
    CHECK(written(command::top(1, 10)) == "TOP 1 10\r\n");
    CHECK(written(command::top(1, 0)) == "TOP 1 0\r\n");
    for (const long lines : {-1L, -10L, std::numeric_limits<long>::min()})
        CHECK(test::write_error(command::top(1, lines)) == errc::invalid_argument);
    CHECK(test::write_error(command::top(1, static_cast<signed char>(-1))) == errc::invalid_argument);
    CHECK(written(command::top(1, std::numeric_limits<std::uint64_t>::max())) ==
          "TOP 1 18446744073709551615\r\n");
    CHECK(written(command::dele(1)) == "DELE 1\r\n");
    CHECK(written(command::rset()) == "RSET\r\n");
    CHECK(written(command::noop()) == "NOOP\r\n");
    CHECK(written(command::last()) == "LAST\r\n");
}

TEST_CASE("a greeting is read first, all else is written first")
{
    for_each_command([]<class Command>(Command) {
        constexpr bool greeting = std::is_same_v<Command, command::hello>;
        CHECK(command::exchange<Command>::first == (greeting ? command::next::read : command::next::write));
    });
}

TEST_CASE("a message-number that is none is not sent")
{
    const pop3::message_number bad[] = {0, -1, std::int64_t{1} << 32,
                                        std::numeric_limits<std::uint64_t>::max()};
    for (const auto number : bad) {
        CHECK(test::write_error(command::list_one(number)) == errc::invalid_argument);
        CHECK(test::write_error(command::uidl_one(number)) == errc::invalid_argument);
        CHECK(test::write_error(command::retr(number)) == errc::invalid_argument);
        CHECK(test::write_error(command::top(number, 0)) == errc::invalid_argument);
        CHECK(test::write_error(command::dele(number)) == errc::invalid_argument);
    }
}

TEST_CASE("an argument that would be another command is not sent")
{
    for (const auto bad : {""sv, "mrose\r\nDELE 1"sv, "mrose\n"sv, "mro\0se"sv, "\x7f"sv, "a\tb"sv}) {
        CAPTURE(bad);
        CHECK(test::write_error(command::user(bad)) == errc::invalid_argument);
        CHECK(test::write_error(command::pass(pop3::secret(bad))) == errc::invalid_argument);
    }
    CHECK(written(command::user(std::string(248, 'x'))).size() == 255);
    CHECK(test::write_error(command::user(std::string(249, 'x'))) == errc::command_too_long);
    CHECK(test::write_error(command::pass(pop3::secret(std::string(249, 'x')))) == errc::command_too_long);
}

TEST_CASE("-ERR is a refusal of each command, with its keyword, and the session goes on behind it")
{
    for_each_command([]<class Command>(const Command& c) {
        CAPTURE(Command::verb);
        struct row {
            std::string_view line;
            pop3::refusal refusal;
        };
        const std::string verb(Command::verb);
        const row rows[] = {
            {"-ERR", {verb, response_code::none, "", ""}},
            {"-ERR ", {verb, response_code::none, "", ""}},
            {"-err no", {verb, response_code::none, "", "no"}},
            {"-ERR [IN-USE] busy", {verb, response_code::in_use, "IN-USE", "busy"}},
            {"-ERR [X/Y]", {verb, response_code::other, "X/Y", ""}},
            {"-ERR login allowed only every 15 minutes",
             {verb, response_code::none, "", "login allowed only every 15 minutes"}},
        };
        for (const auto& [line, refusal] : rows) {
            const auto got = feed_every_way(c, std::string(line) + "\r\n+OK next\r\n");
            REQUIRE(got.refused());
            CHECK(got.reply.error() == refusal);
            CHECK(got.rest == "+OK next\r\n");
        }
    });
}

TEST_CASE("what is no reply is an error of each command")
{
    for_each_command([]<class Command>(const Command& c) {
        CAPTURE(Command::verb);
        for (const auto reply :
             {"\r\n"sv, "OK\r\n"sv, "+\r\n"sv, "+ \r\n"sv, "+ PDE4OTYu\r\n"sv, "+OK\n"sv, "-ERR\n"sv,
              "+O\r\n"sv, " +OK\r\n"sv, ".\r\n"sv, "1 120\r\n"sv, "* OK\r\n"sv, "220 smtp\r\n"sv, "\n"sv,
              "+OK 1 2\n.\r\n"sv, "XXXXXXXX\r\r\n"sv, "\x16\x03\x01\r\n"sv}) {
            CHECK(feed_every_way(c, reply).ec == errc::malformed_reply);
        }
    });
}

TEST_CASE("nothing is done before all of the reply is there")
{
    for_each_command([]<class Command>(const Command& c) {
        CAPTURE(Command::verb);
        for (const auto part : {""sv, "+"sv, "+OK"sv, "+OK 1 2\r"sv, "-ERR no"sv}) {
            const auto got = feed_every_way(c, part);
            CHECK(!got.done);
            CHECK(!got.ec);
            CHECK(got.rest == part);
        }
    });
    CHECK(!feed_every_way(command::list(), "+OK\r\n").done);
    CHECK(!feed_every_way(command::list(), "+OK\r\n1 120\r\n").done);
    CHECK(!feed_every_way(command::list(), "+OK\r\n1 120\r\n.").done);
    CHECK(!feed_every_way(command::list(), "+OK\r\n1 120\r\n.\r").done);
    CHECK(!feed_every_way(command::retr(1), "+OK\r\n").done);
    CHECK(!feed_every_way(command::retr(1), "+OK\r\na\r\n.\r").done);
    CHECK(!feed_every_way(command::capa(), "+OK\r\nTOP\r\n").done);
}

TEST_CASE("replies that have no value but +OK")
{
    for (const auto reply :
         {"+OK"sv, "+OK "sv, "+ok"sv, "+OK anything at all"sv, "+OK(mrose)"sv, "+OK [X] y"sv}) {
        CAPTURE(reply);
        const auto octets = std::string(reply) + "\r\nrest";
        const auto check = [&](const auto& c) {
            const auto got = feed_every_way(c, octets);
            CHECK(got.ok());
            CHECK(got.rest == "rest");
        };
        check(command::user("mrose"));
        check(command::pass(secret));
        check(command::quit());
        check(command::dele(1));
        check(command::rset());
        check(command::noop());
    }
}

// ---- RFC 1939

TEST_CASE("RFC 1939, section 10: the example session")
{
    constexpr auto message_1 = "From: a\r\n\r\nfirst\r\n"sv;
    constexpr auto message_2 = "From: b\r\n\r\n.second\r\n"sv;

    const auto greeting =
        feed_every_way(command::hello(), "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n");
    REQUIRE(greeting.ok());
    CHECK(greeting.reply->text == "POP3 server ready <1896.697170952@dbc.mtview.ca.us>");
    CHECK(greeting.reply->timestamp == "<1896.697170952@dbc.mtview.ca.us>");

    const auto stat = feed_every_way(command::stat(), "+OK 2 320\r\n");
    REQUIRE(stat.ok());
    CHECK(*stat.reply == pop3::drop_listing{2, 320});

    const auto list =
        feed_every_way(command::list(), "+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n");
    REQUIRE(list.ok());
    CHECK(*list.reply == std::vector<pop3::scan_listing>{{1, 120}, {2, 200}});

    const auto first =
        feed_every_way(command::retr(1), "+OK 120 octets\r\n"s + std::string(message_1) + ".\r\n");
    REQUIRE(first.ok());
    CHECK(first.reply->octets() == message_1);
    CHECK(feed_every_way(command::dele(1), "+OK message 1 deleted\r\n").ok());

    const auto second =
        feed_every_way(command::retr(2), "+OK 200 octets\r\nFrom: b\r\n\r\n..second\r\n.\r\n");
    REQUIRE(second.ok());
    CHECK(second.reply->octets() == message_2);
    CHECK(second.reply->body() == ".second\r\n");
    CHECK(feed_every_way(command::dele(2), "+OK message 2 deleted\r\n").ok());

    CHECK(feed_every_way(command::quit(), "+OK dewey POP3 server signing off (maildrop empty)\r\n").ok());
}

TEST_CASE("RFC 1939, section 5: the examples")
{
    const auto one = feed_every_way(command::list_one(2), "+OK 2 200\r\n");
    REQUIRE(one.ok());
    CHECK(*one.reply == pop3::scan_listing{2, 200});
    CHECK(is_refusal(
        feed_every_way(command::list_one(3), "-ERR no such message, only 2 messages in maildrop\r\n"), "LIST",
        "no such message, only 2 messages in maildrop"));

    CHECK(is_refusal(feed_every_way(command::dele(2), "-ERR message 2 already deleted\r\n"), "DELE",
                     "message 2 already deleted"));
    CHECK(
        is_refusal(feed_every_way(command::retr(9), "-ERR no such message\r\n"), "RETR", "no such message"));
    CHECK(feed_every_way(command::noop(), "+OK\r\n").ok());
    CHECK(feed_every_way(command::rset(), "+OK maildrop has 2 messages (320 octets)\r\n").ok());
}

TEST_CASE("RFC 1939, section 6: the examples")
{
    CHECK(feed_every_way(command::quit(), "+OK dewey POP3 server signing off (2 messages left)\r\n").ok());
    CHECK(is_refusal(feed_every_way(command::quit(), "-ERR some deleted messages not removed\r\n"), "QUIT",
                     "some deleted messages not removed"));
}

TEST_CASE("RFC 1939, section 7: the examples")
{
    const auto top = feed_every_way(command::top(1, 10), "+OK\r\nSubject: x\r\n\r\nline 1\r\n.\r\n");
    REQUIRE(top.ok());
    CHECK(top.reply->header() == "Subject: x\r\n");
    CHECK(top.reply->body() == "line 1\r\n");
    CHECK(is_refusal(feed_every_way(command::top(100, 3), "-ERR no such message\r\n"), "TOP",
                     "no such message"));

    const auto uidl = feed_every_way(command::uidl(), "+OK\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n"
                                                      "2 QhdPYR:00WBw1Ph7x7\r\n.\r\n");
    REQUIRE(uidl.ok());
    CHECK(*uidl.reply ==
          std::vector<pop3::unique_id_listing>{{1, "whqtswO00WBw418f9t5JxYwZ"}, {2, "QhdPYR:00WBw1Ph7x7"}});
    const auto one = feed_every_way(command::uidl_one(2), "+OK 2 QhdPYR:00WBw1Ph7x7\r\n");
    REQUIRE(one.ok());
    CHECK(*one.reply == pop3::unique_id_listing{2, "QhdPYR:00WBw1Ph7x7"});
    CHECK(is_refusal(
        feed_every_way(command::uidl_one(3), "-ERR no such message, only 2 messages in maildrop\r\n"), "UIDL",
        "no such message, only 2 messages in maildrop"));

    CHECK(feed_every_way(command::user("mrose"), "+OK mrose is a real hoopy frood\r\n").ok());
    CHECK(is_refusal(feed_every_way(command::user("frated"), "-ERR sorry, no mailbox for frated here\r\n"),
                     "USER", "sorry, no mailbox for frated here"));
    CHECK(feed_every_way(command::pass(secret), "+OK mrose's maildrop has 2 messages (320 octets)\r\n").ok());
    CHECK(is_refusal(feed_every_way(command::pass(secret), "-ERR maildrop already locked\r\n"), "PASS",
                     "maildrop already locked"));
}

// ---- RFC 2449

TEST_CASE("RFC 2449, section 5: CAPA")
{
    const auto got =
        feed_every_way(command::capa(), "+OK Capability list follows\r\nTOP\r\nUSER\r\n"
                                        "SASL CRAM-MD5 KERBEROS_V4\r\nRESP-CODES\r\nLOGIN-DELAY 900\r\n"
                                        "PIPELINING\r\nEXPIRE 60\r\nUIDL\r\n"
                                        "IMPLEMENTATION Shlemazle-Plotz-v302\r\n.\r\n");
    REQUIRE(got.ok());
    pop3::capabilities expected;
    expected.top = expected.user = expected.resp_codes = expected.pipelining = expected.uidl = true;
    expected.sasl = {"CRAM-MD5", "KERBEROS_V4"};
    expected.login_delay = {std::chrono::seconds(900), false};
    expected.expire = {60, false};
    expected.implementation = "Shlemazle-Plotz-v302";
    CHECK(*got.reply == expected);
}

TEST_CASE("RFC 2449, section 8.1: the response codes")
{
    auto got = feed_every_way(command::pass(secret),
                              "-ERR [LOGIN-DELAY] minimum time between mail checks violation\r\n");
    REQUIRE(got.refused());
    CHECK(got.reply.error().code() == response_code::login_delay);
    CHECK(got.reply.error().text() == "minimum time between mail checks violation");

    got = feed_every_way(command::pass(secret), "-ERR [IN-USE] Do you have another POP session running?\r\n");
    REQUIRE(got.refused());
    CHECK(got.reply.error().code() == response_code::in_use);
}

// ---- Servers that do it their own way

TEST_CASE("greetings as servers write them")
{
    struct row {
        std::string_view line;
        std::string_view text;
        std::string_view timestamp;
    };
    constexpr row rows[] = {
        {"+OK", "", ""},
        {"+OK ", "", ""},
        {"+ok", "", ""},
        {"+OK Hello there.", "Hello there.", ""},
        {"+OK <1.2@twisted>", "<1.2@twisted>", "<1.2@twisted>"},
        {"+OK POP3 perditon ready on 127.0.0.1 0002e40d", "POP3 perditon ready on 127.0.0.1 0002e40d", ""},
        {"+OK Dovecot (Debian) ready. <767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>",
         "Dovecot (Debian) ready. <767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>",
         "<767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>"},
    };
    for (const auto& [line, text, timestamp] : rows) {
        const auto got = feed_every_way(command::hello(), std::string(line) + "\r\n");
        REQUIRE(got.ok());
        CHECK(got.reply->text == text);
        CHECK(got.reply->timestamp == timestamp);
    }
    CHECK(is_refusal(feed_every_way(command::hello(), "-ERR DavMail configuration exception: refused\r\n"),
                     "", "DavMail configuration exception: refused"));
}

TEST_CASE("STAT as servers write it")
{
    const auto value = [](std::string_view reply) {
        const auto got = feed_every_way(command::stat(), reply);
        REQUIRE(got.ok());
        return *got.reply;
    };
    CHECK(value("+OK 10 3222118\r\n") == pop3::drop_listing{10, 3222118});
    CHECK(value("+OK 0 0\r\n") == pop3::drop_listing{0, 0});
    CHECK(value("+ok   2   320   octets in 2 messages\r\n") == pop3::drop_listing{2, 320});
    CHECK(value("+OK 1 2147483648\r\n") == pop3::drop_listing{1, 2147483648u});
    CHECK(value("+OK 4294967296 18446744073709551615\r\n") ==
          pop3::drop_listing{4294967296u, std::numeric_limits<std::uint64_t>::max()});
    for (const auto reply :
         {"+OK\r\n"sv, "+OK \r\n"sv, "+OK 2\r\n"sv, "+OK 2 -320\r\n"sv, "+OK -1 320\r\n"sv,
          "+OK 2 18446744073709551616\r\n"sv, "+OK two messages\r\n"sv, "+OK 2 320\r\r\n"sv}) {
        CAPTURE(reply);
        CHECK(feed_every_way(command::stat(), reply).ec == errc::malformed_value);
    }
}

TEST_CASE("LIST as servers write it")
{
    const auto value = [](std::string_view reply) {
        const auto got = feed_every_way(command::list(), reply);
        REQUIRE(got.ok());
        return *got.reply;
    };
    using listings = std::vector<pop3::scan_listing>;
    CHECK(value("+OK\r\n.\r\n") == listings{});
    CHECK(value("+ok \r\n1   232\r\n  2 245  \r\n.\r\n") == listings{{1, 232}, {2, 245}});
    CHECK(value("+OK POP3 clients that break here, they violate STD53.\r\n1 232\r\n.\r\n") ==
          listings{{1, 232}});
    // Deleted messages leave gaps; some servers list them with no size.
    CHECK(value("+OK\r\n2 245\r\n5 461\r\n10 222\r\n.\r\n") == listings{{2, 245}, {5, 461}, {10, 222}});
    CHECK(value("+OK\r\n1 0\r\n2 245\r\n.\r\n") == listings{{1, 0}, {2, 245}});
    CHECK(value("+OK\r\n2 1\r\n1 2\r\n1 2\r\n.\r\n") == listings{{2, 1}, {1, 2}, {1, 2}});
    CHECK(value("+OK\r\n4294967295 18446744073709551615\r\n.\r\n") ==
          listings{{4294967295u, std::numeric_limits<std::uint64_t>::max()}});
    CHECK(value("+OK\r\n1 120 more\r\n.\r\n") == listings{{1, 120}});
    for (const auto entry : {"1 -120"sv, "1 18446744073709551616"sv, "0 120"sv, "4294967296 1"sv, "1"sv, ""sv,
                             "+OK 1 120"sv, "1\t120"sv, "1 120\r"sv, "-ERROR"sv}) {
        CAPTURE(entry);
        CHECK(feed_every_way(command::list(), "+OK\r\n" + std::string(entry) + "\r\n.\r\n").ec ==
              errc::malformed_value);
    }
    CHECK(feed_every_way(command::list(), "+OK\r\n1 120\n2 200\r\n.\r\n").ec == errc::malformed_reply);
    CHECK(feed_every_way(command::list(), "+OK\r\n1 120\r\n.\n").ec == errc::malformed_reply);
    // Dot-stuffing is undone here as well, if there is ever a need.
    CHECK(value("+OK\r\n.1 120\r\n.\r\n") == listings{{1, 120}});
}

TEST_CASE("LIST n and UIDL n: the reply must be about the message that was asked for")
{
    auto one = feed_every_way(command::list_one(1), "+OK 01 222\r\n");
    REQUIRE(one.ok());
    CHECK(*one.reply == pop3::scan_listing{1, 222});
    for (const auto reply : {"+OK\r\n"sv, "+OK 1\r\n"sv, "+OK 1 -1\r\n"sv, "+OK 0 1\r\n"sv, "+OK 222\r\n"sv,
                             "+OK 4294967297 1\r\n"sv}) {
        CAPTURE(reply);
        CHECK(feed_every_way(command::list_one(1), reply).ec == errc::malformed_value);
    }
    for (const auto reply : {"+OK 2 222\r\n"sv, "+OK 2 x\r\n"sv}) {
        CAPTURE(reply);
        CHECK(feed_every_way(command::list_one(1), reply).ec == errc::malformed_reply);
    }

    auto id = feed_every_way(command::uidl_one(1), "+OK  1  two words \r\n");
    REQUIRE(id.ok());
    CHECK(*id.reply == pop3::unique_id_listing{1, "two words"});
    // Twisted gives no number: "02.eml".
    for (const auto reply :
         {"+OK\r\n"sv, "+OK 02.eml\r\n"sv, "+OK 2\r\n"sv, "+OK 1\r\n"sv, "+OK 1 \r\n"sv, "+OK abc 1\r\n"sv}) {
        CAPTURE(reply);
        CHECK(feed_every_way(command::uidl_one(1), reply).ec == errc::malformed_value);
    }
    CHECK(feed_every_way(command::uidl_one(1), "+OK 2 abc\r\n").ec == errc::malformed_reply);
}

TEST_CASE("UIDL as servers write it")
{
    const auto value = [](std::string_view reply) {
        const auto got = feed_every_way(command::uidl(), reply);
        REQUIRE(got.ok());
        return *got.reply;
    };
    using listings = std::vector<pop3::unique_id_listing>;
    CHECK(value("+OK\r\n.\r\n") == listings{});
    CHECK(value("+OK unique-id listing follows\r\n1 1795427488.1\r\n.\r\n") == listings{{1, "1795427488.1"}});
    CHECK(value("+OK \r\n2    a\r\n7 b\r\n.\r\n") == listings{{2, "a"}, {7, "b"}});
    CHECK(value("+OK\r\n1 two words\r\n2 j\xc3\xbcrgen\r\n3 \xff\r\n.\r\n") ==
          listings{{1, "two words"}, {2, "j\xc3\xbcrgen"}, {3, "\xff"}});
    // Identical messages may have equal unique-ids: both are there.
    CHECK(value("+OK\r\n1 same\r\n2 same\r\n.\r\n") == listings{{1, "same"}, {2, "same"}});
    const std::string long_id(100, 'x');
    CHECK(value("+OK\r\n1 " + long_id + "\r\n.\r\n") == listings{{1, long_id}});
    // An id that is a dot does not end the listing.
    CHECK(value("+OK\r\n1 .\r\n.\r\n") == listings{{1, "."}});
    for (const auto entry :
         {"1"sv, "1 "sv, "0 a"sv, "a"sv, "02.eml"sv, ""sv, "1 a\rb"sv, "1 a\x1b"sv, "1 a\0"sv, "+OK 1 a"sv}) {
        CAPTURE(entry);
        CHECK(feed_every_way(command::uidl(), "+OK\r\n" + std::string(entry) + "\r\n.\r\n").ec ==
              errc::malformed_value);
    }
}

TEST_CASE("LAST as servers write it")
{
    const auto value = [](std::string_view reply) {
        const auto got = feed_every_way(command::last(), reply);
        REQUIRE(got.ok());
        return *got.reply;
    };
    CHECK(value("+OK 10\r\n") == pop3::message_number(10));
    CHECK(value("+OK 0\r\n") == std::nullopt);
    CHECK(value("+OK  7  is the last\r\n") == pop3::message_number(7));
    CHECK(value("+OK 4294967295\r\n") == pop3::message_number(4294967295u));
    for (const auto reply : {"+OK\r\n"sv, "+OK -1\r\n"sv, "+OK 4294967296\r\n"sv, "+OK none\r\n"sv})
        CHECK(feed_every_way(command::last(), reply).ec == errc::malformed_value);
    CHECK(is_refusal(feed_every_way(command::last(), "-ERR Unrecognized command\r\n"), "LAST",
                     "Unrecognized command"));
}

TEST_CASE("CAPA as servers write it")
{
    auto got = feed_every_way(command::capa(),
                              "+OK\r\nTOP\r\nEXPIRENEVER\r\n10\r\nPIPELINE\r\nSASL\r\nUIDL\r\n.\r\n");
    REQUIRE(got.ok());
    CHECK(got.reply->top);
    CHECK(got.reply->uidl);
    CHECK(!got.reply->pipelining);
    CHECK(!got.reply->expire);
    CHECK(got.reply->sasl.empty());
    CHECK(got.reply->other == std::vector<std::string>{"EXPIRENEVER", "10", "PIPELINE"});

    got = feed_every_way(command::capa(), "+OK\r\n.\r\n");
    REQUIRE(got.ok());
    CHECK(*got.reply == pop3::capabilities());

    CHECK(is_refusal(feed_every_way(command::capa(), "-ERR unknown command\r\n"), "CAPA", "unknown command"));
    CHECK(feed_every_way(command::capa(), "+OK\r\nTOP\nUSER\r\n.\r\n").ec == errc::malformed_reply);
}

TEST_CASE("RETR and TOP: the status text is not believed, nor needed")
{
    constexpr auto message = "A: b\r\n\r\n.\r\nend\r\n"sv;
    for (const auto status : {"+OK"sv, "+OK "sv, "+ok"sv, "+OK 232 octets"sv, "+OK 1 octets follow."sv,
                              "+OK 18446744073709551616"sv, "+OK Message follows"sv, "+OK -5"sv}) {
        const auto reply = std::string(status) + "\r\nA: b\r\n\r\n..\r\nend\r\n.\r\n+OK next\r\n";
        const auto check = [&](const auto& got) {
            REQUIRE(got.ok());
            CHECK(got.reply->octets() == message);
            CHECK(got.rest == "+OK next\r\n");
        };
        check(feed_every_way(command::retr(1), reply));
        check(feed_every_way(command::top(1, 9), reply));
    }
}

TEST_CASE("RETR: any message comes through as it is")
{
    const auto value = [](std::string_view body) {
        const auto got = feed_every_way(command::retr(1), "+OK\r\n" + std::string(body) + ".\r\n-ERR\r\n");
        REQUIRE(got.ok());
        CHECK(got.rest == "-ERR\r\n");
        return got.reply->octets();
    };
    CHECK(value("") == "");
    CHECK(value("\r\n") == "\r\n");
    CHECK(value("+OK fake\r\n-ERR fake\r\n") == "+OK fake\r\n-ERR fake\r\n");
    CHECK(value("\xff\x80\0\x1b\r\n"sv) == "\xff\x80\0\x1b\r\n"sv);
    CHECK(value("bare \r CR\r\n") == "bare \r CR\r\n");
    CHECK(value("all\r\r\nlines\r\r\n") == "all\r\r\nlines\r\r\n");
    CHECK(value("a\n.\nb\r\n") == "a\n.\nb\r\n");
    CHECK(value("a\n.\r\nb\r\n") == "a\n.\r\nb\r\n");
    CHECK(value("a\r\n.\n+OK\r\n") == "a\r\n\n+OK\r\n");
    CHECK(value("a\r.\r\nb\r\n") == "a\r.\r\nb\r\n");
    CHECK(value("one extra line\r\n\r\n") == "one extra line\r\n\r\n");
}

// ---- Limits

TEST_CASE("limits::response_line: the status line of each command")
{
    pop3::limits bounds;
    bounds.response_line = 40;
    for_each_command([&]<class Command>(const Command& c) {
        CAPTURE(Command::verb);
        CHECK(feed_every_way(c, with_status_line_of<Command>(40), bounds).ok());
        CHECK(feed_every_way(c, with_status_line_of<Command>(41), bounds).ec == errc::response_line_limit);
        CHECK(feed_every_way(c, "-ERR " + std::string(35, 'x') + "\r\n", bounds).refused());
        CHECK(feed_every_way(c, "-ERR " + std::string(36, 'x') + "\r\n", bounds).ec ==
              errc::response_line_limit);
        // No end in sight: it is not waited for.
        CHECK(feed_every_way(c, std::string(42, 'x'), bounds).ec == errc::response_line_limit);
    });
    CHECK(test::feed(command::noop(), "+OK " + std::string(8188, 'x') + "\r\n").ok());
    CHECK(test::feed(command::noop(), "+OK " + std::string(8189, 'x') + "\r\n").ec ==
          errc::response_line_limit);
}

TEST_CASE("limits::response_line: which error it is does not depend on how the line comes")
{
    pop3::limits bounds;
    bounds.response_line = 10;
    for (std::size_t size = 8; size != 15; ++size) {
        for (const auto end : {"\n"sv, "\r\n"sv, "\r\r\n"sv}) {
            auto line = std::string(size, 'x') + std::string(end);
            const auto expected = line.size() > 12 ? errc::response_line_limit : errc::malformed_reply;
            CHECK(feed_every_way(command::noop(), line, bounds).ec == expected);
            const bool entry = line.size() <= 12 && line.ends_with("\r\n"); // with something in it
            CHECK(feed_every_way(command::list(), "+OK\r\n" + line + ".\r\n", bounds).ec ==
                  (entry ? errc::malformed_value : expected));
        }
    }
}

TEST_CASE("limits::response_line: lines of a listing, but not those of a message")
{
    pop3::limits bounds;
    bounds.response_line = 20;
    bounds.unique_id = 100;
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 " + std::string(18, 'x') + "\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 " + std::string(19, 'x') + "\r\n.\r\n", bounds).ec ==
          errc::response_line_limit);
    CHECK(feed_every_way(command::list(), "+OK\r\n1 120" + std::string(15, ' ') + "\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::list(), "+OK\r\n1 120" + std::string(16, ' ') + "\r\n.\r\n", bounds).ec ==
          errc::response_line_limit);
    CHECK(feed_every_way(command::capa(), "+OK\r\n" + std::string(20, 'X') + "\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::capa(), "+OK\r\n" + std::string(21, 'X') + "\r\n.\r\n", bounds).ec ==
          errc::response_line_limit);

    const std::string line(20'000, 'x');
    for (const auto& got : {test::feed(command::retr(1), "+OK\r\n" + line + "\r\n.\r\n", bounds),
                            test::feed(command::top(1, 1), "+OK\r\n" + line + "\r\n.\r\n", bounds)}) {
        REQUIRE(got.ok());
        CHECK(got.reply->octets() == line + "\r\n");
    }
}

TEST_CASE("limits::capabilities")
{
    pop3::limits bounds;
    bounds.capabilities = 3;
    // All lines count, known or not.
    CHECK(feed_every_way(command::capa(), "+OK\r\nTOP\r\nX\r\nTOP\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::capa(), "+OK\r\nTOP\r\nX\r\nTOP\r\nTOP\r\n.\r\n", bounds).ec ==
          errc::capabilities_limit);
    bounds.capabilities = 0;
    CHECK(feed_every_way(command::capa(), "+OK\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::capa(), "+OK\r\nTOP\r\n.\r\n", bounds).ec == errc::capabilities_limit);
}

TEST_CASE("limits::listing_entries")
{
    pop3::limits bounds;
    bounds.listing_entries = 2;
    CHECK(feed_every_way(command::list(), "+OK\r\n1 1\r\n2 1\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::list(), "+OK\r\n1 1\r\n2 1\r\n3 1\r\n.\r\n", bounds).ec ==
          errc::listing_entries_limit);
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 a\r\n2 b\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n", bounds).ec ==
          errc::listing_entries_limit);
    bounds.listing_entries = 0;
    CHECK(feed_every_way(command::list(), "+OK\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::list(), "+OK\r\n1 1\r\n.\r\n", bounds).ec == errc::listing_entries_limit);
}

TEST_CASE("limits::unique_id")
{
    pop3::limits bounds;
    bounds.unique_id = 70;
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 " + std::string(70, 'x') + "\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1 " + std::string(71, 'x') + "\r\n.\r\n", bounds).ec ==
          errc::unique_id_limit);
    // Spaces around are no part of it.
    CHECK(feed_every_way(command::uidl(), "+OK\r\n1   " + std::string(70, 'x') + "  \r\n.\r\n", bounds).ok());
}

TEST_CASE("limits::message_octets")
{
    pop3::limits bounds;
    bounds.message_octets = 5;
    const auto check = [&](const auto& c) {
        CHECK(feed_every_way(c, "+OK long enough\r\nabc\r\n.\r\n", bounds).ok());
        CHECK(feed_every_way(c, "+OK\r\nabcd\r\n.\r\n", bounds).ec == errc::message_octets_limit);
        // Counted as they are, not as they were sent.
        CHECK(feed_every_way(c, "+OK\r\n..bc\r\n.\r\n", bounds).ok());
        CHECK(feed_every_way(c, "+OK\r\n..bcd\r\n.\r\n", bounds).ec == errc::message_octets_limit);
        // Over the limit, and no end: it is not waited for without one.
        bounds.drained_octets = 3;
        CHECK(!feed_every_way(c, "+OK\r\nabcdefgh", bounds).done);
        CHECK(feed_every_way(c, "+OK\r\nabcdefghi", bounds).ec == errc::drained_octets_limit);
        CHECK(feed_every_way(c, "+OK\r\nabcdef\r\n.\r\n", bounds).ec == errc::message_octets_limit);
        CHECK(feed_every_way(c, "+OK\r\nabcdefg\r\n.\r\n", bounds).ec == errc::drained_octets_limit);
        bounds.drained_octets = 1000;
    };
    check(command::retr(1));
    check(command::top(1, 1));
    bounds.message_octets = 0;
    CHECK(feed_every_way(command::retr(1), "+OK\r\n.\r\n", bounds).ok());
    CHECK(feed_every_way(command::retr(1), "+OK\r\n\r\n.\r\n", bounds).ec == errc::message_octets_limit);
}

TEST_CASE("limits: all are finite, and generous to the RFCs")
{
    const pop3::limits bounds;
    CHECK(bounds.response_line >= 510);
    CHECK(bounds.response_line <= 1u << 20);
    CHECK(bounds.capabilities >= 50);
    CHECK(bounds.capabilities <= 10'000);
    CHECK(bounds.listing_entries >= 100'000);
    CHECK(bounds.listing_entries <= 10'000'000);
    CHECK(bounds.unique_id >= 70);
    CHECK(bounds.unique_id <= bounds.response_line);
    CHECK(bounds.message_octets >= 32u << 20);
    CHECK(bounds.message_octets <= 1u << 30);
    CHECK(bounds.connect_time > std::chrono::seconds(0));
    CHECK(bounds.connect_time <= std::chrono::minutes(5));
    CHECK(bounds.operation_time > std::chrono::seconds(0));
    CHECK(bounds.operation_time <= std::chrono::hours(1));
    CHECK(bounds.shutdown_time <= std::chrono::seconds(30));
}

// ---- What a refusal tells

TEST_CASE("a refusal's text may hold any octets but CR and LF")
{
    const auto got = feed_every_way(command::noop(), "-ERR \xff\x1b[2J\0\x7f\r\n"sv);
    REQUIRE(got.refused());
    CHECK(got.reply.error().text() == "\xff\x1b[2J\0\x7f"sv);
}

TEST_CASE("a refusal's text may hold a CR, and what() shows none")
{
    // Lines that end in CR CR LF, or have a bare CR, were seen (courier, mailutils).
    const auto text = [](std::string_view reply) {
        const auto refusal = test::feed(command::noop(), reply).reply.error();
        CHECK(std::string_view(pop3::refused(refusal).what()).find('\r') == std::string_view::npos);
        return refusal.text();
    };
    CHECK(text("-ERR busy\r\r\n") == "busy\r");
    CHECK(text("-ERR a\rb\r\n") == "a\rb");
}

TEST_SUITE_END();

namespace {

/// Of a user: takes an error of its own for one after which the session lives on.
struct careless {
    static constexpr std::string_view verb = "LIST";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
    using result_type = int;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_line(std::string_view, int&, const pop3::limits&)
    {
        return pop3::errc::invalid_argument;
    }
};

} // namespace

TEST_CASE("exchange: an error in the middle of a reply comes at its end")
{
    const auto r = test::feed_every_way(careless(), "+OK\r\n1 120\r\n+OK 7 7\r\n.\r\n+OK next\r\n");
    CHECK(r.done);
    CHECK(r.ec == pop3::errc::invalid_argument);
    CHECK(r.rest == "+OK next\r\n");
    CHECK(!test::feed_every_way(careless(), "+OK\r\n1 120\r\n+OK 7 7\r\n").done);
}

namespace {

/// Of a user's own, with functions that are called as those of the library's own commands are, and do something else.
struct namesake {
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
    using result_type = std::vector<std::string>;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_line(std::string_view line, result_type& into, const pop3::limits&)
    {
        into.emplace_back(line);
        return {};
    }

    /// Not from the front of something.
    std::error_code read_entries(std::string_view all, result_type& into, const pop3::limits&)
    {
        into.emplace_back(all);
        return {};
    }

    /// Not what a sink wants.
    bool wanted() const
    {
        return false;
    }
};

} // namespace

TEST_CASE("exchange: what a command calls functions of its own is its own business")
{
    const auto r = test::feed_every_way(namesake(), "+OK\r\n1 120\r\n..\r\n.\r\n+OK next\r\n");
    REQUIRE(r.ok());
    CHECK(*r.reply == std::vector{"1 120"s, "."s});
    CHECK(r.rest == "+OK next\r\n");
}
