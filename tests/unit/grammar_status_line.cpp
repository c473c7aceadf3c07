// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The first line of a reply: grammar/status_line.hpp, grammar/response_code.hpp, grammar/greeting.hpp.

#include <pop3/grammar/greeting.hpp>
#include <pop3/grammar/response_code.hpp>
#include <pop3/grammar/status_line.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using pop3::response_code;
using pop3::grammar::find_timestamp;
using pop3::grammar::parse_status_line;
using pop3::grammar::split_response_code;
using pop3::grammar::status;

} // namespace

TEST_CASE("status line: the indicator alone counts (RFC 1957)")
{
    struct row {
        std::string_view line;
        pop3::grammar::status status;
        std::string_view text;
    };
    constexpr row rows[] = {
        {"+OK", status::ok, ""},
        {"+OK ", status::ok, ""},
        {"+OK  ", status::ok, " "},
        {"+OK 2 320", status::ok, "2 320"},
        {"+OK  2 320", status::ok, " 2 320"},
        {"+ok", status::ok, ""},
        {"+Ok dovecot", status::ok, "dovecot"},
        {"+OK<1.2@x>", status::ok, "<1.2@x>"},
        {"+OK: ready", status::ok, ": ready"},
        {"-ERR[AUTH] no", status::err, "[AUTH] no"},
        {"-ERR, failed", status::err, ", failed"},
        {"+OK\tready", status::ok, "\tready"},
        {"+OK -ERR", status::ok, "-ERR"},
        {"+OK \xc3\xbc\0"sv, status::ok, "\xc3\xbc\0"sv},
        {"-ERR", status::err, ""},
        {"-ERR ", status::err, ""},
        {"-err no such message", status::err, "no such message"},
        {"-ERR [IN-USE] busy", status::err, "[IN-USE] busy"},
        {"-ERR +OK", status::err, "+OK"},
        {"+", status::proceed, ""},
        {"+ ", status::proceed, ""},
        {"+ PDE4OTYu", status::proceed, "PDE4OTYu"},
        {"+ OK", status::proceed, "OK"},
    };
    for (const auto& r : rows) {
        CAPTURE(r.line);
        const auto& [line, expected, text] = r;
        const auto parsed = parse_status_line(line);
        REQUIRE(parsed);
        CHECK(parsed->status == expected);
        CHECK(parsed->text == text);
    }
}

TEST_CASE("status line: what is none")
{
    for (const auto line : {""sv,
                            " "sv,
                            " +OK"sv,
                            "OK"sv,
                            "+O"sv,
                            "+0K"sv,
                            "-"sv,
                            "-E"sv,
                            "-ER"sv,
                            "- ERR"sv,
                            "+PDE4OTYu"sv,
                            "* OK"sv,
                            "220 mail ready"sv,
                            "ERR"sv,
                            "\r+OK"sv,
                            "\0+OK"sv,
                            "-OK"sv,
                            "+OKAY"sv,
                            "+OKAY 2 320"sv,
                            "+okay"sv,
                            "+OKready"sv,
                            "+OK2 320"sv,
                            "-ERROR"sv,
                            "-ERROR failed"sv,
                            "-errors"sv,
                            "-ERR0"sv,
                            "+ERR"sv,
                            "\xef\xbb\xbf+OK"sv,
                            "."sv,
                            "1 120"sv,
                            "HTTP/1.1 400 Bad Request"sv}) {
        CAPTURE(line);
        CHECK(!parse_status_line(line));
    }
}

TEST_CASE("response code: those of RFC 2449, 3206 and 6856, in any case")
{
    struct row {
        std::string_view text;
        response_code code;
        std::string_view code_text;
        std::string_view rest;
    };
    constexpr row rows[] = {
        {"[IN-USE] Do you have another POP session running?", response_code::in_use, "IN-USE",
         "Do you have another POP session running?"},
        {"[LOGIN-DELAY] minimum time between mail checks violation", response_code::login_delay,
         "LOGIN-DELAY", "minimum time between mail checks violation"},
        {"[AUTH] Authentication failed.", response_code::auth, "AUTH", "Authentication failed."},
        {"[SYS/TEMP] Unable to open maildrop", response_code::sys_temp, "SYS/TEMP",
         "Unable to open maildrop"},
        {"[SYS/PERM] Starttls failed", response_code::sys_perm, "SYS/PERM", "Starttls failed"},
        {"[UTF8] message needs it", response_code::utf8, "UTF8", "message needs it"},
        {"[in-use] x", response_code::in_use, "in-use", "x"},
        {"[Sys/Temp]", response_code::sys_temp, "Sys/Temp", ""},
        {"[AUTH]", response_code::auth, "AUTH", ""},
        {"[AUTH]text", response_code::auth, "AUTH", "text"},
        {"[AUTH]  two spaces", response_code::auth, "AUTH", " two spaces"},
        {"[X-OVER/QUOTA] full", response_code::other, "X-OVER/QUOTA", "full"},
        {"[SYS] x", response_code::other, "SYS", "x"},
        {"[AUTHX] x", response_code::other, "AUTHX", "x"},
        {"[A] [B] c", response_code::other, "A", "[B] c"},
        // No response codes:
        {"", response_code::none, "", ""},
        {"busy", response_code::none, "", "busy"},
        {" [IN-USE] x", response_code::none, "", " [IN-USE] x"},
        {"try [IN-USE]", response_code::none, "", "try [IN-USE]"},
        {"[]", response_code::none, "", "[]"},
        {"[] x", response_code::none, "", "[] x"},
        {"[", response_code::none, "", "["},
        {"[IN-USE", response_code::none, "", "[IN-USE"},
        {"]", response_code::none, "", "]"},
        {"[IN USE] x", response_code::none, "", "[IN USE] x"},
        {"[this is fine] x", response_code::none, "", "[this is fine] x"},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, code, code_text, rest] = r;
        const auto got = split_response_code(text);
        CHECK(got.code == code);
        CHECK(got.code_text == code_text);
        CHECK(got.text == rest);
    }
}

TEST_CASE("greeting: the timestamp of APOP")
{
    struct row {
        std::string_view text;
        std::string_view timestamp;
    };
    constexpr row rows[] = {
        {"POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"},
        {"<1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"},
        {"Dovecot (Debian) ready. <767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>",
         "<767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>"},
        {"Cyrus POP3 3.6.1 server ready <4151866095919991295.1795427488@localhost> really",
         "<4151866095919991295.1795427488@localhost>"},
        {"<a@b> <c@d>", "<a@b>"},
        {"a < b, then <c@d>", "<c@d>"},
        {"<two words> <c@d>", "<c@d>"},
        {"<<c@d>>", "<c@d>"},
        {"> <c@d>", "<c@d>"},
        {"<c@d", ""},
        {"c@d>", ""},
        {"Hello there.", ""},
        {"", ""},
        {"<", ""},
        {"<\xc3\xbc@d>", ""},
        {"<a\x7f@d>", ""},
        {"<a\0@d>"sv, ""},
        {"<a\r@d>", ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, timestamp] = r;
        CHECK(find_timestamp(text) == timestamp);
        const auto greeting = pop3::grammar::parse_greeting(text);
        CHECK(greeting.text == text);
        CHECK(greeting.timestamp == timestamp);
        CHECK(greeting.code == pop3::response_code::none);
    }
    const auto coded = pop3::grammar::parse_greeting("[SYS/TEMP] slow today <1.2@x>");
    CHECK(coded.text == "slow today <1.2@x>");
    CHECK(coded.code == pop3::response_code::sys_temp);
    CHECK(coded.code_text == "SYS/TEMP");
    CHECK(coded.timestamp == "<1.2@x>");
}

// Usable where the compiler computes.
static_assert(parse_status_line("+ok ready")->text == "ready");
static_assert(split_response_code("[SYS/TEMP] x").code == response_code::sys_temp);
static_assert(find_timestamp("ready <a@b>") == "<a@b>");
