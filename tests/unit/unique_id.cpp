// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/unique_id.hpp>

#include <pop3/listing.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace {

using pop3::unique_id;

// On both sides of what fits inside.
constexpr std::size_t sizes[] = {0, 1, 16, 34, 35, 36, 70, 128, 254, 255, 256, 1000};

std::string text_of(std::size_t size)
{
    std::string text;
    for (std::size_t i = 0; i != size; ++i)
        text += static_cast<char>('!' + i % 94);
    return text;
}

static_assert(std::is_convertible_v<std::string_view, unique_id>);
static_assert(std::is_convertible_v<const char*, unique_id> && !std::is_convertible_v<int, unique_id>);
static_assert(std::is_convertible_v<unique_id, std::string_view>);
static_assert(std::is_nothrow_move_constructible_v<unique_id> &&
              std::is_nothrow_move_assignable_v<unique_id>);
static_assert(sizeof(pop3::unique_id_listing) == 40);

} // namespace

TEST_CASE("unique_id holds text of any size")
{
    for (const auto size : sizes) {
        CAPTURE(size);
        const auto text = text_of(size);
        const unique_id id(text);
        CHECK(id.view() == text);
        CHECK(id.size() == size);
        CHECK(id.view().data() != text.data());
        const std::less<const void*> before;
        const bool allocated = before(id.view().data(), &id) || !before(id.view().data(), &id + 1);
        CHECK(allocated == (size > 35));
        CHECK(id.empty() == text.empty());
    }
    CHECK(unique_id().empty());
}

TEST_CASE("unique_id is copied and moved, whatever was there")
{
    for (const auto from : sizes) {
        CAPTURE(from);
        const auto text = text_of(from);
        {
            unique_id original(text);
            const unique_id copy(original);
            CHECK(original == text);
            CHECK(copy == text);
            CHECK((from == 0 || copy.view().data() != original.view().data()));
            const unique_id moved(std::move(original));
            CHECK(moved == text);
            CHECK(original.empty()); // as documented
        }
        for (const auto to : sizes) {
            CAPTURE(to);
            unique_id original(text);
            unique_id target(text_of(to));
            target = original;
            CHECK(target == text);
            CHECK(original == text);
            target = unique_id(text_of(to));
            CHECK(target == text_of(to));
            target = std::move(original);
            CHECK(target == text);
            CHECK(original.empty());
        }
        unique_id itself(text);
        auto& same = itself;
        itself = same;
        CHECK(itself == text);
        itself = std::move(same);
        CHECK(itself == text);
    }
}

TEST_CASE("unique_id compares as its text does")
{
    const std::vector<std::string> texts = {"", "!", "A", "AA", "a", text_of(36), text_of(37), "~"};
    for (const auto& a : texts)
        for (const auto& b : texts) {
            CAPTURE(a);
            CAPTURE(b);
            CHECK((unique_id(a) == unique_id(b)) == (a == b));
            CHECK((unique_id(a) == b) == (a == b));
            CHECK((a != unique_id(b)) == (a != b));
            CHECK((unique_id(a) < unique_id(b)) == (a < b));
            CHECK((unique_id(a) < b) == (a < b));
            CHECK((a < unique_id(b)) == (a < b));
            CHECK((unique_id(a) < std::string_view(b)) == (a < b));
        }
    CHECK(unique_id("abc") == "abc");
    CHECK("abd" > unique_id("abc"));
    CHECK(unique_id("abc") != unique_id(std::string_view("abc\0", 4)));
}

TEST_CASE("unique_id stands where a string is wanted")
{
    const unique_id id("0000000165f3a2b4");
    const std::string copied = id;
    const std::string constructed(id);
    const std::string_view seen = id;
    std::string assigned;
    assigned = id;
    assigned += id;
    CHECK(copied == "0000000165f3a2b4");
    CHECK(constructed == copied);
    CHECK(seen == copied);
    CHECK(assigned == copied + copied);

    std::set<std::string> strings;
    strings.insert(id);
    CHECK(strings.contains(id));
    std::map<std::string, int, std::less<>> numbers;
    numbers[id] = 7;
    CHECK(numbers.find(id)->second == 7);

    std::ostringstream out;
    out << id;
    CHECK(out.str() == copied);
}

TEST_CASE("unique_id is a key")
{
    std::set<unique_id, std::less<>> ordered;
    std::unordered_set<unique_id> hashed;
    for (const auto size : sizes) {
        ordered.emplace(text_of(size));
        hashed.emplace(text_of(size));
        hashed.emplace(text_of(size));
    }
    CHECK(ordered.size() == std::size(sizes));
    CHECK(ordered.contains("!"));
    CHECK(hashed.size() == std::size(sizes));
    CHECK(ordered.contains(text_of(70)));
    CHECK(hashed.contains(unique_id(text_of(70))));
    CHECK_FALSE(hashed.contains(unique_id(text_of(69))));
}
