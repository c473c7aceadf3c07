// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Which timestamps APOP may use. That they are found in a greeting: grammar_status_line.cpp.

#include <pop3/grammar/greeting.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using pop3::grammar::find_timestamp;
using pop3::grammar::is_timestamp;
using pop3::grammar::parse_greeting;

} // namespace

TEST_CASE("timestamp: those of real servers")
{
    struct row {
        std::string_view greeting;
        std::string_view timestamp;
    };
    constexpr row rows[] = {
        // RFC 1939, section 7
        {"POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"},
        // dovecot
        {"Dovecot (Debian) ready. <767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>",
         "<767e.3.6b040ca0.oJ9pPjpt06HdnFr2rWNZ9g==@vm>"},
        {"ready. <1.1.6b040ca0.oJ9/Pjpt06+dnFr2rWNZ9g==@mail.example.org>",
         "<1.1.6b040ca0.oJ9/Pjpt06+dnFr2rWNZ9g==@mail.example.org>"},
        // cyrus
        {"localhost Cyrus POP3 3.6.1-Debian-3.6.1-4+deb12u5 server ready "
         "<4151866095919991295.1795427488@localhost>",
         "<4151866095919991295.1795427488@localhost>"},
        // mailutils
        {"POP3 Ready <32660.1795427693@vm>", "<32660.1795427693@vm>"},
        {"POP3 Ready <353.1795427719@vm>", "<353.1795427719@vm>"},
        // solid-pop3d
        {"Solid POP3 server ready <872.1795427772@localhost>", "<872.1795427772@localhost>"},
        {"Solid POP3 server ready <1272.1795427830@localhost>", "<1272.1795427830@localhost>"},
        // nginx
        {"POP3 ready <383635060.1795427674@localhost>", "<383635060.1795427674@localhost>"},
        // twisted says nothing else
        {"<20260101000000.31.0@vm>", "<20260101000000.31.0@vm>"},
        // courier, popa3d, perdition have none
        {"Hello there.", ""},
        {"", ""},
        {"POP3 perditon ready on 127.0.0.1 0002e40d", ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.greeting);
        const auto& [greeting, timestamp] = r;
        CHECK(find_timestamp(greeting) == timestamp);
        CHECK(parse_greeting(greeting).timestamp == timestamp);
        CHECK(is_timestamp(timestamp) == !timestamp.empty());
    }
}

TEST_CASE("timestamp: what a msg-id can be")
{
    for (const auto good : {
             "<a@b>"sv,
             "<a.b.c@d.e.f>"sv,
             "<!#$%&'*+-/=?^_`{|}~@x>"sv,
             "<x@!#$%&'*+-/=?^_`{|}~>"sv,
             "<1@[192.0.2.1]>"sv,
             "<1@[IPv6:2001:db8::1]>"sv,
             "<0@-_>"sv,
         }) {
        CAPTURE(good);
        CHECK(is_timestamp(good));
        CHECK(find_timestamp(good) == good);
        CHECK(find_timestamp("ready " + std::string(good) + " now") == good);
    }
}

TEST_CASE("timestamp: what no msg-id can be (CVE-2007-1558)")
{
    for (const auto bad : {
             // No brackets, or not around it
             ""sv,
             "<"sv,
             ">"sv,
             "<>"sv,
             "a@b"sv,
             "<a@b"sv,
             "a@b>"sv,
             ">a@b<"sv,
             " <a@b>"sv,
             "<a@b> "sv,
             "<<a@b>"sv,
             "<a@b>>"sv,
             "<<a@b>>"sv,
             "<a@b><c@d>"sv,
             // No "@", or more than one, or nothing on a side of it
             "<ab>"sv,
             "<1896.697170952>"sv,
             "<@>"sv,
             "<a@>"sv,
             "<@b>"sv,
             "<a@b@c>"sv,
             "<a@@b>"sv,
             "<@a@b>"sv,
             // Dots stand between atoms
             "<.a@b>"sv,
             "<a.@b>"sv,
             "<a..b@c>"sv,
             "<a@.b>"sv,
             "<a@b.>"sv,
             "<a@b..c>"sv,
             "<.@b>"sv,
             "<a@.>"sv,
             // Specials
             "<(@b>"sv,
             "<a)@b>"sv,
             "<a,b@c>"sv,
             "<a;b@c>"sv,
             "<a:b@c>"sv,
             "<a\\b@c>"sv,
             "<\"a\"@b>"sv,
             "<a\"@b>"sv,
             "<[a]@b>"sv,
             "<a@(none)>"sv,
             "<a@b,c>"sv,
             "<a@b;c>"sv,
             "<a@b:110>"sv,
             "<a@b\\>"sv,
             "<a@b]>"sv,
             "<a@[b>"sv,
             // Domain literals that are none
             "<a@[]>"sv,
             "<a@[>"sv,
             "<a@]>"sv,
             "<a@[[1]]>"sv,
             "<a@[1]2>"sv,
             "<a@1[2]>"sv,
             "<a@[a@b]>"sv,
             "<a@[1 2]>"sv,
             "<a@[\\1]>"sv,
             "<a@[\x80]>"sv,
             "<a@[1\0]>"sv,
             // Spaces, controls, and what is not ASCII: what the collisions are made of
             "<a b@c>"sv,
             "<a @b>"sv,
             "<a@b c>"sv,
             "< a@b>"sv,
             "<a@b >"sv,
             "<a\t@b>"sv,
             "<a\r@b>"sv,
             "<a\n@b>"sv,
             "<a\0@b>"sv,
             "<a@b\0>"sv,
             "<\x1f@b>"sv,
             "<\x7f@b>"sv,
             "<a@\x7f>"sv,
             "<\x80@b>"sv,
             "<a@\x80>"sv,
             "<\xff@b>"sv,
             "<a@\xff>"sv,
             "<j\xc3\xbcrgen@b>"sv,
             "<a@\xc3\xbc>"sv,
         }) {
        CAPTURE(bad);
        CHECK_FALSE(is_timestamp(bad));
    }
    // As one block of a collision would come: good at both ends.
    std::string forged = "<1896.697170952@dbc.mtview.ca.us>";
    for (std::size_t i = 0; i != forged.size(); ++i) {
        for (const char c : {'\0', '\x01', '\x80', '\xd1', '\xff', ' '}) {
            auto changed = forged;
            changed[i] = c;
            CHECK_FALSE(is_timestamp(changed));
            CHECK(find_timestamp(changed).empty());
        }
    }
}

TEST_CASE("timestamp: is not as long as a server likes")
{
    const auto of_size = [](std::size_t n) {
        return "<" + std::string(n - 4, 'x') + "@y>";
    };
    CHECK(is_timestamp(of_size(255)));
    CHECK_FALSE(is_timestamp(of_size(256)));
    CHECK_FALSE(is_timestamp(of_size(100'000)));
    CHECK(find_timestamp(of_size(256) + of_size(255)) == of_size(255));
}

TEST_CASE("timestamp: the first good one is taken")
{
    CHECK(find_timestamp("<ab> <c@d> <e@f>") == "<c@d>");
    CHECK(find_timestamp("<a\xff@b> <c@d>") == "<c@d>");
    CHECK(find_timestamp("<a@b@c> > <<<c@d> <") == "<c@d>");
    CHECK(find_timestamp("<a@b@c> <").empty());
    CHECK(find_timestamp(std::string(100'000, '<') + ">").empty());
    CHECK(find_timestamp(std::string(100'000, '<') + "c@d>") == "<c@d>");
}

TEST_CASE("timestamp: a greeting whose timestamp is forged has none")
{
    const auto greeting = parse_greeting("POP3 ready <1896.\x80\xd1@x>");
    CHECK(greeting.timestamp.empty());
    CHECK(greeting.text == "POP3 ready <1896.\x80\xd1@x>");
}

static_assert(is_timestamp("<1.2@x>"));
static_assert(!is_timestamp("<1.2>"));
