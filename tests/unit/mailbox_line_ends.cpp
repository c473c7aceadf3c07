// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/line_ends.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace mailbox_line_ends_tests {
namespace {

std::string simply(std::string text)
{
    for (auto at = text.find("\r\n"); at != text.npos; at = text.find("\r\n", at + 1))
        text.erase(at, 1);
    return text;
}

std::string in_pieces(std::string_view text, std::size_t piece)
{
    pop3::detail::lf_lines lines;
    lines.begin();
    std::string to = "before";
    for (; !text.empty(); text.remove_prefix(text.size() < piece ? text.size() : piece))
        lines.add(text.substr(0, piece), to);
    lines.end(to);
    return to;
}

TEST_CASE("lf_lines: of CRLF the LF stays, wherever pieces end, and every other CR")
{
    std::minstd_rand random(1);
    for (int round = 0; round != 2000; ++round) {
        // Some with long lines, some with nothing but their ends.
        const auto others = 1 + random() % 40;
        std::string text;
        for (auto size = random() % 200; size != 0; --size) {
            const auto kind = random() % (2 + others);
            text += kind == 0 ? '\r' : kind == 1 ? '\n' : static_cast<char>(random() % 256);
            if (random() % 20 == 0)
                text += "\r\n";
        }
        for (const std::size_t piece : {1u, 2u, 3u, 15u, 16u, 17u, 64u, 1000u})
            REQUIRE(in_pieces(text, piece) == "before" + simply(text));
    }
}

} // namespace
} // namespace mailbox_line_ends_tests
