// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/command_line.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using namespace std::string_view_literals;
using pop3::errc;

using pop3::command::next;
using pop3::command::user_pass;

/// A server that answers each line with the next of its replies, in pieces of `piece` octets.
struct dialogue {
    std::string sent;
    std::string shown;
    std::error_code ec;
    bool done = false;
    bool refused = false;
    pop3::refusal refusal;
    std::string rest;
};

dialogue talk(const pop3::password& credentials, std::string_view to_user, std::string_view to_pass,
              std::size_t piece)
{
    dialogue d;
    user_pass exchange(credentials);
    pop3::command::command_line line;
    test::kept_input kept;
    const auto say = [&] {
        exchange.write(line);
        REQUIRE(!line.end());
        d.sent.append(line.octets().begin(), line.octets().end());
        d.shown += line.shown() + "\n";
        line.clear();
    };
    say();
    std::string_view reply = to_user;
    auto wants = next::read;
    while (wants == next::read && !reply.empty()) {
        kept.feed(reply.substr(0, piece),
                  [&](std::string_view& input) { wants = exchange.consume(input, pop3::limits(), d.ec); });
        reply.remove_prefix(std::min(piece, reply.size()));
        if (wants == next::write) {
            REQUIRE(!d.ec);
            say();
            reply = to_pass;
            wants = next::read;
        }
    }
    d.rest = kept.rest() + std::string(reply);
    d.done = wants == next::done;
    if (d.done && !d.ec) {
        const auto answer = exchange.take();
        d.refused = !answer;
        if (d.refused)
            d.refusal = answer.error();
    }
    return d;
}

std::error_code check(std::string_view name, std::string_view secret)
{
    user_pass exchange(pop3::password(name, secret));
    if (const auto ec = exchange.check())
        return ec;
    pop3::command::command_line line;
    exchange.write(line);
    return line.end();
}

} // namespace

TEST_CASE("user_pass: USER, and PASS once USER was accepted")
{
    for (const std::size_t piece : {100u, 7u, 2u, 1u}) {
        CAPTURE(piece);
        const auto d = talk({"mrose", "tanstaaf"}, "+OK mrose is a real hoopy frood\r\n",
                            "+OK mrose's maildrop has 2 messages (320 octets)\r\n", piece);
        CHECK(d.done);
        CHECK(!d.ec);
        CHECK(!d.refused);
        CHECK(d.sent == "USER mrose\r\nPASS tanstaaf\r\n");
        CHECK(d.shown == "USER mrose\nPASS ****\n");
        CHECK(d.rest.empty());
    }
}

TEST_CASE("user_pass: a name that is refused is not followed by the password")
{
    for (const std::size_t piece : {100u, 1u}) {
        const auto d = talk({"frated", "tanstaaf"}, "-ERR sorry, no mailbox for frated here\r\n",
                            "+OK mrose's maildrop has 2 messages (320 octets)\r\n", piece);
        CHECK(d.done);
        CHECK(!d.ec);
        CHECK(d.refused);
        CHECK(d.sent == "USER frated\r\n");
        CHECK(d.refusal.verb() == "USER");
        CHECK(d.refusal.text() == "sorry, no mailbox for frated here");
    }
    const auto d =
        talk({"mrose", "tanstaaf"}, "-ERR [AUTH] USER command only available under a layer\r\n", "", 100);
    CHECK(d.refusal.code() == pop3::response_code::auth);
}

TEST_CASE("user_pass: a password that is refused")
{
    for (const std::size_t piece : {100u, 1u}) {
        const auto d = talk({"mrose", "tanstaaf"}, "+OK\r\n",
                            "-ERR [IN-USE] Do you have another POP session running?\r\n", piece);
        CHECK(d.done);
        CHECK(!d.ec);
        CHECK(d.refused);
        CHECK(d.refusal == pop3::refusal("PASS", pop3::response_code::in_use, "IN-USE",
                                         "Do you have another POP session running?"));
        CHECK(d.sent == "USER mrose\r\nPASS tanstaaf\r\n");
    }
}

TEST_CASE("user_pass: what is no reply ends it, and the password is not sent")
{
    for (const auto reply : {"* OK\r\n"sv, "+OK\n"sv, "+ go on\r\n"sv, "\r\n"sv, "OK\r\n"sv}) {
        CAPTURE(reply);
        auto d = talk({"mrose", "tanstaaf"}, reply, "+OK\r\n", 100);
        CHECK(d.done);
        CHECK(d.ec == errc::malformed_reply);
        CHECK(d.sent == "USER mrose\r\n");

        d = talk({"mrose", "tanstaaf"}, "+OK\r\n", reply, 100);
        CHECK(d.done);
        CHECK(d.ec == errc::malformed_reply);
    }
}

TEST_CASE("user_pass: a server that claims to have said yes to the password before it got it")
{
    // What came too early is left where the caller can see it.
    user_pass exchange({"mrose", "tanstaaf"});
    std::string_view input = "+OK\r\n+OK logged in\r\n";
    std::error_code ec;
    CHECK(exchange.consume(input, pop3::limits(), ec) == next::write);
    CHECK(!ec);
    CHECK(input == "+OK logged in\r\n");
}

TEST_CASE("user_pass: both arguments are checked before the first is sent")
{
    CHECK(!check("mrose", "tanstaaf"));
    CHECK(!check("mrose", "tan staaf"));
    CHECK(!check("j\xc3\xbcrgen", "\xff"));
    for (const auto bad : {""sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "a\x7f"sv, "a\tb"sv, "a\r\nDELE 1"sv}) {
        CAPTURE(bad);
        CHECK(check(bad, "tanstaaf") == errc::invalid_argument);
        CHECK(check("mrose", bad) == errc::invalid_argument);
        CHECK(user_pass({"mrose", bad}).check() == errc::invalid_argument);
    }
    const std::string most(248, 'x');
    CHECK(!check(most, most));
    CHECK(check(most + "x", most) == errc::command_too_long);
    CHECK(check(most, most + "x") == errc::command_too_long);
    CHECK(user_pass({"mrose", most + "x"}).check() == errc::command_too_long);
}

TEST_CASE("user_pass: limits hold for both replies")
{
    pop3::limits bounds;
    bounds.response_line = 10;
    user_pass exchange({"mrose", "tanstaaf"});
    std::error_code ec;
    std::string_view input = "+OK 456789\r\n";
    CHECK(exchange.consume(input, bounds, ec) == next::write);
    CHECK(!ec);
    input = "+OK 4567890\r\n";
    CHECK(exchange.consume(input, bounds, ec) == next::done);
    CHECK(ec == errc::response_line_limit);

    user_pass other({"mrose", "tanstaaf"});
    ec.clear();
    input = "+OK 4567890\r\n";
    CHECK(other.consume(input, bounds, ec) == next::done);
    CHECK(ec == errc::response_line_limit);
}
