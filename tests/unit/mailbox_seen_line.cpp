// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/crc32c.hpp>
#include <pop3/mailbox/seen_line.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailbox_seen_line_tests {
namespace {

using namespace std::string_literals;
using pop3::seen_event;
using pop3::seen_record;
using pop3::seen_state;
using pop3::detail::read_seen_line;
using pop3::detail::seen_line;

seen_record example(std::string_view unique_id = "whqtswO00WBw418f9t5JxYwZ")
{
    seen_record r;
    r.account = "mrose@pop.example.org";
    r.key = {unique_id, 1};
    r.time = std::chrono::sys_seconds(std::chrono::seconds(1'795'840'325));
    r.octets = 4096;
    return r;
}

std::string written(const seen_record& r)
{
    std::string line;
    pop3::detail::write_seen_line(r, line);
    return line;
}

void check_equal(const seen_record& a, const seen_record& b)
{
    CHECK(a.event == b.event);
    CHECK(a.state == b.state);
    CHECK(a.account == b.account);
    CHECK(a.key.unique_id == b.key.unique_id);
    CHECK(a.key.ordinal == b.key.ordinal);
    CHECK(a.time == b.time);
    CHECK(a.octets == b.octets);
    CHECK(a.attempts == b.attempts);
}

} // namespace

TEST_CASE("CRC-32C: the examples of RFC 3720")
{
    using pop3::detail::crc32c;
    static_assert(crc32c("123456789") == 0xe3069283u);
    CHECK(crc32c("") == 0);
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
}

TEST_CASE("a record is a line that people can read")
{
    CHECK(written(example()).starts_with(
        "delivered 2026-11-28T04:32:05Z 21:mrose@pop.example.org 24:whqtswO00WBw418f9t5JxYwZ 1 4096 0 "));
    CHECK(written(example()).back() == '\n');
    auto r = example();
    r.state = seen_state::skipped;
    r.octets = pop3::unknown_octets;
    r.attempts = 3;
    CHECK(written(r).find(" 1 - 3 ") != std::string::npos);
}

TEST_CASE("it is read back, whatever its unique-id holds")
{
    const std::vector<std::string> unique_ids{"a",
                                              "with space",
                                              "",
                                              "\n",
                                              "\r\n",
                                              "\0x"s,
                                              "\x80\xff",
                                              "1:2",
                                              std::string(10'000, 'u'),
                                              "../../etc/passwd"};
    for (const auto& id : unique_ids)
        for (const auto event :
             {seen_event::state, seen_event::gone, seen_event::absent, seen_event::unstable})
            for (const auto state : {seen_state::delivered, seen_state::deletion, seen_state::skipped,
                                     seen_state::quarantine, seen_state::headers}) {
                auto r = example(id);
                r.event = event;
                if (event == seen_event::state)
                    r.state = state;
                r.key.ordinal = 4'294'967'295u;
                r.octets = 18'446'744'073'709'551'614u;
                r.attempts = 7;
                const auto line = written(r);
                seen_record got;
                std::size_t size = 0;
                const auto text = line + "what follows"; // which it refers to
                REQUIRE(read_seen_line(text, got, size) == seen_line::good);
                CHECK(size == line.size());
                check_equal(got, r);
            }
}

TEST_CASE("a line that was cut is not good, and may be the begin of one")
{
    const auto line = written(example("a b"));
    seen_record got;
    std::size_t size = 0;
    for (std::size_t n = 0; n != line.size(); ++n)
        CHECK(read_seen_line(line.substr(0, n), got, size) == seen_line::torn);
}

TEST_CASE("no octet of it can be changed")
{
    const auto line = written(example("a b"));
    seen_record got;
    std::size_t size = 0;
    for (std::size_t n = 0; n != line.size(); ++n)
        for (int bit = 0; bit != 8; ++bit) {
            auto changed = line;
            changed[n] = static_cast<char>(changed[n] ^ (1 << bit));
            CHECK(read_seen_line(changed + written(example()), got, size) != seen_line::good);
        }
}

TEST_CASE("no length in it is believed")
{
    seen_record got;
    std::size_t size = 0;
    for (const auto* text :
         {"delivered 2026-11-28T04:32:05Z 99999999999999999999:", "delivered 2026-11-28T04:32:05Z 65536:",
          "delivered 2026-11-28T04:32:05Z -1:", "delivered 2026-13-28T04:32:05Z 1:",
          "delivered 2026-02-30T04:32:05Z 1:a 1:b 1 1 0 00000000\n", "deliverd 2026"})
        CHECK(read_seen_line(text, got, size) == seen_line::bad);
    CHECK(read_seen_line("delivered 2026-11-28T04:32:05Z 65535:x", got, size) == seen_line::torn);
}

} // namespace mailbox_seen_line_tests
