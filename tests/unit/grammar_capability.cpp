// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/capabilities.hpp>
#include <pop3/grammar/capability.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using pop3::capabilities;
using strings = std::vector<std::string>;

capabilities parse(std::initializer_list<std::string_view> lines)
{
    capabilities result;
    for (const auto line : lines)
        pop3::grammar::parse_capability(line, result);
    return result;
}

capabilities parse(std::string_view line)
{
    return parse({line});
}

/// What is kept as it is, and changes nothing else.
void check_other(std::string_view line)
{
    CAPTURE(line);
    capabilities expected;
    expected.other.emplace_back(line);
    CHECK(parse(line) == expected);
}

} // namespace

TEST_CASE("capabilities: nothing is there unless the server says so")
{
    const capabilities none;
    CHECK(parse({}) == none);
    CHECK(!none.top);
    CHECK(!none.user);
    CHECK(!none.resp_codes);
    CHECK(!none.auth_resp_code);
    CHECK(!none.pipelining);
    CHECK(!none.uidl);
    CHECK(!none.stls);
    CHECK(!none.lang);
    CHECK(!none.login_delay);
    CHECK(!none.expire);
    CHECK(!none.implementation);
    CHECK(!none.utf8);
    CHECK(none.sasl.empty());
    CHECK(none.other.empty());
}

TEST_CASE("capabilities: each flag sets its member and no other")
{
    struct row {
        std::string_view name;
        bool capabilities::* member;
    };
    constexpr row rows[] = {
        {"TOP", &capabilities::top},
        {"USER", &capabilities::user},
        {"RESP-CODES", &capabilities::resp_codes},
        {"AUTH-RESP-CODE", &capabilities::auth_resp_code},
        {"PIPELINING", &capabilities::pipelining},
        {"UIDL", &capabilities::uidl},
        {"STLS", &capabilities::stls},
        {"LANG", &capabilities::lang},
    };
    for (const auto& r : rows) {
        CAPTURE(r.name);
        const auto& [name, member] = r;
        capabilities expected;
        expected.*member = true;
        CHECK(parse(name) == expected);
        CHECK(parse({name, name}) == expected);
        CHECK(parse(std::string(name) + "  ") == expected);

        std::string lower(name);
        for (char& c : lower)
            if (c >= 'A' && c <= 'Z')
                c = static_cast<char>(c + ('a' - 'A'));
        CHECK(parse(lower) == expected);

        check_other(std::string(name) + " argument");
        check_other(std::string(name) + "X");
        check_other("X" + std::string(name));
        check_other(name.substr(0, name.size() - 1));
    }
}

TEST_CASE("capabilities: the example of RFC 2449, section 5")
{
    const auto got = parse({"TOP", "USER", "SASL CRAM-MD5 KERBEROS_V4", "RESP-CODES", "LOGIN-DELAY 900",
                            "PIPELINING", "EXPIRE 60", "UIDL", "IMPLEMENTATION Shlemazle-Plotz-v302"});
    capabilities expected;
    expected.top = true;
    expected.user = true;
    expected.sasl = {"CRAM-MD5", "KERBEROS_V4"};
    expected.resp_codes = true;
    expected.login_delay = capabilities::login_delay_t{900s, false};
    expected.pipelining = true;
    expected.expire = capabilities::expire_t{60, false};
    expected.uidl = true;
    expected.implementation = "Shlemazle-Plotz-v302";
    CHECK(got == expected);
}

TEST_CASE("capabilities: SASL")
{
    CHECK(parse("SASL PLAIN LOGIN").sasl == strings{"PLAIN", "LOGIN"});
    CHECK(parse("SASL plain Scram-Sha-256-plus").sasl == strings{"PLAIN", "SCRAM-SHA-256-PLUS"});
    CHECK(parse("SASL  PLAIN   LOGIN ").sasl == strings{"PLAIN", "LOGIN"});
    CHECK(parse({"SASL PLAIN", "SASL LOGIN"}).sasl == strings{"PLAIN", "LOGIN"});
    // Dovecot without TLS, where it wants it.
    CHECK(parse("SASL") == capabilities());
    CHECK(parse("SASL ") == capabilities());
    check_other("SASLPLAIN");
    check_other("SASL=PLAIN");
}

TEST_CASE("capabilities: LOGIN-DELAY")
{
    using value = capabilities::login_delay_t;
    CHECK(parse("LOGIN-DELAY 900").login_delay == value{900s, false});
    CHECK(parse("LOGIN-DELAY 0").login_delay == value{0s, false});
    CHECK(parse("LOGIN-DELAY 180 USER").login_delay == value{180s, true});
    CHECK(parse("login-delay  180  user ").login_delay == value{180s, true});
    CHECK(parse("LOGIN-DELAY 4294967295").login_delay == value{4294967295s, false});
    CHECK(parse({"LOGIN-DELAY 180 USER", "LOGIN-DELAY 60"}).login_delay == value{60s, false});
    for (const auto line : {"LOGIN-DELAY"sv, "LOGIN-DELAY "sv, "LOGIN-DELAY USER"sv, "LOGIN-DELAY -1"sv,
                            "LOGIN-DELAY 4294967296"sv, "LOGIN-DELAY 1 2"sv, "LOGIN-DELAY 1 USER 2"sv,
                            "LOGIN-DELAY 1s"sv, "LOGIN-DELAY 1 USERS"sv, "LOGIN-DELAY900"sv})
        check_other(line);
}

TEST_CASE("capabilities: EXPIRE")
{
    using value = capabilities::expire_t;
    CHECK(parse("EXPIRE 60").expire == value{60, false});
    CHECK(parse("EXPIRE 0").expire == value{0, false});
    CHECK(parse("EXPIRE NEVER").expire == value{std::nullopt, false});
    CHECK(parse("expire never").expire == value{std::nullopt, false});
    CHECK(parse("EXPIRE 5 USER").expire == value{5, true});
    // 0 days and NEVER are not the same: the one loses mail.
    CHECK(!(parse("EXPIRE 0").expire == parse("EXPIRE NEVER").expire));
    for (const auto line : {"EXPIRE"sv, "EXPIRE "sv, "EXPIRENEVER"sv, "EXPIRE USER"sv, "EXPIRE -1"sv,
                            "EXPIRE 4294967296"sv, "EXPIRE 1 2"sv, "EXPIRE NEVERS"sv, "EXPIRE 60days"sv})
        check_other(line);
}

TEST_CASE("capabilities: UTF8")
{
    using value = capabilities::utf8_t;
    CHECK(parse("UTF8").utf8 == value{false});
    CHECK(parse("UTF8 USER").utf8 == value{true});
    CHECK(parse("utf8 user").utf8 == value{true});
    check_other("UTF8 PASS");
    check_other("UTF8 USER PASS");
    check_other("UTF-8");
}

TEST_CASE("capabilities: IMPLEMENTATION is all that follows")
{
    CHECK(parse("IMPLEMENTATION Shlemazle-Plotz-v302").implementation == "Shlemazle-Plotz-v302");
    CHECK(parse("IMPLEMENTATION Cyrus POP3 3.6.1-Debian").implementation == "Cyrus POP3 3.6.1-Debian");
    CHECK(parse("IMPLEMENTATION  a  b").implementation == "a  b");
    CHECK(parse("IMPLEMENTATION").implementation == "");
}

TEST_CASE("capabilities: what is not known, or not written as it should be, is kept")
{
    for (const auto line :
         {"EXPIRENEVER"sv, "10"sv, "PIPELINE"sv, "CELERITY"sv, "AUSPEX"sv, "POTENCE"sv, "CAPA"sv,
          "XTND a b"sv, "X-MANGLE  two  spaces "sv, "TOP\tx"sv, ""sv, " "sv, "\xff\0"sv, "TOP\r"sv})
        check_other(line);
    CHECK(parse({"B", "TOP", "A", "B"}).other == strings{"B", "A", "B"});
}

TEST_CASE("capabilities: as real servers write them")
{
    // nginx, with TLS.
    auto got =
        parse({"TOP", "USER", "UIDL", "PIPELINING", "RESP-CODES", "SASL PLAIN LOGIN CRAM-MD5 EXTERNAL"});
    CHECK(got.top);
    CHECK(got.pipelining);
    CHECK(got.sasl == strings{"PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL"});
    CHECK(got.other.empty());

    // Dovecot, after the login.
    got = parse({"CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"});
    CHECK(got.auth_resp_code);
    CHECK(!got.user);
    CHECK(got.other == strings{"CAPA"});

    // Twisted.
    got = parse({"TOP", "PIPELINE", "UIDL", "RESP-CODES", "CELERITY", "AUSPEX", "POTENCE", "USER"});
    CHECK(!got.pipelining);
    CHECK(got.other == strings{"PIPELINE", "CELERITY", "AUSPEX", "POTENCE"});

    // GNU mailutils.
    got = parse({"TOP", "USER", "UIDL", "RESP-CODES", "PIPELINING", "EXPIRENEVER", "10"});
    CHECK(!got.expire);
    CHECK(got.pipelining);
    CHECK(got.other == strings{"EXPIRENEVER", "10"});
}
