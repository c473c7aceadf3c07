// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Exchanges that compute in pieces.

#include <pop3/command/auth.hpp>
#include <pop3/command/login.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>

#include "support/scram_server.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace command_computing_tests {
namespace {

using pop3::errc;
using test::says;
using lines = std::vector<std::string>;

const pop3::password alice("alice", "tanstaaf");

/// Computes in so many pieces, and then says what it is told to.
struct slow {
    static constexpr std::string_view name = "X-SLOW";
    int pieces = 0;
    std::error_code then;
    bool throws = false;

    std::error_code respond(std::string_view, pop3::sasl::octets&, const pop3::limits&)
    {
        return {};
    }

    bool computing() const
    {
        return pieces != 0;
    }

    std::error_code compute(pop3::sasl::octets& response)
    {
        CHECK(response.empty());
        if (--pieces != 0)
            return {};
        if (throws)
            throw std::runtime_error("slow");
        response.assign(5, 'x');
        return then;
    }
};

static_assert(pop3::sasl::mechanism<slow> && pop3::sasl::computes<slow>);

/// Forgot the other half.
struct half : slow {
    void computing() const;
};

static_assert(!pop3::sasl::mechanism<half>);
static_assert(pop3::sasl::computes<pop3::sasl::scram_sha_1_plus>);
static_assert(!pop3::sasl::computes<pop3::sasl::plain>);

template <class Mechanism>
test::conversation talk(Mechanism m, const lines& replies)
{
    pop3::command::auth<Mechanism> exchange(std::move(m));
    return test::talk(exchange, says(replies));
}

test::conversation log_in(test::scram_server& server, const pop3::password& credentials = alice,
                          const pop3::login_options& options = {})
{
    pop3::command::login_context context;
    context.terms.secure = context.terms.may_reveal = true;
    context.binding = {"tls-exporter", std::string(32, 'x')};
    pop3::command::login<pop3::password> exchange(credentials, options, context);
    return test::talk(exchange, [&](const std::string& line) { return server.answer(line); });
}

} // namespace

TEST_CASE("computing: what a mechanism computes is sent when it is done")
{
    auto c = talk(slow{3, {}, false}, {"+\r\n", "+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.turns == 3);
    CHECK(c.lines == lines{"AUTH X-SLOW", test::base64("xxxxx")});

    // Nothing to compute.
    c = talk(slow{}, {"+\r\n", "+OK\r\n"});
    CHECK(c.ok());
    CHECK(c.turns == 0);
    CHECK(c.lines == lines{"AUTH X-SLOW", ""});
}

TEST_CASE("computing: an error in it is one of the mechanism's")
{
    auto c = talk(slow{2, errc::authentication_cancelled, false}, {"+\r\n", "-ERR\r\n"});
    CHECK(c.ec == errc::authentication_cancelled);
    CHECK(c.lines == lines{"AUTH X-SLOW", "*"});
    c = talk(slow{2, {}, true}, {"+\r\n", "-ERR\r\n"});
    CHECK(c.ec == errc::authentication_cancelled);
    CHECK(c.lines == lines{"AUTH X-SLOW", "*"});
    c = talk(slow{2, errc::server_not_authenticated, false}, {"+\r\n", "-ERR\r\n"});
    CHECK(c.ec == errc::server_not_authenticated);
    CHECK(c.lines == lines{"AUTH X-SLOW"});
}

TEST_CASE("computing: SCRAM does it in pieces")
{
    test::scram_server server("tanstaaf", 10'000);
    const auto c = log_in(server);
    CHECK(c.ok());
    CHECK(server.tried == lines{"SCRAM-SHA-256-PLUS"});
    CHECK(c.turns == 10'000 / 500);
}

TEST_CASE("computing: the salted password is computed once, though the proof is made twice")
{
    const auto cyrus = [](const std::string& name, bool proved) {
        return proved && name.ends_with("-PLUS") ? "-ERR [AUTH] authenticating: bad protocol / cancel\r\n"
                                                 : "";
    };
    test::scram_server server("tanstaaf", 10'000);
    server.refuses = cyrus;
    auto c = log_in(server);
    CHECK(c.ok());
    CHECK(server.tried == lines{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"});
    CHECK(c.turns == 10'000 / 500);

    // Not if it is another.
    test::scram_server salting("tanstaaf", 10'000);
    salting.refuses = cyrus;
    salting.changes_salt = true;
    c = log_in(salting);
    CHECK(c.ok());
    CHECK(salting.tried.size() == 2);
    CHECK(c.turns == 2 * 10'000 / 500);

    // And a wrong password stays one.
    test::scram_server other("another", 10'000);
    other.refuses = cyrus;
    c = log_in(other);
    CHECK(c.refused);
    CHECK(other.tried.size() == 2);
}

} // namespace command_computing_tests
