// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Logins to a server that announces -PLUS and can do none that is current, and what is to be remembered of it.

#include <pop3/command/login.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>

#include "support/scram_server.hpp"
#include "talk.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace command_refused_binding_tests {
namespace {

using lines = std::vector<std::string>;

const pop3::password alice("alice", "tanstaaf");
const lines both = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
const lines unbound = {"SCRAM-SHA-256"};
const lines bound = {"SCRAM-SHA-256-PLUS"};

struct result {
    test::conversation talk;
    std::optional<bool> refuses_binding;
};

result log_in(test::scram_server& server, bool known_to_refuse, const pop3::login_options& options = {})
{
    pop3::command::login_context context;
    context.terms.secure = context.terms.may_reveal = true;
    context.binding = {"tls-exporter", std::string(32, 'x')};
    context.refuses_binding = known_to_refuse;
    pop3::command::login<pop3::password> exchange(alice, options, context);
    CHECK_FALSE(exchange.refuses_binding());
    auto talk = test::talk(exchange, [&](const std::string& line) { return server.answer(line); });
    return {std::move(talk), exchange.refuses_binding()};
}

/// Says so of the binding when the proof has come, as Cyrus does, or at once.
test::scram_server cyrus(bool proved = true)
{
    test::scram_server server("tanstaaf", 4096);
    server.refuses = [=](const std::string& name, bool when) {
        return when == proved && name.ends_with("-PLUS") ? "-ERR authenticating: bad protocol / cancel\r\n"
                                                         : "";
    };
    return server;
}

} // namespace

TEST_CASE("refused binding: is learned from a login that then succeeds unbound")
{
    for (const bool proved : {true, false}) {
        auto server = cyrus(proved);
        const auto r = log_in(server, false);
        CHECK(r.talk.ok());
        // What is refused at once may have been the form.
        CHECK(server.tried == (proved ? both : lines{both[0], both[0], both[1]}));
        CHECK(r.refuses_binding == true);
    }
}

TEST_CASE("refused binding: is not tried again, and the server is not told that it cannot bind")
{
    auto server = cyrus();
    const auto r = log_in(server, true);
    CHECK(r.talk.ok());
    CHECK(server.tried == unbound);
    // "y" would be a lie: the server announces -PLUS.
    CHECK(server.flag == "n,,");
    CHECK_FALSE(r.refuses_binding);

    // Who does not announce it is asked for nothing, and may know that somebody could have struck it out.
    auto without = cyrus();
    without.mechanisms = "SCRAM-SHA-256 PLAIN";
    CHECK(log_in(without, true).talk.ok());
    CHECK(without.flag == "y,,");
}

TEST_CASE("refused binding: never across a demand for it")
{
    pop3::login_options demand;
    demand.require_channel_binding = true;
    for (const auto& options : {demand, pop3::login_options("SCRAM-SHA-256-PLUS")}) {
        auto server = cyrus();
        const auto r = log_in(server, true, options);
        CHECK(r.talk.refused);
        CHECK(server.tried == bound);
        CHECK_FALSE(r.refuses_binding);
        test::scram_server able("tanstaaf", 4096);
        CHECK(log_in(able, true, options).talk.ok());
        CHECK(able.tried == bound);
    }
}

TEST_CASE("refused binding: nothing weaker than SCRAM is begun with because of it")
{
    test::scram_server server("tanstaaf", 4096);
    server.mechanisms = "SCRAM-SHA-256-PLUS PLAIN LOGIN";
    const auto r = log_in(server, true);
    CHECK(r.talk.ok());
    CHECK(server.tried == bound);
}

TEST_CASE("refused binding: is not learned from a login that fails")
{
    // A wrong password.
    auto server = cyrus();
    const auto refuses = server.refuses;
    server.refuses = [=](const std::string& name, bool proved) {
        return proved && name == "SCRAM-SHA-256" ? "-ERR wrong\r\n" : refuses(name, proved);
    };
    auto r = log_in(server, false);
    CHECK(r.talk.refused);
    CHECK(server.tried == both);
    CHECK_FALSE(r.refuses_binding);

    // A server that hangs up, or does not know the password.
    server = cyrus();
    server.refuses = [=](const std::string& name, bool proved) {
        return proved && name == "SCRAM-SHA-256" ? "nonsense\r\n" : refuses(name, proved);
    };
    r = log_in(server, false);
    CHECK(r.talk.ec);
    CHECK_FALSE(r.refuses_binding);
    server.tried.clear();
    server.refuses = [=](const std::string& name, bool proved) {
        return proved && name == "SCRAM-SHA-256" ? "+OK\r\n" : refuses(name, proved);
    };
    r = log_in(server, false);
    CHECK(r.talk.ec == pop3::errc::server_not_authenticated);
    CHECK_FALSE(r.refuses_binding);

    // Nor where there was no refusal.
    test::scram_server able("tanstaaf", 4096);
    r = log_in(able, false);
    CHECK(r.talk.ok());
    CHECK_FALSE(r.refuses_binding);
}

TEST_CASE("refused binding: is forgotten if to begin unbound did not help")
{
    const auto after = [](const std::string& no) {
        test::scram_server server("tanstaaf", 4096);
        server.refuses = [=](const std::string& name, bool proved) {
            return proved && name == "SCRAM-SHA-256" ? no : "";
        };
        const auto r = log_in(server, true);
        CHECK(r.talk.refused);
        CHECK(server.tried == unbound);
        return r.refuses_binding;
    };
    CHECK(after("-ERR bind!\r\n") == false);
    CHECK(after("-ERR [AUTH] no\r\n") == false);
    // These mean something else.
    for (const auto* no : {"-ERR [IN-USE] no\r\n", "-ERR [SYS/TEMP] no\r\n", "-ERR [LOGIN-DELAY] no\r\n",
                           "-ERR [SYS/PERM] no\r\n"})
        CHECK_FALSE(after(no));
}

} // namespace command_refused_binding_tests
