// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/capabilities.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/login_options.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using pop3::capabilities;
using pop3::login_options;
using pop3::command::choose_login;
using pop3::command::login_terms;
using pop3::command::password_ways;
using pop3::command::token_ways;

std::string chosen(const capabilities& server, const login_terms& terms, const login_options& options = {})
{
    const auto* const way = choose_login(password_ways, server, terms, options);
    return way == nullptr ? "" : std::string(way->name);
}

std::string chosen_for_token(const capabilities& server, const login_terms& terms,
                             const login_options& options = {})
{
    const auto* const way = choose_login(token_ways, server, terms, options);
    return way == nullptr ? "" : std::string(way->name);
}

/// Secure, may reveal, can bind, has a timestamp.
constexpr login_terms bound{true, true, true, true};
constexpr login_terms tls{true, true, false, true};
constexpr login_terms plain{false, false, false, true};
constexpr login_terms cleartext{false, true, false, true};

using list = std::vector<std::string>;

capabilities offering(list sasl, bool user = true)
{
    capabilities server;
    server.sasl = std::move(sasl);
    server.user = user;
    return server;
}

} // namespace

TEST_CASE("login_choice: every set of mechanisms over every kind of stream")
{
    const list mechanisms = {"SCRAM-SHA-512-PLUS",
                             "SCRAM-SHA-256-PLUS",
                             "SCRAM-SHA-1-PLUS",
                             "SCRAM-SHA-512",
                             "SCRAM-SHA-256",
                             "SCRAM-SHA-1",
                             "CRAM-MD5",
                             "PLAIN",
                             "LOGIN"};
    // As documented at async_login, written out once more.
    struct row {
        login_terms terms;
        list order;
    };
    const row rows[] = {
        {bound,
         {"SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-256",
          "SCRAM-SHA-1", "PLAIN", "LOGIN", "USER"}},
        {tls, {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "USER"}},
        {plain, {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "+APOP"}},
        {cleartext,
         {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "+APOP", "PLAIN", "LOGIN", "USER"}},
    };
    std::size_t count = 0;
    for (const auto& row : rows) {
        for (std::size_t set = 0; set != std::size_t{1} << (mechanisms.size() + 2); ++set) {
            capabilities server;
            list offered;
            for (std::size_t i = 0; i != mechanisms.size(); ++i)
                if ((set >> i & 1) != 0)
                    server.sasl.insert(server.sasl.begin(), mechanisms[i]);
            offered = server.sasl;
            server.user = (set >> mechanisms.size() & 1) != 0;
            auto terms = row.terms;
            terms.has_timestamp = (set >> (mechanisms.size() + 1) & 1) != 0;
            if (server.user || server.sasl.empty())
                offered.emplace_back("USER");
            if (terms.has_timestamp)
                offered.emplace_back("+APOP");
            // What nobody here can do.
            if (!server.sasl.empty())
                server.sasl.emplace_back("DIGEST-MD5");

            std::string expected;
            for (const auto& name : row.order)
                if (expected.empty() && std::find(offered.begin(), offered.end(), name) != offered.end())
                    expected = name;
            if (chosen(server, terms) != expected)
                FAIL_CHECK("chose '" << chosen(server, terms) << "', not '" << expected << "', set " << set);
            ++count;
        }
    }
    CHECK(count == 4 * 2048);
}

TEST_CASE("login_choice: servers without CAPA or SASL")
{
    auto old = plain;
    old.has_timestamp = false;
    CHECK(chosen({}, tls) == "USER");
    CHECK(chosen({}, bound) == "USER");
    CHECK(chosen({}, cleartext) == "+APOP");
    CHECK(chosen({}, plain) == "+APOP");
    CHECK(chosen({}, old) == "");
    CHECK(chosen(offering({}, false), tls) == "USER");
    CHECK(chosen(offering({}), tls) == "USER");
    // It has CAPA, SASL, and does not have USER.
    CHECK(chosen(offering({"GSSAPI"}, false), tls) == "");
    CHECK(chosen(offering({"GSSAPI"}, true), tls) == "USER");
}

TEST_CASE("login_choice: what is demanded is used, announced or not, but never shows a secret")
{
    CHECK(chosen({}, tls, login_options("plain")) == "PLAIN");
    CHECK(chosen(offering({"PLAIN", "SCRAM-SHA-256"}), tls, login_options("PLAIN")) == "PLAIN");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("SCRAM-SHA-1")) == "SCRAM-SHA-1");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("CRAM-MD5")) == "CRAM-MD5");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("+APOP")) == "+APOP");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("apop")) == "+APOP");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("USER")) == "USER");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("*")) == "PLAIN");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("")) == "PLAIN");
    for (const auto* name : {"PLAIN", "LOGIN", "USER"}) {
        CHECK(chosen(offering({"PLAIN", "LOGIN"}), plain, login_options(name)) == "");
        CHECK(chosen(offering({"PLAIN", "LOGIN"}), cleartext, login_options(name)) == name);
    }
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("GSSAPI")) == "");
    CHECK(chosen(offering({"PLAIN"}), tls, login_options("XOAUTH2")) == "");
    CHECK(chosen({}, bound, login_options("SCRAM-SHA-256-PLUS")) == "SCRAM-SHA-256-PLUS");
    CHECK(chosen({}, tls, login_options("SCRAM-SHA-256-PLUS")) == "");
}

TEST_CASE("login_choice: channel binding demanded")
{
    login_options demand;
    demand.require_channel_binding = true;
    CHECK(chosen(offering({"SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "PLAIN"}), bound, demand) ==
          "SCRAM-SHA-1-PLUS");
    CHECK(chosen(offering({"SCRAM-SHA-512", "PLAIN"}), bound, demand) == "");
    CHECK(chosen(offering({"SCRAM-SHA-1-PLUS", "PLAIN"}), tls, demand) == "");
    CHECK(chosen({}, bound, demand) == "");
    demand.mechanism = "SCRAM-SHA-256";
    CHECK(chosen(offering({"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"}), bound, demand) == "");
}

TEST_CASE("login_choice: access tokens")
{
    CHECK(chosen_for_token(offering({"PLAIN", "XOAUTH2", "OAUTHBEARER"}), tls) == "OAUTHBEARER");
    CHECK(chosen_for_token(offering({"PLAIN", "XOAUTH2"}), tls) == "XOAUTH2");
    CHECK(chosen_for_token(offering({"XOAUTH2"}), cleartext) == "XOAUTH2");
    CHECK(chosen_for_token(offering({"XOAUTH2", "OAUTHBEARER"}), plain) == "");
    CHECK(chosen_for_token(offering({"PLAIN"}), tls) == "");
    CHECK(chosen_for_token({}, tls) == "");
    CHECK(chosen_for_token(offering({"PLAIN"}), tls, login_options("XOAUTH2")) == "XOAUTH2");
    CHECK(chosen_for_token(offering({"PLAIN"}), tls, login_options("PLAIN")) == "");
}
