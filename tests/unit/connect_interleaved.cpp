// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The order in which a host's addresses are tried.

#include <pop3/connect/race.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace connect_interleaved_tests {

using asio::ip::tcp;

/// Each digit is an address of IPv4, each letter one of IPv6.
std::string order(std::string_view of)
{
    std::vector<tcp::endpoint> addresses;
    for (const char c : of) {
        const std::string name(1, c);
        const auto address = c < 'a' ? "192.0.2." + name : "2001:db8::" + name;
        addresses.emplace_back(asio::ip::make_address(address), static_cast<unsigned short>(995));
    }
    std::string result;
    for (const auto& e : pop3::detail::interleaved(addresses))
        result += e.address().to_string().back();
    return result;
}

TEST_CASE("addresses: the families take turns, the first one's first")
{
    CHECK(order("").empty());
    CHECK(order("1") == "1");
    CHECK(order("12") == "12");
    CHECK(order("ab1") == "a1b");
    CHECK(order("abc123") == "a1b2c3");
    CHECK(order("abcd1") == "a1bcd");
    CHECK(order("1abc") == "1abc");
    CHECK(order("12ab") == "1a2b");
    CHECK(order("1a2b3") == "1a2b3");
    CHECK(order("abcdef") == "abcdef");
}

} // namespace connect_interleaved_tests
