// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/connect/failed_attempts.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/error.hpp>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>

namespace {

using pop3::detail::failed_attempts;
using pop3::detail::place;

asio::ip::tcp::endpoint at(const char* address, unsigned short port = 995)
{
    return {asio::ip::make_address(address), port};
}

} // namespace

TEST_CASE("failed attempts: the error that says most, in whatever order")
{
    const auto system = [](int value) {
        return std::error_code(value, asio::error::get_system_category());
    };
    const std::error_code by_rank[] = {asio::error::connection_refused, pop3::errc::timed_out, system(EMFILE),
                                       asio::error::network_unreachable};
    for (const auto& better : by_rank) {
        for (const auto* worse = &better + 1; worse < std::end(by_rank); ++worse) {
            for (const bool first : {true, false}) {
                failed_attempts all;
                all.add(at("192.0.2.1"), first ? better : *worse);
                all.add(at("192.0.2.2"), first ? *worse : better);
                CHECK(all.why() == better);
                CHECK(all.where() == at(first ? "192.0.2.1" : "192.0.2.2"));
            }
        }
    }
    // Those that say the same: what the resolver puts first.
    for (const auto& [one, other] :
         {std::pair<std::error_code, std::error_code>(asio::error::timed_out, pop3::errc::timed_out),
          std::pair<std::error_code, std::error_code>(asio::error::connection_reset,
                                                      asio::error::connection_refused),
          std::pair<std::error_code, std::error_code>(asio::error::host_unreachable, system(EADDRNOTAVAIL)),
          std::pair<std::error_code, std::error_code>(asio::error::network_down, system(EAFNOSUPPORT))}) {
        failed_attempts all;
        all.add(at("192.0.2.1"), one);
        all.add(at("192.0.2.2"), other);
        CHECK(all.why() == one);
        CHECK(all.where() == at("192.0.2.1"));
    }
    CHECK(!failed_attempts().why());
    CHECK(!failed_attempts().where());
}

TEST_CASE("place: host and port, and the address that was tried")
{
    CHECK(place("pop.example.org", 995) == "pop.example.org:995");
    CHECK(place("::1", 995) == "[::1]:995");
    CHECK(place("pop.example.org", 110, std::nullopt) == "pop.example.org:110");
    CHECK(place("pop.example.org", 995, at("192.0.2.1")) == "pop.example.org:995 (192.0.2.1)");
    CHECK(place("pop.example.org", 995, at("2001:db8::1", 1995)) == "pop.example.org:1995 (2001:db8::1)");
    CHECK(place("192.0.2.1", 995, at("192.0.2.1")) == "192.0.2.1:995");
    CHECK(place("::1", 995, at("::1")) == "[::1]:995");
    CHECK(place("", 995, at("::1", 110)) == "[::1]:110");
    // A host may come from anywhere.
    CHECK(place("a\r\nb", 995).find('\n') == std::string::npos);
}
