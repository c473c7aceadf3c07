// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/access_token.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/external.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/xoauth2.hpp>

#include "talk.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace command_auth_tests {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using pop3::errc;
using pop3::command::auth;
using test::base64;
using test::says;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "secret");

template <class Mechanism>
test::conversation talk(Mechanism mechanism, const lines& replies, std::size_t piece = 100000,
                        const pop3::limits& bounds = {})
{
    auth<Mechanism> exchange(std::move(mechanism));
    return test::talk(exchange, says(replies), piece, bounds);
}

/// Of a user: speaks second, and says what it is told to.
struct echo {
    static constexpr std::string_view name = "X-ECHO";
    std::error_code answer;

    std::error_code respond(std::string_view challenge, pop3::sasl::octets& response, const pop3::limits&)
    {
        response.assign(challenge.begin(), challenge.end());
        return answer;
    }
};

static_assert(pop3::sasl::mechanism<echo>);

} // namespace

TEST_CASE("auth: the client speaks first")
{
    for (const std::size_t piece : {100u, 1u}) {
        const auto c = talk(pop3::sasl::plain(alice), {"+OK welcome\r\n"}, piece);
        CHECK(c.ok());
        CHECK(c.lines == lines{"AUTH PLAIN AGFsaWNlAHNlY3JldA=="});
        CHECK(c.shown == lines{"AUTH PLAIN ****"});
        CHECK(c.rest.empty());
    }
}

TEST_CASE("auth: the server speaks first")
{
    for (const std::size_t piece : {100u, 1u}) {
        const auto c = talk(pop3::sasl::login(alice),
                            {"+ VXNlcm5hbWU6\r\n", "+ UGFzc3dvcmQ6\r\n", "+OK Logged in.\r\n"}, piece);
        CHECK(c.ok());
        CHECK(c.lines == lines{"AUTH LOGIN", base64("alice"), base64("secret")});
        CHECK(c.shown == lines{"AUTH LOGIN", "****", "****"});
    }
}

TEST_CASE("auth: continuations as real servers send them")
{
    for (const auto* plus : {"+ \r\n", "+\r\n"}) {
        const auto c = talk(echo(), {plus, plus, "+ eA==\r\n", "+OK\r\n"});
        CHECK(c.ok());
        CHECK(c.lines == lines{"AUTH X-ECHO", "", "", "eA=="});
    }
    // What begins like one, and is none.
    for (const auto* reply : {"+O\r\n", "+eA==\r\n", "eA==\r\n", "\r\n", "OK\r\n", "* OK\r\n"})
        CHECK(talk(echo(), {reply}).ec == errc::malformed_reply);
    // A login that was not asked for anything.
    CHECK(talk(echo(), {"+OK\r\n"}).ec == errc::malformed_reply);
    // Nor is +OK a challenge.
    const auto c = talk(pop3::sasl::xoauth2(pop3::access_token("a", "t")), {"+OK\r\n", "-ERR\r\n"});
    CHECK(c.ok());
    CHECK(c.lines.size() == 1);
}

TEST_CASE("auth: an initial response that fits into 255 octets goes with AUTH, a longer one follows")
{
    // "AUTH PLAIN " and CRLF leave 242 for base64, which comes in fours: 240, 180 octets.
    for (const std::size_t octets : {170u, 178u, 179u, 180u, 181u, 182u, 500u}) {
        const pop3::password long_one("alice", std::string(octets - 7, 'x'));
        const bool fits = octets <= 180;
        const auto c = talk(pop3::sasl::plain(long_one), {fits ? "+OK\r\n" : "+ \r\n", "+OK\r\n"});
        CHECK(c.ok());
        const auto base = base64("\0alice\0"s + std::string(octets - 7, 'x'));
        CHECK(c.lines == (fits ? lines{"AUTH PLAIN " + base} : lines{"AUTH PLAIN", base}));
        CHECK(c.shown == (fits ? lines{"AUTH PLAIN ****"} : lines{"AUTH PLAIN", "****"}));
    }
    // As long as the tokens of some providers are.
    const pop3::access_token token("mrose@example.org", std::string(6000, 't'));
    auto c = talk(pop3::sasl::xoauth2(token), {"+ \r\n", "+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.lines.size() == 2);
    CHECK(c.lines[0] == "AUTH XOAUTH2");
    CHECK(c.lines[1].size() > 8000);
    // Not base64, which for this first time is nobody's business; and refused before the token was sent.
    CHECK(talk(pop3::sasl::xoauth2(token), {"+ go ahead\r\n", "+OK\r\n"}).ok());
    c = talk(pop3::sasl::xoauth2(token), {"-ERR no such mechanism\r\n"});
    CHECK(c.refused);
    CHECK(c.lines == lines{"AUTH XOAUTH2"});
}

TEST_CASE("auth: an empty initial response is an equals sign, an empty response an empty line")
{
    auto c = talk(pop3::sasl::external(), {"+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.lines == lines{"AUTH EXTERNAL ="});
    c = talk(pop3::sasl::external(), {"+ \r\n", "+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.lines == lines{"AUTH EXTERNAL =", ""});
    CHECK(c.shown == lines{"AUTH EXTERNAL ****", ""});
}

TEST_CASE("auth: refused")
{
    auto c = talk(pop3::sasl::plain(alice), {"-ERR [AUTH] Authentication failed.\r\n"});
    CHECK(c.refused);
    CHECK(c.refusal.verb() == "AUTH");
    CHECK(c.refusal.code() == pop3::response_code::auth);
    CHECK(c.refusal.text() == "Authentication failed.");
    CHECK(c.refusal.details().empty());

    const auto json = R"({"status":"invalid_token","scope":"mail"})"sv;
    const pop3::access_token token("mrose@example.org", "abc");
    c = talk(pop3::sasl::oauthbearer(token), {"+ " + base64(json) + "\r\n", "-ERR [AUTH] no\r\n"});
    CHECK(c.refused);
    CHECK(c.refusal.details() == json);
    CHECK(c.lines.size() == 2);
    CHECK(c.lines[1] == "AQ==");
    c = talk(pop3::sasl::xoauth2(token), {"+ " + base64(json) + "\r\n", "-ERR [AUTH] no\r\n"});
    CHECK(c.refused);
    CHECK(c.refusal.details() == json);
    CHECK(c.lines[1].empty());
}

TEST_CASE("auth: challenges are bounded, and must be base64")
{
    pop3::limits bounds;
    bounds.challenges = 3;
    CHECK(talk(echo(), {"+\r\n", "+\r\n", "+\r\n", "+OK\r\n"}, 100, bounds).ok());
    auto c = talk(echo(), {"+\r\n", "+\r\n", "+\r\n", "+\r\n", "-ERR\r\n"}, 100, bounds);
    CHECK(c.ec == errc::challenges_limit);
    CHECK(c.lines.size() == 5);
    CHECK(c.lines.back() == "*");
    bounds.response_line = 10;
    CHECK(talk(echo(), {"+ MTIzNDU2\r\n", "+OK\r\n"}, 100, bounds).ok());
    CHECK(talk(echo(), {"+ MTIzNDU2Nzg5\r\n", "+OK\r\n"}, 100, bounds).ec == errc::response_line_limit);
    for (const auto* bad :
         {"+ e\r\n", "+ eA\r\n", "+ eA=\r\n", "+  eA==\r\n", "+ eA== \r\n", "+ e A=\r\n", "+ ====\r\n"}) {
        CAPTURE(bad);
        c = talk(echo(), {bad, "-ERR\r\n"});
        CHECK(c.ec == errc::malformed_challenge);
        CHECK(c.lines == lines{"AUTH X-ECHO", "*"});
    }
}

TEST_CASE("auth: a mechanism that gives up")
{
    echo tired;
    tired.answer = errc::authentication_cancelled;
    for (const std::size_t piece : {100u, 1u}) {
        const auto c = talk(tired, {"+ eA==\r\n", "-ERR aborted\r\n"}, piece);
        CHECK(c.ec == errc::authentication_cancelled);
        CHECK(c.lines == lines{"AUTH X-ECHO", "*"});
        CHECK(c.shown == lines{"AUTH X-ECHO", "*"});
    }
    // A server that does not listen.
    CHECK(talk(tired, {"+ eA==\r\n", "+OK\r\n"}).ec == errc::malformed_reply);
    CHECK(talk(tired, {"+ eA==\r\n", "+ eA==\r\n"}).ec == errc::malformed_reply);

    echo broken;
    broken.answer = errc::server_not_authenticated;
    const auto c = talk(broken, {"+ eA==\r\n", "-ERR\r\n"});
    CHECK(c.ec == errc::server_not_authenticated);
    CHECK(c.lines.size() == 1);
}

TEST_CASE("auth: what cannot be sent at all")
{
    CHECK(talk(pop3::sasl::plain(pop3::password("", "secret")), {}).ec == errc::invalid_argument);
    const auto c = talk(pop3::sasl::scram_sha_256_plus(alice), {});
    CHECK(c.ec == errc::no_channel_binding);
    CHECK(c.lines.empty());
}

TEST_CASE("auth: SCRAM, where the server's proof comes in a challenge, or with the +OK, or not at all")
{
    // RFC 7677, section 3.
    const pop3::password user("user", "pencil");
    const pop3::sasl::scram_nonce nonce("rOprNGfwEbeRWgbNEkqO");
    const auto first =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"sv;
    const auto last = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="sv;
    const auto run = [&](const lines& replies) {
        return talk(pop3::sasl::scram_sha_256(user, "", nonce), replies);
    };
    const auto ask = "+ " + base64(first) + "\r\n";
    const auto proof = base64(last);

    auto c = run({ask, "+ " + proof + "\r\n", "+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.lines == lines{"AUTH SCRAM-SHA-256 " + base64("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"),
                           base64("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                  "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
                           ""});
    CHECK(run({ask, "+OK " + proof + "\r\n"}).ok());
    CHECK(run({ask, "+OK\r\n"}).ec == errc::server_not_authenticated);
    CHECK(run({ask, "+OK Logged in.\r\n"}).ec == errc::server_not_authenticated);
    CHECK(run({"+OK\r\n"}).ec == errc::server_not_authenticated);
    auto wrong = std::string(last);
    wrong[10] = wrong[10] == 'A' ? 'B' : 'A';
    CHECK(run({ask, "+ " + base64(wrong) + "\r\n", "+OK\r\n"}).ec == errc::server_not_authenticated);
    CHECK(run({ask, "+OK " + base64(wrong) + "\r\n"}).ec == errc::server_not_authenticated);
    c = run({ask, "-ERR [AUTH] no\r\n"});
    CHECK(c.refused);
    c = run({ask, "+ " + base64("e=invalid-proof") + "\r\n", "-ERR [AUTH] no\r\n"});
    CHECK(c.refused);
    CHECK(c.refusal.details().find("invalid-proof") != std::string::npos);
}

} // namespace command_auth_tests
