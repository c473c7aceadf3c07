// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/access_token.hpp>
#include <pop3/command/login.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>

#include "talk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command_login_tests {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;
using pop3::errc;
using pop3::login_options;
using pop3::command::login_context;
using test::base64;
using test::from_base64;
using test::says;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "tanstaaf");
const pop3::access_token token("alice", "tanstaaf");

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

login_context in_clear()
{
    return {};
}

login_context allowed()
{
    login_context c;
    c.terms.may_reveal = true;
    return c;
}

template <class Credentials>
test::conversation talk(const Credentials& credentials, const login_context& context,
                        const test::fake_server& server, const login_options& options = {})
{
    pop3::command::login<Credentials> exchange(credentials, options, context);
    return test::talk(exchange, server);
}

/// CAPA with these lines, then nothing but no.
test::fake_server refuses(const std::string& capabilities, const std::string& no = "-ERR login failed\r\n")
{
    return [=](const std::string& line) {
        return line == "CAPA" ? "+OK\r\n" + capabilities + ".\r\n" : no;
    };
}

/// The words of a line, and what they stand for if they are base64.
lines meanings(const std::string& line)
{
    lines found;
    std::size_t at = 0;
    while (at <= line.size()) {
        const auto end = std::min(line.find(' ', at), line.size());
        found.push_back(line.substr(at, end - at));
        found.push_back(from_base64(found.back()));
        at = end + 1;
    }
    return found;
}

} // namespace

TEST_CASE("login: asks what the server can do, and takes the safest")
{
    auto c = talk(alice, over_tls(), says({"+OK\r\nUSER\r\nSASL LOGIN PLAIN\r\n.\r\n", "+OK\r\n"}));
    CHECK(c.ok());
    CHECK(c.lines == lines{"CAPA", "AUTH PLAIN AGFsaWNlAHRhbnN0YWFm"});
    CHECK(c.shown == lines{"CAPA", "AUTH PLAIN ****"});

    pop3::command::login<pop3::password> exchange(alice, {}, over_tls());
    c = test::talk(exchange, says({"+OK\r\nSASL LOGIN\r\n.\r\n", "+ VXNlcm5hbWU6\r\n", "+ UGFzc3dvcmQ6\r\n",
                                   "+OK\r\n"}));
    CHECK(c.ok());
    CHECK(exchange.chosen() == "LOGIN");
    CHECK(exchange.known()->sasl == lines{"LOGIN"});
}

TEST_CASE("login: octet by octet")
{
    pop3::command::login<pop3::password> exchange(alice, {}, over_tls());
    const auto c = test::talk(exchange, says({"+OK\r\nUSER\r\n.\r\n", "+OK\r\n", "+OK\r\n"}), 1);
    CHECK(c.ok());
    CHECK(c.lines == lines{"CAPA", "USER alice", "PASS tanstaaf"});
    CHECK(exchange.chosen() == "USER");
}

TEST_CASE("login: what is known is not asked again")
{
    auto context = over_tls();
    context.known.emplace().sasl = {"PLAIN"};
    const auto c = talk(alice, context, says({"+OK\r\n"}));
    CHECK(c.ok());
    CHECK(c.lines.size() == 1);
}

TEST_CASE("login: an old server")
{
    pop3::command::login<pop3::password> exchange(alice, {}, over_tls());
    auto c = test::talk(exchange, says({"-ERR what?\r\n", "+OK\r\n", "+OK\r\n"}));
    CHECK(c.ok());
    CHECK(c.lines == lines{"CAPA", "USER alice", "PASS tanstaaf"});
    CHECK(*exchange.known() == pop3::capabilities());

    auto context = in_clear();
    c = talk(alice, context, says({"-ERR what?\r\n", "+OK\r\n"}));
    CHECK(c.ec == errc::no_shared_mechanism);
    CHECK(!pop3::is_fatal(c.ec));
    CHECK(c.lines == lines{"CAPA"});
    context.timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    c = talk(alice, context, says({"-ERR what?\r\n", "+OK\r\n"}));
    CHECK(c.ok());
    CHECK(c.lines == lines{"CAPA", "APOP alice c4c9334bac560ecc979e58001b3e22fb"});
    CHECK(c.shown == lines{"CAPA", "APOP alice ****"});
}

TEST_CASE("login: no second try after a refusal")
{
    const auto all = "USER\r\nSASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN\r\n"s;
    const auto c = talk(alice, over_tls(), refuses(all));
    CHECK(c.refused);
    CHECK(c.lines.size() == 2);
    CHECK(c.lines[1].starts_with("AUTH SCRAM-SHA-256 "));
    CHECK(talk(alice, in_clear(), refuses("SASL CRAM-MD5 PLAIN\r\n")).lines ==
          lines{"CAPA", "AUTH CRAM-MD5"});
    CHECK(talk(alice, over_tls(), refuses("SASL PLAIN LOGIN\r\n")).lines.size() == 2);
    CHECK(talk(token, over_tls(), refuses("SASL XOAUTH2 OAUTHBEARER\r\n")).lines.size() == 2);
}

TEST_CASE("login: a server that announces -PLUS, but cannot bind as we can, gets SCRAM once without")
{
    const auto cyrus = "SASL SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-512-PLUS SCRAM-SHA-1 PLAIN\r\n"s;
    const auto first = [](const std::string& line) {
        return from_base64(line.substr(line.rfind(' ') + 1));
    };
    auto c = talk(alice, bound(), refuses(cyrus, "-ERR [AUTH] bad protocol / cancel\r\n"));
    CHECK(c.refused);
    REQUIRE(c.lines.size() == 3);
    CHECK(c.lines[1].starts_with("AUTH SCRAM-SHA-512-PLUS "));
    CHECK(first(c.lines[1]).starts_with("p=tls-exporter,,n=alice,"));
    CHECK(c.lines[2].starts_with("AUTH SCRAM-SHA-256 "));
    CHECK(first(c.lines[2]).starts_with("n,,n=alice,"));

    login_options demand;
    demand.require_channel_binding = true;
    CHECK(talk(alice, bound(), refuses(cyrus), demand).lines.size() == 2);
    CHECK(talk(alice, bound(), refuses(cyrus), login_options("SCRAM-SHA-1-PLUS")).lines.size() == 2);
    // These do not mean it.
    for (const auto* no : {"-ERR [IN-USE] no\r\n", "-ERR [SYS/TEMP] no\r\n", "-ERR [LOGIN-DELAY] no\r\n",
                           "-ERR [SYS/PERM] no\r\n"})
        CHECK(talk(alice, bound(), refuses(cyrus, no)).lines.size() == 2);
    // Nothing that shows the password comes after it.
    CHECK(talk(alice, bound(), refuses("SASL SCRAM-SHA-1-PLUS PLAIN\r\n")).lines.size() == 2);

    // Once the server has asked, a refusal may mean a wrong password.
    c = talk(alice, bound(), [&](const std::string& line) -> std::string {
        if (line == "CAPA")
            return "+OK\r\n" + cyrus + ".\r\n";
        if (!line.starts_with("AUTH"))
            return "-ERR no\r\n";
        const auto said = first(line);
        const auto server_first = said.substr(said.find("r=")) + "more,s=c2FsdA==,i=4096";
        return "+ " + base64(server_first) + "\r\n";
    });
    CHECK(c.refused);
    CHECK(c.lines.size() == 3);
    CHECK(from_base64(c.lines[2]).starts_with("c="));

    // But with Cyrus, which looks at the binding only then, and says so.
    c = talk(alice, bound(), [&](const std::string& line) -> std::string {
        if (line == "CAPA")
            return "+OK\r\n" + cyrus + ".\r\n";
        if (line.starts_with("AUTH SCRAM-SHA-256 ") || !line.starts_with("AUTH"))
            return "-ERR [AUTH] authenticating: bad protocol / cancel\r\n";
        const auto said = first(line);
        return "+ " + base64(said.substr(said.find("r=")) + "more,s=c2FsdA==,i=4096") + "\r\n";
    });
    CHECK(c.refused);
    REQUIRE(c.lines.size() == 4);
    CHECK(first(c.lines[3]).starts_with("n,,"));
}

TEST_CASE("login: a binding that not every server has is not tried unasked")
{
    auto tls_1_2 = over_tls();
    tls_1_2.binding = {"tls-server-end-point", std::string(32, 'x')};
    const auto both = refuses("SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\r\n");
    const auto first = [](const test::conversation& c) {
        const auto& line = c.lines.at(1);
        return from_base64(line.substr(line.rfind(' ') + 1));
    };
    CHECK(first(talk(alice, tls_1_2, both)).starts_with("n,,"));
    CHECK(first(talk(alice, tls_1_2, refuses("SASL SCRAM-SHA-256\r\n"))).starts_with("y,,"));
    login_options demand;
    demand.require_channel_binding = true;
    CHECK(first(talk(alice, tls_1_2, both, demand)).starts_with("p=tls-server-end-point,,"));
    CHECK(first(talk(alice, tls_1_2, both, login_options("SCRAM-SHA-256-PLUS")))
              .starts_with("p=tls-server-end-point,,"));
}

TEST_CASE("login: the flag that lets the server notice that -PLUS was struck out")
{
    const auto flag = [](const login_context& context, const std::string& capabilities,
                         const login_options& options = {}) {
        const auto c = talk(alice, context, refuses(capabilities), options);
        const auto& line = c.lines.back();
        return from_base64(line.substr(line.rfind(' ') + 1)).substr(0, 3);
    };
    CHECK(flag(bound(), "SASL SCRAM-SHA-256 PLAIN\r\n") == "y,,");
    CHECK(flag(over_tls(), "SASL SCRAM-SHA-256 PLAIN\r\n") == "n,,");
    CHECK(flag(in_clear(), "SASL SCRAM-SHA-256\r\n") == "n,,");
    CHECK(flag(bound(), "SASL SCRAM-SHA-256 SCRAM-SHA-1-PLUS\r\n", login_options("SCRAM-SHA-256")) == "n,,");
    CHECK(flag(bound(), "SASL SCRAM-SHA-256\r\n", login_options("SCRAM-SHA-256")) == "y,,");
}

TEST_CASE("login: what is demanded")
{
    // Neither needs to know what the server can do.
    auto context = over_tls();
    context.timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    CHECK(talk(alice, context, says({"-ERR\r\n"}), login_options("USER")).lines == lines{"USER alice"});
    CHECK(talk(alice, context, says({"-ERR\r\n"}), login_options("+APOP")).lines.size() == 1);
    CHECK(talk(alice, over_tls(), says({"-ERR\r\n"}), login_options("+APOP")).ec == errc::no_timestamp);
    CHECK(talk(alice, over_tls(), refuses("SASL PLAIN\r\n"), login_options("cram-md5")).lines ==
          lines{"CAPA", "AUTH CRAM-MD5"});
    CHECK(talk(alice, over_tls(), refuses("SASL PLAIN\r\n"), login_options("GSSAPI")).ec ==
          errc::no_shared_mechanism);
    CHECK(talk(alice, in_clear(), refuses("SASL PLAIN\r\n"), login_options("PLAIN")).ec ==
          errc::no_shared_mechanism);
    CHECK(talk(alice, in_clear(), says({"-ERR\r\n"}), login_options("USER")).ec == errc::no_shared_mechanism);
}

TEST_CASE("login: arguments are checked before anything that is about them is sent")
{
    const pop3::password bad("alice", "x\r\nDELE 1");
    CHECK(talk(bad, over_tls(), says({"-ERR\r\n", "+OK\r\n"})).ec == errc::invalid_argument);
    CHECK(talk(bad, over_tls(), says({"-ERR\r\n", "+OK\r\n"})).lines == lines{"CAPA"});
    const pop3::password nobody("", "x");
    for (const auto* sasl : {"SASL PLAIN\r\n", "SASL SCRAM-SHA-1\r\n", ""}) {
        CAPTURE(sasl);
        const auto c = talk(nobody, allowed(), refuses(sasl));
        CHECK(c.ec == errc::invalid_argument);
        CHECK(c.lines == lines{"CAPA"});
    }
}

TEST_CASE("login: what comes before it was asked for is left for the driver to see")
{
    pop3::command::login<pop3::password> exchange(alice, {}, over_tls());
    REQUIRE(!exchange.check());
    std::string_view input = "+OK\r\nSASL PLAIN\r\n.\r\n+OK logged in\r\n";
    std::error_code ec;
    CHECK(exchange.consume(input, pop3::limits(), ec) == pop3::command::next::write);
    CHECK(input == "+OK logged in\r\n");
}

TEST_CASE("login: every set of announced mechanisms, and nothing in clear that holds the secret")
{
    const lines names = {
        "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN", "XOAUTH2",
        "OAUTHBEARER"};
    const auto without_secret = [](const test::conversation& c) {
        for (const auto& line : c.lines)
            for (const auto& meaning : meanings(line))
                if (meaning.find("tanstaaf") != std::string::npos)
                    return false;
        for (const auto& line : c.shown)
            for (const auto& meaning : meanings(line))
                if (meaning.find("tanstaaf") != std::string::npos)
                    return false;
        return true;
    };
    const auto shows_nothing = [&](const test::conversation& c) {
        auto shown = c;
        shown.lines = shown.shown;
        return without_secret(shown);
    };
    std::size_t revealed = 0;
    for (std::size_t set = 0; set != 2048; ++set) {
        CAPTURE(set);
        std::string capabilities = "SASL";
        for (std::size_t i = 0; i != names.size(); ++i)
            if ((set >> i & 1) != 0)
                capabilities += " " + names[i];
        capabilities += "\r\n";
        if ((set >> 8 & 1) != 0)
            capabilities = "TOP\r\n";
        if ((set >> 9 & 1) != 0)
            capabilities += "USER\r\n";
        auto clear = in_clear();
        auto insecure = allowed();
        if ((set >> 10 & 1) != 0)
            clear.timestamp = insecure.timestamp = "<1896.697170952@dbc.mtview.ca.us>";
        // Goes along with everything, so that the client says all that it would.
        const test::fake_server eager = [&](const std::string& line) -> std::string {
            if (line == "CAPA")
                return "+OK\r\n" + capabilities + ".\r\n";
            if (line.starts_with("AUTH SCRAM"))
                return "-ERR no\r\n";
            return line.starts_with("USER")   ? "+OK\r\n"
                   : line.starts_with("PASS") ? "-ERR no\r\n"
                                              : "+ PDE4OTZAeD4=\r\n";
        };
        for (const auto& options : {login_options(), login_options("PLAIN"), login_options("USER"),
                                    login_options("LOGIN"), login_options("XOAUTH2")}) {
            const auto with_password = talk(alice, clear, eager, options);
            CHECK(without_secret(with_password));
            const auto with_token = talk(token, clear, eager, options);
            CHECK(without_secret(with_token));
        }
        const auto open = talk(alice, insecure, eager);
        CHECK(shows_nothing(open));
        revealed += without_secret(open) ? 0 : 1;
        CHECK(shows_nothing(talk(alice, bound(), eager)));
        CHECK(shows_nothing(talk(token, over_tls(), eager)));
    }
    // The check is one that can fail.
    CHECK(revealed > 100);
}

} // namespace command_login_tests
