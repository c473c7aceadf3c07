// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The two forms of AUTH: the initial response in its line, or behind it.

#include <pop3/access_token.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/may_be_about_form.hpp>
#include <pop3/error.hpp>
#include <pop3/initial_response.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/refusal.hpp>
#include <pop3/sasl/external.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/plain.hpp>

#include "talk.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command_auth_form_tests {
namespace {

using pop3::errc;
using pop3::initial_response;
using pop3::login_options;
using pop3::command::auth;
using pop3::command::auth_form;
using pop3::command::login_context;
using test::from_base64;
using test::says;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "secret");
const pop3::access_token token("alice", "secret");
const std::string with_auth = "AUTH PLAIN AGFsaWNlAHNlY3JldA==";
const std::string behind = "AGFsaWNlAHNlY3JldA==";

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

template <class Credentials>
test::conversation talk(const Credentials& credentials, const login_context& context,
                        const test::fake_server& server, const login_options& options = {})
{
    pop3::command::login<Credentials> exchange(credentials, options, context);
    return test::talk(exchange, server);
}

/// Announces these mechanisms, and knows only the second form, in which it lets in.
test::fake_server knows_only_the_second(const std::string& mechanisms,
                                        const std::string& no = "-ERR syntax error\r\n")
{
    return [=](const std::string& line) -> std::string {
        if (line == "CAPA")
            return "+OK\r\nSASL " + mechanisms + "\r\n.\r\n";
        if (!line.starts_with("AUTH "))
            return "+OK\r\n";
        return line.find(' ', 5) == std::string::npos ? "+ \r\n" : no;
    };
}

/// Announces these mechanisms, and refuses every AUTH so.
test::fake_server refuses(const std::string& mechanisms, const std::string& no)
{
    return [=](const std::string& line) {
        return line == "CAPA" ? "+OK\r\nSASL " + mechanisms + "\r\n.\r\n" : no;
    };
}

login_options never()
{
    login_options options;
    options.initial_response = initial_response::never;
    return options;
}

bool about_form(const std::string& text)
{
    return pop3::command::may_be_about_form(pop3::command::make_refusal("AUTH", text));
}

} // namespace

TEST_CASE("auth: a server that refuses the initial response in the line of AUTH gets it behind")
{
    for (const auto* no : {"-ERR\r\n", "-ERR Invalid command\r\n", "-ERR too many arguments\r\n",
                           "-ERR Protocol error. 14\r\n", "-ERR no\r\n"}) {
        CAPTURE(no);
        auto c = talk(alice, over_tls(), knows_only_the_second("PLAIN", no));
        CHECK(c.ok());
        CHECK(c.lines == lines{"CAPA", with_auth, "AUTH PLAIN", behind});
        CHECK(c.shown == lines{"CAPA", "AUTH PLAIN ****", "AUTH PLAIN", "****"});
        for (const auto* mechanism : {"XOAUTH2", "OAUTHBEARER"})
            CHECK(talk(token, over_tls(), knows_only_the_second(mechanism, no)).ok());
        auth<pop3::sasl::external> exchange((pop3::sasl::external()));
        c = test::talk(exchange, knows_only_the_second("", no), 1);
        CHECK(c.ok());
        CHECK(c.lines == lines{"AUTH EXTERNAL =", "AUTH EXTERNAL", ""});
    }
    // The proof of SCRAM is of what was said in the second form.
    const auto scram = talk(alice, over_tls(), knows_only_the_second("SCRAM-SHA-256"));
    REQUIRE(scram.lines.size() == 4);
    CHECK(scram.lines[2] == "AUTH SCRAM-SHA-256");
    CHECK(from_base64(scram.lines[3]).starts_with("n,,n=alice,"));
}

TEST_CASE("auth: the second form is tried once, with the same mechanism, and its refusal is the answer")
{
    const auto twice = [](const std::string& line) -> std::string {
        if (line == "CAPA")
            return "+OK\r\nUSER\r\nSASL SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN\r\n.\r\n";
        return line.find(' ', 5) == std::string::npos ? "-ERR second\r\n" : "-ERR first\r\n";
    };
    const auto c = talk(alice, over_tls(), twice);
    CHECK(c.refused);
    CHECK(c.refusal.text() == "second");
    REQUIRE(c.lines.size() == 3);
    CHECK(c.lines[1].starts_with("AUTH SCRAM-SHA-256 "));
    CHECK(c.lines[2] == "AUTH SCRAM-SHA-256");
    CHECK(talk(alice, over_tls(), refuses("PLAIN LOGIN", "-ERR\r\n")).lines ==
          lines{"CAPA", with_auth, "AUTH PLAIN"});
    // Refused when the response had come.
    const auto late =
        talk(alice, over_tls(),
             says({"+OK\r\nSASL PLAIN\r\n.\r\n", "-ERR\r\n", "+ \r\n", "-ERR wrong\r\n", "+OK\r\n"}));
    CHECK(late.refused);
    CHECK(late.refusal.text() == "wrong");
    CHECK(late.lines.size() == 4);
    // A login that was not asked for anything, in either form.
    CHECK(talk(alice, over_tls(), says({"+OK\r\nSASL PLAIN\r\n.\r\n", "-ERR\r\n", "+OK\r\n"})).ec ==
          errc::malformed_reply);
}

TEST_CASE("auth: no second form where the refusal is not about the form")
{
    // Has a code, whatever it is.
    for (const auto* no : {"-ERR [AUTH] no\r\n", "-ERR [IN-USE] no\r\n", "-ERR [SYS/TEMP] no\r\n",
                           "-ERR [LOGIN-DELAY] no\r\n", "-ERR [SYS/PERM] no\r\n", "-ERR [X-OWN] no\r\n"}) {
        CAPTURE(no);
        CHECK(talk(alice, over_tls(), refuses("PLAIN", no)).lines == lines{"CAPA", with_auth});
        CHECK(talk(token, over_tls(), refuses("XOAUTH2", no)).lines.size() == 2);
    }
    CHECK(talk(alice, over_tls(), refuses("PLAIN", "-ERR Authentication failed.\r\n")).lines.size() == 2);
    // The server has asked for something.
    const auto asked = talk(alice, over_tls(),
                            says({"+OK\r\nSASL LOGIN\r\n.\r\n", "+ VXNlcg==\r\n", "-ERR\r\n", "+OK\r\n"}));
    CHECK(asked.refused);
    CHECK(asked.lines.size() == 3);
    // There is no other form.
    auth<pop3::sasl::login> second((pop3::sasl::login(alice)));
    CHECK(test::talk(second, says({"-ERR\r\n", "+OK\r\n"})).lines == lines{"AUTH LOGIN"});
    auth<pop3::sasl::plain> long_one(pop3::sasl::plain(pop3::password("alice", std::string(300, 'x'))));
    CHECK(test::talk(long_one, says({"-ERR\r\n", "+OK\r\n"})).lines == lines{"AUTH PLAIN"});
    // Nor for what is not AUTH.
    CHECK(talk(alice, over_tls(), says({"-ERR\r\n", "+OK\r\n"}), login_options("USER")).lines ==
          lines{"USER alice"});
}

TEST_CASE("auth: which refusals may be about the form")
{
    // As servers say of a wrong login, a locked maildrop, and a server that is tired of us.
    for (const auto* no : {"Authentication failed.",
                           "Login failed.",
                           "Invalid login or password",
                           "Bad login",
                           "Invalid login",
                           "failed: Re-Authentication Failure",
                           "Authentication failed (bad password?)",
                           "LOGON FAILURE",
                           "Authentication failure: unknown user name or bad password.",
                           "Username and password not accepted.",
                           "Invalid user name or password. Please use full email address as user name.",
                           "Unable to log on",
                           "wrong Credentials",
                           "authorization failed",
                           "POP access disabled",
                           "permission denied",
                           "could not authenticate you",
                           "authentication unsuccessful",
                           "maildrop is locked by another session",
                           "Your IP was blocked",
                           "mailbox busy",
                           "too many connections",
                           "try again later",
                           "Authentication Error"})
        CHECK_FALSE_MESSAGE(about_form(no), no);
    for (const auto* no :
         {"", "no", "Invalid command", "invalid command", "Unknown command", "syntax error",
          "Syntax error in parameters", "too many arguments", "wrong number of arguments", "Bad parameter",
          "Unrecognized authentication type", "Protocol error. Connection is closed. 10", "Not implemented",
          "usage: AUTH mechanism", "command not understood", "Unsupported authentication mechanism",
          "bad command", "malformed command"})
        CHECK_MESSAGE(about_form(no), no);
    CHECK(!about_form("[AUTH] syntax error"));
    CHECK(!about_form("[X] syntax error"));
}

TEST_CASE("auth: never with AUTH, if so demanded")
{
    CHECK(talk(alice, over_tls(), knows_only_the_second("PLAIN"), never()).lines ==
          lines{"CAPA", "AUTH PLAIN", behind});
    CHECK(talk(token, over_tls(), knows_only_the_second("XOAUTH2"), never()).lines.size() == 3);
    CHECK(talk(alice, over_tls(), refuses("PLAIN", "-ERR\r\n"), never()).lines ==
          lines{"CAPA", "AUTH PLAIN"});
    auth<pop3::sasl::external> exchange(pop3::sasl::external(),
                                        pop3::command::form_of(initial_response::never));
    CHECK(test::talk(exchange, says({"+ \r\n", "+OK\r\n"})).lines == lines{"AUTH EXTERNAL", ""});
}

TEST_CASE("auth: the second form before the unbound SCRAM, which then has the form that was learned")
{
    const std::string both = "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN";
    // Binds in neither form.
    auto c = talk(alice, bound(), refuses(both, "-ERR\r\n"));
    CHECK(c.refused);
    REQUIRE(c.lines.size() == 4);
    CHECK(c.lines[1].starts_with("AUTH SCRAM-SHA-256-PLUS "));
    CHECK(c.lines[2] == "AUTH SCRAM-SHA-256-PLUS");
    CHECK(c.lines[3].starts_with("AUTH SCRAM-SHA-256 ")); // nothing was learned, and nothing more is tried
    // Goes along with the second form, and then says that it cannot bind.
    c = talk(alice, bound(), [&](const std::string& line) -> std::string {
        if (line == "CAPA")
            return "+OK\r\nSASL " + both + "\r\n.\r\n";
        if (line.starts_with("AUTH "))
            return line.find(' ', 5) == std::string::npos ? "+\r\n" : "-ERR\r\n";
        return "-ERR [AUTH] bad protocol\r\n";
    });
    CHECK(c.refused);
    REQUIRE(c.lines.size() == 6);
    CHECK(c.lines[2] == "AUTH SCRAM-SHA-256-PLUS");
    CHECK(c.lines[4] == "AUTH SCRAM-SHA-256");
    CHECK(from_base64(c.lines[5]).starts_with("n,,"));
}

} // namespace command_auth_form_tests
