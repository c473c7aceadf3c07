// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/grammar/find_dot_line.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using search = const char* (*)(const char*, const char*) noexcept;

constexpr search searches[] = {
    pop3::grammar::find_dot_line,
    pop3::grammar::find_dot_line_plain,
};

/// In memory that ends where the text does, and begins `offset` octets behind what is aligned: AddressSanitizer sees
/// who looks further.
void check(std::string_view text, std::size_t offset = 0)
{
    std::vector<char> octets(offset, '\n');
    octets.insert(octets.end(), text.begin(), text.end());
    octets.shrink_to_fit();
    const char* const begin = octets.data() + offset;
    const char* const end = octets.data() + octets.size();
    const auto expected = text.find("\n.");
    for (const auto find : searches) {
        const auto found = find(begin, end);
        const auto at = found == nullptr ? std::string_view::npos : static_cast<std::size_t>(found - begin);
        if (at != expected)
            FAIL_CHECK("of " << text.size() << " octets: found at " << at << ", expected " << expected);
    }
}

} // namespace

TEST_CASE("find_dot_line: both octets must be there")
{
    for (const std::string_view text :
         {"", "\n", ".", "\n.", ".\n", "\n\n.", "\n\n", "..", ".\n.", "\n.\n.", "\r\n.\r\n"})
        check(text);
    for (const auto find : searches)
        CHECK(find(nullptr, nullptr) == nullptr);
}

TEST_CASE("find_dot_line: at every place of texts of every length, and not behind their end")
{
    for (std::size_t length = 2; length <= 200; ++length) {
        for (std::size_t at = 0; at != length; ++at) {
            std::string text(length, 'x');
            text[at] = '\n';
            check(text, length % 16);
            if (at + 1 == length)
                continue;
            text[at + 1] = '.';
            check(text, length % 16);
            // And one behind it, that comes too late.
            text.replace(text.size() - 2, 2, "\n.");
            check(text, at % 16);
        }
    }
}

TEST_CASE("find_dot_line: the many LF and dots that are no pair")
{
    std::mt19937 random(46);
    for (int n = 0; n != 20'000; ++n) {
        std::string text(random() % 300, 'x');
        const auto rare = 1 + random() % 20;
        for (auto& c : text)
            if (random() % rare == 0)
                // Octets that differ by a bit from those looked for, as well.
                c = "\n\n.\r\x8a\xae\x0b/"[random() % 8];
        check(text, random() % 16);
    }
}
