// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What goes wrong while the server waits for a response to its challenge is called off: `*`, and the server's -ERR.

#include <pop3/access_token.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/login.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/login.hpp>
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
#include <utility>
#include <vector>

namespace command_auth_called_off_tests {
namespace {

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

/// Called off with this error: the last line was `*`, the -ERR to it was read, and the session lives.
bool called_off(const test::conversation& c, errc e)
{
    return c.done && c.ec == e && !pop3::is_fatal(c.ec) && c.lines.back() == "*" && c.shown.back() == "*" &&
           c.rest.empty();
}

/// Of a user: says what it is told to.
struct gives_up {
    static constexpr std::string_view name = "X-GIVES-UP";
    std::error_code with;

    std::error_code respond(std::string_view, pop3::sasl::octets&, const pop3::limits&)
    {
        return with;
    }
};

pop3::sasl::scram_sha_256 scram()
{
    return pop3::sasl::scram_sha_256(pop3::password("user", "pencil"), "",
                                     pop3::sasl::scram_nonce("rOprNGfwEbeRWgbNEkqO"));
}

/// The first challenge of SCRAM, with this many iterations.
std::string server_first(const std::string& iterations)
{
    return "+ " +
           base64("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" +
                  iterations) +
           "\r\n";
}

} // namespace

TEST_CASE("auth: a challenge that is no base64 is called off")
{
    for (const std::size_t piece : {100u, 1u}) {
        CHECK(called_off(talk(pop3::sasl::cram_md5(alice), {"+ Rubbish\r\n", "-ERR\r\n"}, piece),
                         errc::malformed_challenge));
        CHECK(called_off(talk(pop3::sasl::login(alice),
                              {"+ VXNlcm5hbWU6\r\n", "+ ?\r\n", "-ERR [AUTH] cancelled\r\n"}, piece),
                         errc::malformed_challenge));
    }
}

TEST_CASE("auth: a challenge that the mechanism rejects is called off")
{
    CHECK(called_off(talk(pop3::sasl::plain(alice), {"+ bW9yZQ==\r\n", "-ERR\r\n"}),
                     errc::malformed_challenge));
    CHECK(called_off(talk(pop3::sasl::plain(alice), {"+ \r\n", "-ERR\r\n"}), errc::malformed_challenge));
    // After what it takes for the reason of a refusal.
    const pop3::access_token token("a", "t");
    CHECK(called_off(talk(pop3::sasl::xoauth2(token), {"+ e30=\r\n", "+ e30=\r\n", "-ERR\r\n"}),
                     errc::malformed_challenge));
    CHECK(called_off(talk(scram(), {"+ eA==\r\n", "-ERR\r\n"}), errc::malformed_challenge));
    // After the proof: the server has not shown its own, and nobody is logged in.
    CHECK(called_off(talk(scram(), {server_first("4096"), "+ eA==\r\n", "-ERR\r\n"}),
                     errc::malformed_challenge));
}

TEST_CASE("auth: a limit of the mechanism, or of the number of challenges, is called off")
{
    pop3::limits bounds;
    CHECK(called_off(talk(scram(), {server_first("1"), "-ERR\r\n"}), errc::scram_min_iterations_limit));
    CHECK(called_off(talk(scram(), {server_first("2000000000"), "-ERR\r\n"}),
                     errc::scram_max_iterations_limit));
    bounds.challenges = 2;
    const auto c = talk(gives_up(), {"+\r\n", "+\r\n", "+\r\n", "-ERR\r\n"}, 100, bounds);
    CHECK(called_off(c, errc::challenges_limit));
    CHECK(c.lines.size() == 4);
    // Also the one that only asks for the initial response.
    bounds.challenges = 0;
    auth<pop3::sasl::plain> exchange(pop3::sasl::plain(alice), pop3::command::auth_form::behind);
    CHECK(called_off(test::talk(exchange, says({"+\r\n", "-ERR\r\n"}), 100, bounds), errc::challenges_limit));
}

TEST_CASE("auth: a server that does not take the `*` for an end is not followed")
{
    for (const auto* answer : {"+OK\r\n", "+ eA==\r\n", "+\r\n", "what?\r\n", "\r\n"}) {
        CAPTURE(answer);
        CHECK(talk(pop3::sasl::cram_md5(alice), {"+ Rubbish\r\n", answer}).ec == errc::malformed_reply);
        CHECK(talk(scram(), {server_first("1"), answer}).ec == errc::malformed_reply);
    }
}

TEST_CASE("auth: what is not called off")
{
    // A server that is not who it says it is.
    const auto c = talk(gives_up{errc::server_not_authenticated}, {"+\r\n", "-ERR\r\n"});
    CHECK(c.ec == errc::server_not_authenticated);
    CHECK(pop3::is_fatal(c.ec));
    CHECK(c.lines.size() == 1);
    // An error that the library does not know.
    const auto own = std::make_error_code(std::errc::owner_dead);
    CHECK(talk(gives_up{own}, {"+\r\n", "-ERR\r\n"}).ec == own);
    // A line without an end: where the next one begins is not known.
    pop3::limits bounds;
    bounds.response_line = 10;
    CHECK(talk(gives_up(), {"+ MTIzNDU2Nzg5\r\n", "-ERR\r\n"}, 100, bounds).ec == errc::response_line_limit);
    // The server has let us in, and not shown that it knows the password: there is nothing to call off.
    CHECK(talk(scram(), {server_first("4096"), "+OK eA==\r\n"}).ec == errc::server_not_authenticated);
}

TEST_CASE("login: a bad challenge is called off, and nothing weaker tried")
{
    pop3::command::login_context context;
    context.terms.secure = context.terms.may_reveal = true;
    pop3::command::login<pop3::password> exchange(alice, {}, context);
    const auto c =
        test::talk(exchange, says({"+OK\r\nSASL SCRAM-SHA-256 PLAIN\r\n.\r\n", "+ ?\r\n", "-ERR\r\n"}));
    CHECK(called_off(c, errc::malformed_challenge));
    CHECK(c.lines.size() == 3);
}

} // namespace command_auth_called_off_tests
