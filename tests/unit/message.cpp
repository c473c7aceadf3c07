// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// message.hpp, message_number.hpp, listing.hpp: what a maildrop has.

#include <pop3/listing.hpp>
#include <pop3/message.hpp>
#include <pop3/message_number.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::message;
using pop3::message_number;

template <class From>
concept converts_to_number = std::is_convertible_v<From, message_number>;

static_assert(converts_to_number<int>);
static_assert(converts_to_number<std::uint64_t>);
static_assert(converts_to_number<short>);
static_assert(converts_to_number<unsigned char>);
// What is no number of anything.
static_assert(!converts_to_number<bool>);
static_assert(!converts_to_number<char>);
static_assert(!converts_to_number<double>);
static_assert(!converts_to_number<const char*>);
static_assert(!converts_to_number<std::nullptr_t>);
static_assert(!std::is_convertible_v<message_number, std::uint32_t>);
static_assert(!std::is_convertible_v<message_number, bool>);
static_assert(!std::is_default_constructible_v<message_number>);
static_assert(std::is_trivially_copyable_v<message_number>);

static_assert(message_number(1).valid());
static_assert(!message_number(0).valid());

} // namespace

TEST_CASE("message_number: any integer; what is none becomes 0")
{
    CHECK(message_number(1).value() == 1);
    CHECK(message_number(short{7}).value() == 7);
    CHECK(message_number(std::uint8_t{200}).value() == 200);
    CHECK(message_number(std::uint64_t{4294967295u}).value() == 4294967295u);
    CHECK(message_number(std::int64_t{4294967295}).value() == 4294967295u);
    CHECK(message_number(std::size_t{3}).valid());

    for (const auto n :
         {message_number(0), message_number(-1), message_number(std::numeric_limits<int>::min()),
          message_number(std::int8_t{-1}), message_number(std::int64_t{1} << 32),
          message_number((std::int64_t{1} << 32) + 1), message_number((std::uint64_t{1} << 32) + 1),
          message_number(std::numeric_limits<std::int64_t>::min()),
          message_number(std::numeric_limits<std::uint64_t>::max())}) {
        CHECK(!n.valid());
        CHECK(n.value() == 0);
    }
}

TEST_CASE("message_number: compares and prints as its value")
{
    const message_number two = 2;
    CHECK(two == 2);
    CHECK(two != 3);
    CHECK(two < 3);
    CHECK(two > 1);
    CHECK(message_number(4294967295u) > 2147483647);
    std::ostringstream out;
    out << two << ' ' << message_number(4294967295u);
    CHECK(out.str() == "2 4294967295");
}

TEST_CASE("listings: empty ones name no message")
{
    CHECK(!pop3::scan_listing().number.valid());
    CHECK(!pop3::unique_id_listing().number.valid());
    CHECK(pop3::drop_listing() == pop3::drop_listing{0, 0});
    const auto [number, octets] = pop3::scan_listing{2, 200};
    CHECK(number == 2);
    CHECK(octets == 200);
}

TEST_CASE("message: header and body")
{
    struct row {
        std::string_view octets;
        std::string_view header;
        std::string_view body;
    };
    constexpr row rows[] = {
        {"", "", ""},
        {"A: b\r\n\r\nbody\r\n", "A: b\r\n", "body\r\n"},
        {"A: b\r\nC: d\r\n\r\nbody", "A: b\r\nC: d\r\n", "body"},
        {"A: b\r\n\r\n", "A: b\r\n", ""},
        {"A: b\r\n", "A: b\r\n", ""},
        {"A: b", "A: b", ""},
        // No header at all.
        {"\r\n", "", ""},
        {"\r\nbody\r\n", "", "body\r\n"},
        {"\r\n\r\nbody", "", "\r\nbody"},
        // Only the first empty line counts.
        {"A: b\r\n\r\n\r\n\r\n", "A: b\r\n", "\r\n\r\n"},
        // Bare LFs, and CR CR LF, are no ends of lines.
        {"A: b\n\nbody", "A: b\n\nbody", ""},
        {"A: b\r\r\n\r\r\nbody", "A: b\r\r\n\r\r\nbody", ""},
        {"A: \0\xff\r\n\r\n\0"sv, "A: \0\xff\r\n"sv, "\0"sv},
        {"\r", "\r", ""},
        {"\r\n\r", "", "\r"},
    };
    for (const auto& r : rows) {
        CAPTURE(r.octets);
        const auto& [octets, header, body] = r;
        const message m{std::string(octets)};
        CHECK(m.octets() == octets);
        CHECK(m.header() == header);
        CHECK(m.body() == body);
    }
}

TEST_CASE("message: grows, is compared, and gives its octets away")
{
    message m;
    CHECK(m.octets().empty());
    m.append(std::span<const char>());
    m.append("A: b\r"sv);
    m.append("\n\r\nbody"sv);
    CHECK(m.header() == "A: b\r\n");
    CHECK(m.body() == "body");
    CHECK(m == message("A: b\r\n\r\nbody"));
    CHECK(!(m == message("A: b\r\n\r\nBody")));
    const auto octets = std::move(m).octets();
    CHECK(octets == "A: b\r\n\r\nbody");
    CHECK(m.octets().empty());
}

TEST_CASE("message: fields of the header")
{
    const pop3::message m("Received: from a\r\n\tby b;\r\n  today\r\nSUBJECT:=?utf-8?q?=C3=BC?=\r\n"
                          "Received:  from c \t\r\nX-Empty:\r\nX-Folded:\r\n \r\n  behind\r\nOld \t: yes\r\n"
                          "no field\r\n: without a name\r\nLast: \x80\xff:;\r\n\r\nSubject: of the body\r\n");
    CHECK(m.field("Subject") == "=?utf-8?q?=C3=BC?=");
    CHECK(m.field("subject") == m.field("SUBJECT"));
    CHECK(m.fields("Subject").size() == 1);
    CHECK(m.field("Received") == "from a\tby b;  today");
    CHECK(m.fields("received") == std::vector<std::string>{"from a\tby b;  today", "from c"});
    CHECK(m.field("X-Empty") == "");
    CHECK(m.field("X-Folded") == "behind");
    CHECK(m.field("Old") == "yes");
    CHECK(m.field("Last") == "\x80\xff:;");
    CHECK(m.field("") == "without a name");
    CHECK(!m.field("Sub"));
    CHECK(!m.field("Subject:"));
    CHECK(!m.field("no field"));
    CHECK(m.fields("nowhere").empty());
}

TEST_CASE("message: fields of a header that ends anywhere, and with bare LF")
{
    CHECK(!pop3::message("").field("a"));
    CHECK(!pop3::message("\r\na: b\r\n").field("a"));
    CHECK(pop3::message("a: b").field("a") == "b");
    CHECK(pop3::message("a: b\r").field("a") == "b");
    CHECK(pop3::message("a:\r\n ").field("a") == "");
    CHECK(pop3::message("a: b\n c\nd: e\n").field("a") == "b c");
    CHECK(pop3::message("a: b\n c\nd: e\n").field("d") == "e");
    const std::string whole = "Subject: one\r\n two\r\nFrom: x\r\n\r\nbody\r\n";
    for (std::size_t n = 0; n <= whole.size(); ++n) {
        const pop3::message m(whole.substr(0, n));
        const auto subject = m.field("Subject");
        CHECK(subject.has_value() == (n >= 8));
        CHECK((!subject || std::string("one two").starts_with(*subject)));
    }
}
