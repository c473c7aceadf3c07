// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// If the server hangs up behind a refusal, and a second try gets no answer, the refusal is what the login ends with.

#include <pop3/access_token.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/login.hpp>
#include <pop3/error.hpp>
#include <pop3/password.hpp>
#include <pop3/response_code.hpp>
#include <pop3/sasl/plain.hpp>

#include "talk.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command_login_last_word_tests {
namespace {

using pop3::command::auth;
using pop3::command::login_context;
using test::says;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "secret");

login_context over_tls()
{
    login_context c;
    c.terms.secure = c.terms.may_reveal = true;
    return c;
}

login_context bound()
{
    auto c = over_tls();
    c.binding = {"tls-exporter", std::string(32, 'x')};
    return c;
}

/// What the exchange has to say if the connection ends behind these replies: a refusal's text; empty if it is still
/// waiting for one.
template <class Exchange>
std::string last_word(Exchange& exchange, const lines& replies)
{
    const auto c = test::talk(exchange, says(replies));
    CHECK(!c.done);
    CHECK(!c.ec);
    if (!exchange.settles())
        return {};
    auto said = exchange.take();
    CHECK(!said);
    return said ? std::string() : said.error().verb() + " " + said.error().text();
}

template <class Exchange>
std::string last_word(Exchange&& exchange, const lines& replies)
{
    return last_word<Exchange>(exchange, replies);
}

pop3::command::login<pop3::password> login(const login_context& context)
{
    return {alice, {}, context};
}

} // namespace

TEST_CASE("last word: the refusal of the first form of AUTH")
{
    const std::string can = "+OK\r\nSASL PLAIN\r\n.\r\n";
    CHECK(last_word(login(over_tls()), {can, "-ERR Protocol error\r\n"}) == "AUTH Protocol error");
    // Half a line is no answer.
    CHECK(last_word(login(over_tls()), {can, "-ERR Protocol error\r\n", "-ERR [AU"}) ==
          "AUTH Protocol error");
    // That was the last word.
    CHECK(last_word(login(over_tls()), {can, "-ERR Protocol error\r\n", "+ \r\n"}).empty());
    CHECK(last_word(auth(pop3::sasl::plain(alice)), {"-ERR Protocol error\r\n"}) == "AUTH Protocol error");
    CHECK(last_word(auth(pop3::sasl::plain(alice)), {"-ERR Protocol error\r\n", "+ \r\n"}).empty());
    // Nobody was refused.
    CHECK(last_word(login(over_tls()), {can}).empty());
    CHECK(last_word(login(over_tls()), {}).empty());
}

TEST_CASE("last word: the refusal to bind to the channel")
{
    const std::string can = "+OK\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n.\r\n";
    CHECK(last_word(login(bound()), {can, "-ERR [AUTH] bad protocol\r\n"}) == "AUTH bad protocol");
    CHECK(last_word(login(bound()), {can, "-ERR one\r\n", "-ERR two\r\n"}) == "AUTH two");
    CHECK(last_word(login(bound()), {can, "-ERR one\r\n"}) == "AUTH one");
    CHECK(last_word(login(bound()), {can, "-ERR [AUTH] bad protocol\r\n", "+ eA==\r\n"}).empty());
}

TEST_CASE("last word: the refusal of CAPA")
{
    CHECK(last_word(login(over_tls()), {"-ERR [SYS/TEMP] too many of you\r\n"}) == "CAPA too many of you");
    CHECK(last_word(login(over_tls()), {"-ERR what?\r\n", "+OK\r\n"}).empty());
}

TEST_CASE("last word: what was refused before, in the same login")
{
    auto context = over_tls();
    context.known.emplace().sasl = {"XOAUTH2"};
    context.refused = pop3::refusal("AUTH", pop3::response_code::none, "", "stale");
    const pop3::access_token token("alice", "new");
    using by_token = pop3::command::login<pop3::access_token>;
    CHECK(last_word(by_token(token, {}, context), {}) == "AUTH stale");
    CHECK(last_word(by_token(token, {}, context), {"+ eA==\r\n"}).empty());
    by_token exchange(token, {}, context);
    const auto c = test::talk(exchange, says({"-ERR [AUTH] wrong\r\n"}));
    CHECK(c.refused);
    CHECK(c.refusal.text() == "wrong");
}

TEST_CASE("login: [AUTH] ends it")
{
    const std::string can = "+OK\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n.\r\n";
    auto exchange = login(bound());
    const auto c = test::talk(exchange, says({can, "-ERR [AUTH] account locked\r\n", "-ERR no\r\n"}));
    CHECK(c.refused);
    CHECK(c.lines.size() == 2);
    CHECK(c.refusal.code() == pop3::response_code::auth);
    CHECK(c.refusal.text() == "account locked");
}

} // namespace command_login_last_word_tests
