// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/mailbox/maildrop_listing.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mailbox_listing_tests {
namespace {

using pop3::maildrop_listing;

struct row {
    std::uint32_t number;
    std::string unique_id;
    std::uint32_t ordinal;
    std::uint32_t copies;
    std::uint64_t octets;

    friend bool operator==(const row&, const row&) = default;
};

std::vector<row> rows(const maildrop_listing& listing)
{
    std::vector<row> all;
    for (maildrop_listing::row_type r = 0; r != listing.size(); ++r)
        all.push_back({listing.number(r).value(), std::string(listing.key(r).unique_id),
                       listing.key(r).ordinal, listing.copies(r), listing.octets(r)});
    return all;
}

} // namespace

TEST_CASE("a listing as servers give it")
{
    maildrop_listing listing;
    listing.add(1, "a");
    listing.add(2, "b");
    listing.add(4, "c");
    listing.set_octets(1, 10);
    listing.set_octets(2, 20);
    listing.set_octets(4, 40);
    listing.finish();
    CHECK(rows(listing) == std::vector<row>{{1, "a", 1, 1, 10}, {2, "b", 1, 1, 20}, {4, "c", 1, 1, 40}});
    CHECK(listing.doubled_numbers() == 0);
}

TEST_CASE("in any order")
{
    maildrop_listing listing;
    listing.add(4, "c");
    listing.add(1, "a");
    listing.add(2, "b");
    listing.set_octets(2, 20);
    listing.set_octets(1, 10);
    listing.finish();
    CHECK(rows(listing) ==
          std::vector<row>{{1, "a", 1, 1, 10}, {2, "b", 1, 1, 20}, {4, "c", 1, 1, pop3::unknown_octets}});
}

TEST_CASE("copies are counted in the order of their numbers")
{
    maildrop_listing listing;
    listing.add(3, "x");
    listing.add(1, "x");
    listing.add(2, "y");
    listing.add(5, "x");
    listing.finish();
    const auto none = pop3::unknown_octets;
    CHECK(rows(listing) ==
          std::vector<row>{
              {1, "x", 1, 3, none}, {2, "y", 1, 1, none}, {3, "x", 2, 3, none}, {5, "x", 3, 3, none}});
}

TEST_CASE("of a number that comes twice the first line counts")
{
    maildrop_listing listing;
    listing.add(1, "a");
    listing.add(2, "b");
    listing.add(1, "c");
    listing.set_octets(1, 10);
    listing.set_octets(1, 11);
    listing.set_octets(2, 20);
    listing.finish();
    CHECK(rows(listing) == std::vector<row>{{1, "a", 1, 1, 10}, {2, "b", 1, 1, 20}});
    CHECK(listing.doubled_numbers() == 2);
}

TEST_CASE("a message without a unique-id")
{
    maildrop_listing listing;
    listing.add(1, "");
    listing.add(3, "c");
    listing.set_octets(1, 10);
    listing.set_octets(2, 20); // which UIDL has not
    listing.set_octets(3, 30);
    listing.finish();
    CHECK(rows(listing) == std::vector<row>{{1, "", 1, 1, 10}, {2, "", 1, 1, 20}, {3, "c", 1, 1, 30}});

    maildrop_listing without;
    without.set_octets(2, 20);
    without.set_octets(1, 10);
    without.finish();
    CHECK(rows(without) == std::vector<row>{{1, "", 1, 1, 10}, {2, "", 1, 1, 20}});
}

TEST_CASE("nothing is there")
{
    maildrop_listing listing;
    listing.finish();
    CHECK(listing.size() == 0);
}

TEST_CASE("a hundred thousand copies cost no more than as many messages")
{
    maildrop_listing listing;
    for (std::uint32_t n = 1; n <= 100'000; ++n)
        listing.add(n, "the same");
    for (std::uint32_t n = 100'000; n != 0; --n) // not in the order of UIDL
        listing.set_octets(n, n);
    listing.finish();
    CHECK(listing.size() == 100'000);
    CHECK(listing.key(99'999).ordinal == 100'000);
    CHECK(listing.copies(0) == 100'000);
    CHECK(listing.octets(99'999) == 100'000);
}

TEST_CASE("whatever a server lists, in whatever order")
{
    std::minstd_rand random(3);
    for (int round = 0; round != 2000; ++round) {
        maildrop_listing listing;
        std::map<std::uint32_t, row> expected;
        std::size_t doubled = 0;
        for (auto n = random() % 40; n != 0; --n) {
            const auto number = static_cast<std::uint32_t>(1 + random() % 30);
            const std::string name = random() % 5 == 0 ? "" : std::string(random() % 3 + 1, 'x');
            listing.add(number, name);
            doubled += !expected.insert({number, {number, name, 1, 1, pop3::unknown_octets}}).second;
        }
        for (auto n = random() % 40; n != 0; --n) {
            const auto number = static_cast<std::uint32_t>(1 + random() % 33);
            auto& m = expected.insert({number, {number, "", 1, 1, pop3::unknown_octets}}).first->second;
            const std::uint64_t octets = random() % 100;
            listing.set_octets(number, octets);
            doubled += m.octets != pop3::unknown_octets;
            m.octets = m.octets == pop3::unknown_octets ? octets : m.octets;
        }
        listing.finish();
        std::map<std::string, std::uint32_t> copies;
        std::vector<row> all;
        for (auto& [number, m] : expected) {
            if (!m.unique_id.empty())
                m.ordinal = ++copies[m.unique_id];
            all.push_back(m);
        }
        for (auto& m : all)
            m.copies = m.unique_id.empty() ? 1 : copies[m.unique_id];
        CHECK(rows(listing) == all);
        CHECK(listing.doubled_numbers() == doubled);
    }
}

} // namespace mailbox_listing_tests
