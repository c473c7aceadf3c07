// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/command_line.hpp>
#include <pop3/error.hpp>
#include <pop3/message_number.hpp>
#include <pop3/secret.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using pop3::errc;
using pop3::secret;
using pop3::command::command_line;

std::string octets(const command_line& line)
{
    return {line.octets().begin(), line.octets().end()};
}

/// What stands in memory that a vector has but does not use: a sanitizer that knows vectors may mind.
#if defined(__GNUC__)
__attribute__((no_sanitize("address")))
#endif
std::string
unused_octets(const char* begin, std::size_t n)
{
    std::string found;
    for (const volatile char* p = begin; p != begin + n; ++p)
        found += *p;
    return found;
}

} // namespace

TEST_CASE("command_line: keyword, arguments with one space before each, CRLF")
{
    command_line line;
    line.verb("TOP").argument(pop3::message_number(2)).number(10);
    CHECK(!line.end());
    CHECK(octets(line) == "TOP 2 10\r\n");
    CHECK(line.shown() == "TOP 2 10");

    line.clear();
    CHECK(line.octets().empty());
    CHECK(line.shown().empty());
    line.verb("NOOP");
    CHECK(!line.end());
    CHECK(octets(line) == "NOOP\r\n");

    line.clear();
    line.verb("X").number(0).number(std::numeric_limits<std::uint64_t>::max());
    CHECK(!line.end());
    CHECK(octets(line) == "X 0 18446744073709551615\r\n");

    line.clear();
    line.verb("USER").argument("two words").argument("j\xc3\xbcrgen");
    CHECK(!line.end());
    CHECK(octets(line) == "USER two words j\xc3\xbcrgen\r\n");
}

TEST_CASE("command_line: controls and nothing at all are refused, wherever they stand")
{
    for (const auto bad : {""sv, "\r"sv, "\n"sv, "\0"sv, "\x7f"sv, "\t"sv, "\x01"sv, "\x1f"sv, "\x1b[2J"sv,
                           "mrose\r\nDELE 1"sv, "mrose\n"sv, "\rmrose"sv, "mro\0se"sv, "mrose\0"sv}) {
        CAPTURE(bad);
        command_line line;
        line.verb("USER").argument(bad);
        CHECK(line.end() == errc::invalid_argument);

        line.clear();
        line.verb("USER").argument(bad).argument("good");
        CHECK(line.end() == errc::invalid_argument);

        line.clear();
        line.verb("PASS").argument(secret(bad));
        CHECK(line.end() == errc::invalid_argument);

        line.clear();
        line.verb(bad);
        CHECK(line.end() == errc::invalid_argument);

        // The next line is not to blame.
        line.clear();
        line.verb("NOOP");
        CHECK(!line.end());
    }
}

TEST_CASE("command_line: a message-number that is none is refused")
{
    using pop3::message_number;
    for (const auto bad : {message_number(0), message_number(-1), message_number(std::int64_t{1} << 32),
                           message_number(std::numeric_limits<std::int64_t>::min())}) {
        command_line line;
        line.verb("DELE").argument(bad);
        CHECK(line.end() == errc::invalid_argument);
    }
    command_line line;
    line.verb("DELE").argument(message_number(4294967295u));
    CHECK(!line.end());
    CHECK(octets(line) == "DELE 4294967295\r\n");
}

TEST_CASE("command_line: 255 octets with CRLF, and no more")
{
    // "USER ", the name, CRLF.
    const std::string most(255 - 5 - 2, 'x');

    command_line line;
    line.verb("USER").argument(most);
    CHECK(!line.end());
    CHECK(line.octets().size() == 255);

    line.clear();
    line.verb("USER").argument(most + "x");
    CHECK(line.end() == errc::command_too_long);

    line.clear();
    line.verb("PASS").argument(secret(most));
    CHECK(!line.end());
    CHECK(line.octets().size() == 255);

    line.clear();
    line.verb("PASS").argument(secret(most + "x"));
    CHECK(line.end() == errc::command_too_long);

    line.clear();
    line.verb("USER").argument(std::string(100'000, 'x'));
    CHECK(line.end() == errc::command_too_long);

    // Both wrong: the argument is what the caller must look at.
    line.clear();
    line.verb("USER").argument(most + "x\r\n");
    CHECK(line.end() == errc::invalid_argument);
}

TEST_CASE("command_line: the limit is that of each line")
{
    const std::string most(255 - 5 - 2, 'x');
    command_line line;
    line.verb("USER").argument(most);
    CHECK(!line.end());
    line.verb("USER").argument(most);
    CHECK(!line.end());
    CHECK(line.octets().size() == 510);
    line.verb("USER").argument(most + "x");
    CHECK(line.end() == errc::command_too_long);
}

TEST_CASE("command_line: a response may be longer, the line behind it not")
{
    const std::string much(300, 'x');
    for (const bool dropped : {false, true}) {
        CAPTURE(dropped);
        command_line line;
        line.response(dropped ? "\n" : much);
        CHECK(bool(line.end()) == dropped);
        if (dropped)
            line.drop_line();
        line.verb("XSAY").argument(much);
        CHECK(line.end() == errc::command_too_long);
    }
}

TEST_CASE("command_line: a secret is sent but not shown")
{
    for (const auto text : {"tanstaaf"sv, "a"sv, "a secret with spaces"sv, "****"sv, "PASS"sv}) {
        command_line line;
        line.verb("PASS").argument(secret(text));
        CHECK(!line.end());
        CHECK(octets(line) == "PASS " + std::string(text) + "\r\n");
        // Not even how long it is.
        CHECK(line.shown() == "PASS ****");
    }
    command_line line;
    line.verb("X").argument("public").argument(secret("hidden")).argument("more");
    CHECK(!line.end());
    CHECK(octets(line) == "X public hidden more\r\n");
    CHECK(line.shown() == "X public **** more");
}

TEST_CASE("command_line: a secret that cannot be sent is not shown either")
{
    for (const auto& text : {"hidden\r\n"s, "hidden"s + std::string(300, 'x')}) {
        command_line line;
        line.verb("PASS").argument(secret(text));
        CHECK(line.end());
        CHECK(line.shown() == "PASS ****");
    }
}

TEST_CASE("command_line: without an observer nothing is shown, and the same is sent")
{
    command_line line;
    line.show(false);
    line.verb("TOP").argument(pop3::message_number(1)).number(0);
    CHECK(!line.end());
    CHECK(octets(line) == "TOP 1 0\r\n");
    CHECK(line.shown().empty());

    line.clear();
    line.verb("PASS").argument(secret("hidden"));
    CHECK(!line.end());
    CHECK(line.shown().empty());

    line.clear();
    line.show(true);
    line.verb("NOOP");
    CHECK(line.shown() == "NOOP");
}

TEST_CASE("command_line: clear() wipes what was secret")
{
    command_line line;
    line.verb("PASS").argument(secret("tanstaaf"));
    CHECK(!line.end());
    const auto size = line.octets().size();
    const char* const memory = line.octets().data();
    CHECK(unused_octets(memory, size) == "PASS tanstaaf\r\n");

    line.clear();
    // The same memory, still there.
    CHECK(line.octets().capacity() >= size);
    CHECK(line.octets().data() == memory);
    CHECK(unused_octets(memory, size) == std::string(size, '\0'));

    // Not only in the first line.
    line.verb("NOOP").argument("x");
    CHECK(!line.end());
    line.verb("PASS").argument(secret("second"));
    CHECK(!line.end());
    const auto both = line.octets().size();
    line.clear();
    CHECK(unused_octets(memory, both) == std::string(both, '\0'));
}

TEST_CASE("command_line: a command of the usual length allocates no memory")
{
    command_line line;
    const char* const memory = line.octets().data();
    for (int i = 0; i != 3; ++i) {
        line.verb("USER").argument(std::string(255 - 5 - 2, 'x'));
        CHECK(!line.end());
        CHECK(line.octets().data() == memory);
        line.clear();
    }
}

TEST_CASE("command_line: a SASL response is a line of its own, hidden, and as long as it must be")
{
    command_line line;
    line.response("c2VjcmV0");
    CHECK(!line.end());
    CHECK(std::string(line.octets().begin(), line.octets().end()) == "c2VjcmV0\r\n");
    CHECK(line.shown() == "****");
    line.clear();
    line.response("");
    CHECK(!line.end());
    CHECK(std::string(line.octets().begin(), line.octets().end()) == "\r\n");
    CHECK(line.shown().empty());
    line.clear();
    line.response(std::string(20'000, 'x'));
    CHECK(!line.end());
    const char* const memory = line.octets().data();
    const auto size = line.octets().size();
    line.clear();
    CHECK(unused_octets(memory, size) == std::string(size, '\0'));
    // The next line is an ordinary one.
    line.verb("AUTH").hidden_argument(std::string(300, 'x'));
    CHECK(line.shown() == "AUTH ****");
    CHECK(line.end() == pop3::errc::command_too_long);
    line.clear();
    line.response("a\r\nDELE 1");
    CHECK(line.end() == pop3::errc::invalid_argument);
}
