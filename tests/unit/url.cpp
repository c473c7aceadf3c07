// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/error.hpp>
#include <pop3/url.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace {

using namespace std::string_view_literals;
using pop3::errc;
using pop3::parse_url;
using pop3::to_string;
using pop3::url;

static_assert(!std::is_aggregate_v<url>);
static_assert(!std::is_convertible_v<std::string_view, url>);

bool is_refused(std::string_view text)
{
    std::error_code ec;
    const auto u = parse_url(text, ec);
    return ec == errc::invalid_url && u == url();
}

bool cannot_be_written(const url& u)
{
    try {
        to_string(u);
        return false;
    } catch (const std::system_error& e) {
        return e.code() == errc::invalid_url;
    }
}

} // namespace

TEST_CASE("url: the examples of RFC 2384, section 7")
{
    struct row {
        std::string_view text;
        url expected;
    };
    const row rows[] = {
        {"pop://rg@mailsrv.qualcomm.com", url("mailsrv.qualcomm.com", 0, "rg")},
        {"pop://rg;AUTH=+APOP@mail.eudora.com:8110", url("mail.eudora.com", 8110, "rg", "+APOP")},
        {"pop://baz;AUTH=SCRAM-MD5@foo.bar", url("foo.bar", 0, "baz", "SCRAM-MD5")},
    };
    for (const auto& r : rows) {
        CAPTURE(r.text);
        const auto& [text, expected] = r;
        CHECK(parse_url(text) == expected);
        CHECK(to_string(expected) == text);
    }
    const auto u = parse_url("pop://rg;AUTH=+APOP@mail.eudora.com:8110");
    CHECK(u.user == "rg");
    CHECK(u.auth == "+APOP");
    CHECK(u.host == "mail.eudora.com");
    CHECK(u.port == 8110);
}

TEST_CASE("url: what may be left out, and the case of letters")
{
    CHECK(parse_url("pop://host") == url("host"));
    CHECK(parse_url("pop://host/") == url("host"));
    CHECK(parse_url("pop://host:995/") == url("host", 995));
    CHECK(parse_url("pop://u;AUTH=*@host/") == url("host", 0, "u", "*"));
    CHECK(parse_url("POP://U;auth=Scram-Sha-256-plus@HOST.Example.ORG:1") ==
          url("host.example.org", 1, "U", "SCRAM-SHA-256-PLUS"));
    CHECK(parse_url("pop://u;AuTh=+aPoP@h").auth == "+APOP");
    CHECK(parse_url("pop://u;AUTH=X_1@h").auth == "X_1");
    CHECK(url("HOST", 0, "U", "plain") == url("host", 0, "U", "PLAIN"));
    CHECK_FALSE(url("host", 0, "U") == url("host", 0, "u"));
}

TEST_CASE("url: percent-encoding")
{
    CHECK(parse_url("pop://rg%40example.org@host").user == "rg@example.org");
    CHECK(parse_url("pop://a%3Bb%3ac%2Fd%20e%25@host").user == "a;b:c/d e%");
    CHECK(parse_url("pop://j%C3%BCrgen@host").user == "j\xc3\xbcrgen");
    CHECK(parse_url("pop://%2541@host").user == "%41");
    CHECK(parse_url("pop://$-_.+!*'(),&=~@host").user == "$-_.+!*'(),&=~");
    CHECK(parse_url("pop://%72%67@host").user == "rg");
    CHECK(parse_url("pop://u;AUTH=%50LAIN@host").auth == "PLAIN");
    CHECK(parse_url("pop://u;AUTH=SCRAM%2dSHA-1@host").auth == "SCRAM-SHA-1");
    CHECK(parse_url("pop://u;AUTH=%2BAPOP@host").auth == "+APOP");
    CHECK(parse_url("pop://u;AUTH=%2bapop@host").auth == "+APOP");
    CHECK(parse_url("pop://u;AUTH=%2A@host").auth == "*");

    CHECK(to_string(url("host", 0, "rg@example.org")) == "pop://rg%40example.org@host");
    CHECK(to_string(url("host", 0, "a;b:c/d e%")) == "pop://a%3Bb%3Ac%2Fd%20e%25@host");
    CHECK(to_string(url("host", 0, "j\xc3\xbcrgen")) == "pop://j%C3%BCrgen@host");
    CHECK(to_string(url("host", 0, "me;AUTH=PLAIN")) == "pop://me%3BAUTH=PLAIN@host");
    CHECK(to_string(url("host", 0, "$-_.+!*'(),&=~")) == "pop://$-_.+!*'(),&=~@host");

    for (const auto bad :
         {"%"sv, "%4"sv, "%4g"sv, "%g4"sv, "a%"sv, "%%41"sv, "% 41"sv, "%-1"sv, "%+1"sv, "%0x"sv,
          // Controls
          "%00"sv, "a%0d%0aDELE%201"sv, "%0A"sv, "%0D"sv, "%09"sv, "%1f"sv, "%7F"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://" + std::string(bad) + "@host"));
        CHECK(is_refused("pop://u;AUTH=" + std::string(bad) + "@host"));
        CHECK(is_refused("pop://" + std::string(bad)));
    }
}

TEST_CASE("url: characters that have to be escaped")
{
    for (int octet = 0; octet != 256; ++octet) {
        CAPTURE(octet);
        const char c = static_cast<char>(octet);
        const bool raw = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                         "$-_.+!*'(),&=~"sv.find(c) != std::string_view::npos;
        CHECK(is_refused("pop://a" + std::string(1, c) + "b@host") == !raw);
        const url u("host", 0, "a" + std::string(1, c) + "b");
        const bool control = octet < 0x20 || octet == 0x7f;
        if (control) {
            CHECK(cannot_be_written(u));
            continue;
        }
        const auto text = to_string(u);
        CHECK((text.find('%') == std::string::npos) == raw);
        CHECK(parse_url(text) == u);
    }
}

TEST_CASE("url: IPv6 and IPv4 addresses")
{
    CHECK(parse_url("pop://u@[2001:DB8::1]:110") == url("2001:db8::1", 110, "u"));
    CHECK(parse_url("pop://[::1]/") == url("::1"));
    CHECK(url("[::1]", 110) == url("::1", 110));
    CHECK(to_string(url("2001:db8::1", 110, "u")) == "pop://u@[2001:db8::1]:110");
    CHECK(to_string(url("::")) == "pop://[::]");
    CHECK(parse_url("pop://192.0.2.1:110") == url("192.0.2.1", 110));

    for (const auto good :
         {"::"sv, "::1"sv, "1::"sv, "1::8"sv, "1:2:3:4:5:6:7:8"sv, "1:2:3:4:5:6:7::"sv, "::2:3:4:5:6:7:8"sv,
          "1:2::5:6:7:8"sv, "::ffff:192.0.2.1"sv, "1:2:3:4:5:6:192.0.2.1"sv, "64:ff9b::192.0.2.255"sv,
          "fe80::abcd:0:0ff"sv, "::0.0.0.0"sv}) {
        CAPTURE(good);
        CHECK(parse_url("pop://[" + std::string(good) + "]:1") == url(good, 1));
        CHECK(parse_url(to_string(url(good))).host == good);
    }
    for (const auto bad : {""sv,
                           ":"sv,
                           ":::"sv,
                           "1"sv,
                           "1:"sv,
                           ":1"sv,
                           "1:2"sv,
                           "1:2:3:4:5:6:7"sv,
                           "1:2:3:4:5:6:7:8:9"sv,
                           "1:2:3:4:5:6:7:8::"sv,
                           "::1:2:3:4:5:6:7:8"sv,
                           "1::2::3"sv,
                           "1:::2"sv,
                           "12345::"sv,
                           "g::"sv,
                           "::1:"sv,
                           "192.0.2.1"sv,
                           "::192.0.2"sv,
                           "::192.0.2.256"sv,
                           "::192.0.2.1.1"sv,
                           "::192.0.2.01"sv,
                           "::1.2.3.4:5"sv,
                           "1:2:3:4:5:6:7:192.0.2.1"sv,
                           "1:2:3:4:5:192.0.2.1"sv,
                           "::1%25eth0"sv,
                           "fe80::1%eth0"sv,
                           "v1.x"sv,
                           "::1]"sv,
                           "[::1"sv,
                           "::1 "sv,
                           "::\0"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://[" + std::string(bad) + "]:1"));
    }
    for (const auto bad : {"[::1"sv, "::1]"sv, "::1"sv, "[::1]x"sv, "[::1]1"sv, "x[::1]"sv, "[]"sv, "["sv,
                           "]"sv, "2001:db8::1"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://" + std::string(bad)));
        CHECK(is_refused("pop://u@" + std::string(bad)));
    }
}

TEST_CASE("url: the zone of an IPv6 address")
{
    CHECK(parse_url("pop://[fe80::1%25eth0]/") == url("fe80::1%eth0"));
    CHECK(parse_url("pop://u@[FE80::1%25Eth0.100]:995") == url("fe80::1%Eth0.100", 995, "u"));
    CHECK(parse_url("pop://[febf::1%251]").host == "febf::1%1");
    CHECK(parse_url("pop://[fe80::1%25a%3Ab%5dc%25]").host == "fe80::1%a:b]c%");
    CHECK(url("[FE80::1%Eth0]") == url("fe80::1%Eth0"));
    CHECK_FALSE(url("fe80::1%eth0") == url("fe80::1%Eth0"));
    CHECK(to_string(url("FE80::1%Eth0", 995, "u")) == "pop://u@[fe80::1%25Eth0]:995");
    for (const auto zone : {"eth0"sv, "1"sv, "a:b]c%"sv, "br-1_~."sv, "\xc3\xbc"sv, "a b/c"sv}) {
        CAPTURE(zone);
        const url u("fe80::1%" + std::string(zone));
        CHECK(parse_url(to_string(u)) == u);
    }
    for (const auto bad : {"fe80::1%"sv, "fe80::1%25"sv, "fe80::1%eth0"sv, "fe80::1%2"sv, "fe80::1%24a"sv,
                           "fe80::1%25a%"sv, "fe80::1%25a%0d"sv, "fe80::1%25%00"sv, "fe80::1%25a b"sv,
                           "fe80::1%25a:b"sv, "fe80::1%25a/b"sv, "%25eth0"sv, "fe80:%25eth0"sv,
                           // It means something only where the same address may be in use twice.
                           "::1%25eth0"sv, "2001:db8::1%25eth0"sv, "fec0::1%25eth0"sv, "fe8::1%25eth0"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://[" + std::string(bad) + "]"));
    }
    for (const auto bad : {"fe80::1%"sv, "::1%eth0"sv, "fe80::1%a\r\n"sv, "host%eth0"sv}) {
        CAPTURE(bad);
        CHECK(cannot_be_written(url(bad)));
    }
    CHECK(is_refused("pop://host%25eth0"));
}

TEST_CASE("url: schemes that others made up are refused, and it is said why")
{
    for (const auto text :
         {"pops://host"sv, "POPS://rg@host:995"sv, "pop3://host"sv, "pop3s://host"sv, "pops:"sv}) {
        CAPTURE(text);
        std::error_code ec;
        CHECK(parse_url(text, ec) == url());
        CHECK(ec == errc::unsupported_scheme);
        CHECK_FALSE(pop3::is_fatal(ec));
    }
    const auto why = std::error_code(errc::unsupported_scheme).message();
    CHECK(why.find("RFC 2384") != std::string::npos);
    CHECK(why.find("995") != std::string::npos);
    CHECK(is_refused("pop2://host"));
    CHECK(is_refused("pops"));
    CHECK(is_refused("popsy://host"));
}

TEST_CASE("url: host names")
{
    for (const auto good : {"h"sv, "mail.example.org"sv, "mail-1.example.org"sv, "pop3_server"sv, "_x.y"sv,
                            "mail.example.org."sv, "1.example"sv, "3com.com"sv, "192.0.2.1"sv, "a-"sv}) {
        CAPTURE(good);
        CHECK(parse_url("pop://" + std::string(good)).host == good);
        CHECK(parse_url(to_string(url(good))) == url(good));
    }
    for (const auto bad :
         {""sv, "."sv, ".a"sv, "a..b"sv, "-a"sv, "a.-b"sv, "a b"sv, "a%62"sv, "a,b"sv, "a*"sv,
          "b\xc3\xbc"
          "cher"sv,
          "a\0"sv, "a\\b"sv, "a\r\n"sv, "a;b"sv, "a'"sv,
          // Addresses, more or less
          "127.1"sv, "192.0.2.256"sv, "192.0.2.01"sv, "1.2.3.4.5"sv, "2130706433"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://" + std::string(bad)));
        CHECK(is_refused("pop://u@" + std::string(bad) + ":110"));
        CHECK(cannot_be_written(url(bad)));
    }
    CHECK(parse_url("pop://" + std::string(255, 'x')).host.size() == 255);
    CHECK(is_refused("pop://" + std::string(256, 'x')));
}

TEST_CASE("url: ports")
{
    CHECK(parse_url("pop://h:1").port == 1);
    CHECK(parse_url("pop://h:65535").port == 65535);
    CHECK(parse_url("pop://[::1]:65535").port == 65535);
    for (const auto bad : {""sv, "0"sv, "00"sv, "65536"sv, "4294967406"sv, "18446744073709551726"sv, "-1"sv,
                           "+1"sv, " 1"sv, "1 "sv, "1x"sv, "0x6e"sv, "pop3"sv, "1:1"sv, "%31"sv, ":1"sv}) {
        CAPTURE(bad);
        CHECK(is_refused("pop://h:" + std::string(bad)));
        CHECK(is_refused("pop://u@[::1]:" + std::string(bad) + "/"));
    }
}

TEST_CASE("url: a password is refused, and not repeated")
{
    for (const auto text : {"pop://rg:tanstaaf@host"sv, "pop://rg:@host"sv, "pop://:tanstaaf@host"sv,
                            "pop://rg:tanstaaf;AUTH=PLAIN@host"sv, "pop://rg;AUTH=PLAIN:tanstaaf@host"sv}) {
        CAPTURE(text);
        CHECK(is_refused(text));
        try {
            parse_url(text);
            FAIL_CHECK("taken");
        } catch (const std::system_error& e) {
            CHECK(e.code() == errc::invalid_url);
            CHECK(std::string_view(e.what()).find("tanstaaf") == std::string_view::npos);
        }
    }
}

TEST_CASE("url: what else is no pop URL")
{
    for (const auto bad : {
             ""sv,
             "pop"sv,
             "pop:"sv,
             "pop:/"sv,
             "pop://"sv,
             "pop:///"sv,
             "pop:host"sv,
             "pop:/host"sv,
             "host"sv,
             "//host"sv,
             "rg@host"sv,
             "imap://host"sv,
             "http://host"sv,
             "xpop://host"sv,
             " pop://host"sv,
             "pop://host "sv,
             "pop://host\n"sv,
             "pop://ho\0st"sv,
             "p\0p://host"sv,
             // Users and mechanisms: the ABNF has none of these
             "pop://@host"sv,
             "pop://;AUTH=PLAIN@host"sv,
             "pop://;AUTH=*@host"sv,
             "pop://u;@host"sv,
             "pop://u;AUTH@host"sv,
             "pop://u;AUTH=@host"sv,
             "pop://u;AUTH=+@host"sv,
             "pop://u;AUTH=**@host"sv,
             "pop://u;AUTH=+*@host"sv,
             "pop://u;AUTH=++A@host"sv,
             "pop://u;AUTH=A+@host"sv,
             "pop://u;AUTH=*A@host"sv,
             "pop://u;AUTH=%2A%2A@host"sv,
             "pop://u;AUTH=%2B@host"sv,
             "pop://u;AUTH=%2B%2BAPOP@host"sv,
             "pop://u;AUTH=A%2BPOP@host"sv,
             "pop://u;AUTH=A%20B@host"sv,
             "pop://u;AUTH=A;AUTH=B@host"sv,
             "pop://u;AUTH=A;x=y@host"sv,
             "pop://u;X=Y@host"sv,
             "pop://u;XAUTH=A@host"sv,
             "pop://u;AUTH=ABCDEFGHIJKLMNOPQRSTU@host"sv,
             "pop://u;AUTH=%C3%9C@host"sv,
             "pop://u%3BAUTH=A;@host"sv,
             "pop://u@v@host"sv,
             "pop://u@@host"sv,
             "pop://u@"sv,
             "pop://u@/"sv,
             "pop://u@:110"sv,
             // A path, a query, a fragment
             "pop://host//"sv,
             "pop://host/x"sv,
             "pop://host/x/"sv,
             "pop://host?x"sv,
             "pop://host/?x"sv,
             "pop://host#x"sv,
             "pop://host/#"sv,
             "pop://host;AUTH=PLAIN"sv,
             "pop://host:110x/"sv,
             "pop://host:/"sv,
         }) {
        CAPTURE(bad);
        CHECK(is_refused(bad));
        CHECK_THROWS_AS(parse_url(bad), std::system_error);
    }
    CHECK(parse_url("pop://u;AUTH=ABCDEFGHIJKLMNOPQRST@host").auth == "ABCDEFGHIJKLMNOPQRST");
}

TEST_CASE("url: the error of before is cleared")
{
    std::error_code ec = errc::invalid_url;
    CHECK(parse_url("pop://host", ec) == url("host"));
    CHECK(!ec);
}

TEST_CASE("url: what cannot be written")
{
    CHECK(cannot_be_written(url()));
    CHECK(cannot_be_written(url("", 110, "u")));
    CHECK(cannot_be_written(url("host/x")));
    CHECK(cannot_be_written(url("host@evil.example")));
    CHECK(cannot_be_written(url("u@host")));
    CHECK(cannot_be_written(url("host:110")));
    CHECK(cannot_be_written(url("::1]:110")));
    CHECK(cannot_be_written(url("host", 0, "a\r\nb")));
    CHECK(cannot_be_written(url("host", 0, std::string_view("a\0b", 3))));
    CHECK(cannot_be_written(url("host", 0, "u", "A B")));
    CHECK(cannot_be_written(url("host", 0, "u", "A@evil.example")));
    // RFC 2384 gives a mechanism to a user only.
    CHECK(cannot_be_written(url("host", 0, "", "EXTERNAL")));

    // A member that was set has the right case in the URL.
    auto u = url("host", 0, "u");
    u.host = "HOST";
    u.auth = "plain";
    CHECK(to_string(u) == "pop://u;AUTH=PLAIN@host");
}

TEST_CASE("url: what was written is read as the same")
{
    std::mt19937 random(1998);
    const auto below = [&](std::size_t n) {
        return random() % n;
    };
    const auto of = [&](std::string_view alphabet, std::size_t most) {
        std::string text;
        for (auto n = 1 + below(most); n != 0; --n)
            text += alphabet[below(alphabet.size())];
        return text;
    };
    std::string any;
    for (int octet = 0; octet != 256; ++octet)
        if (octet >= 0x20 && octet != 0x7f)
            any += static_cast<char>(octet);
    constexpr std::string_view hosts[] = {"h",   "mail.example.org", "192.0.2.1", "2001:db8::1",
                                          "::1", "a_b.c-d",          "x.",        "::ffff:192.0.2.1"};
    for (int i = 0; i != 20'000; ++i) {
        url u(hosts[below(std::size(hosts))]);
        if (below(2) != 0)
            u.port = static_cast<std::uint16_t>(below(65536));
        if (below(4) != 0) {
            u.user = of(below(2) != 0 ? std::string_view(any) : ";:@/%=AUTH+*"sv, 12);
            if (below(2) != 0)
                u.auth = below(4) == 0 ? "*" : (below(2) != 0 ? "+" : "") + of("ABCXYZ019-_", 20);
        }
        const auto text = to_string(u);
        CAPTURE(text);
        REQUIRE(parse_url(text) == u);
        REQUIRE(parse_url(text + "/") == u);
        // It can be put anywhere that a URL can.
        REQUIRE(text.find_first_of(" \"<>\\^`{|}") == std::string::npos);
        REQUIRE(std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
    }
}

TEST_CASE("url: whatever is read can be written, and comes to the same")
{
    std::mt19937 random(2384);
    constexpr std::string_view words[] = {
        "pop://", "POP://", "u",  "%40", "%",     ";AUTH=", ";auth=",  "*",    "+",
        "APOP",   "@",      "h",  "H.x", "[::1]", "[",      "]",       ":",    "110",
        "0",      "/",      "?x", "%0d", "\xc3",  " ",      "1.2.3.4", "PLAIN"};
    int taken = 0;
    for (int i = 0; i != 50'000; ++i) {
        std::string text = random() % 8 != 0 ? "pop://" : "";
        for (auto n = 1 + random() % 8; n != 0; --n)
            text += words[random() % std::size(words)];
        std::error_code ec;
        const auto u = parse_url(text, ec);
        if (ec)
            continue;
        ++taken;
        CAPTURE(text);
        REQUIRE(parse_url(to_string(u)) == u);
    }
    CHECK(taken > 500);
}
