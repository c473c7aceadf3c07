// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What is said to a SOCKS5 proxy (RFC 1928, RFC 1929), and what of its answers is taken.

#include <pop3/error.hpp>
#include <pop3/proxy.hpp>
#include <pop3/proxy/socks5_negotiation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

namespace proxy_socks5_tests {

using namespace std::string_literals;
using pop3::detail::proxy_target;
using pop3::detail::socks5_negotiation;

const pop3::socks5_proxy open_to_all("proxy.example.net");
const pop3::socks5_proxy with_login("proxy.example.net", 1080, pop3::password("mrose", "tanstaaf"));
const proxy_target by_name("pop.example.org", "", 995);
const proxy_target by_ipv4("192.0.2.1", "\xc0\x00\x02\x01"s, 110);
const proxy_target by_ipv6("2001:db8::1", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s, 995);

/// Octets, and the string's own NUL not.
template <std::size_t n>
std::string octets(const char (&text)[n])
{
    return {text, n - 1};
}

/// What the client says, what is left of the answer, and how it ended.
struct outcome {
    std::string said;
    std::string left;
    std::error_code error;
    std::string reason;
    bool done = false;
};

/// piece: no more is read at once.
outcome talk(const pop3::socks5_proxy& with, const proxy_target& target, std::string_view answer,
             std::size_t piece)
{
    outcome result;
    REQUIRE(socks5_negotiation::can_say(with, target));
    socks5_negotiation n(with, target);
    while (!result.error) {
        while (!n.to_send().empty()) {
            const auto part = n.to_send().substr(0, piece);
            result.said += part;
            n.sent(part.size());
        }
        result.done = n.wanted() == 0;
        if (result.done || answer.empty())
            break;
        const auto part = answer.substr(0, (std::min)(piece, n.wanted()));
        answer.remove_prefix(part.size());
        result.error = n.receive(part);
    }
    result.left = answer;
    result.reason = n.said();
    return result;
}

const std::string chosen_none = octets("\x05\x00");
const std::string chosen_password = octets("\x05\x02");
const std::string logged_in = octets("\x01\x00");
const std::string connected = octets("\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38");

TEST_CASE("SOCKS5: what is said, however it is cut, and what follows is the server's")
{
    const auto by_ipv4_bound = connected;
    const auto by_ipv6_bound = octets("\x05\x00\x00\x04") + std::string(16, '\x2a') + octets("\x04\x38");
    const auto by_name_bound = octets("\x05\x00\x00\x03\x04gate\x04\x38");
    const auto by_no_name_bound = octets("\x05\x00\x00\x03\x00\x04\x38");
    const auto longest_bound = octets("\x05\x00\x00\x03\xff") + std::string(257, 'x');
    for (const auto& bound : {by_ipv4_bound, by_ipv6_bound, by_name_bound, by_no_name_bound, longest_bound}) {
        for (std::size_t piece = 1; piece != 300; ++piece) {
            const auto r = talk(open_to_all, by_name, chosen_none + bound + "+OK ready\r\n", piece);
            CHECK(!r.error);
            REQUIRE(r.done);
            CHECK(r.left == "+OK ready\r\n");
            CHECK(r.said == octets("\x05\x01\x00") + octets("\x05\x01\x00\x03\x0fpop.example.org\x03\xe3"));
        }
    }
    CHECK(talk(open_to_all, by_ipv4, chosen_none + connected, 9).said ==
          octets("\x05\x01\x00") + octets("\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x6e"));
    CHECK(talk(open_to_all, by_ipv6, chosen_none + connected, 9).said ==
          octets("\x05\x01\x00") + octets("\x05\x01\x00\x04") + by_ipv6.address + octets("\x03\xe3"));
}

TEST_CASE("SOCKS5: name and password, only if they are asked for")
{
    const auto hello = octets("\x05\x02\x00\x02");
    const auto login = octets("\x01\x05mrose\x08tanstaaf");
    const auto request = octets("\x05\x01\x00\x03\x0fpop.example.org\x03\xe3");
    auto r = talk(with_login, by_name, chosen_password + logged_in + connected + "+", 300);
    CHECK(r.done);
    CHECK(r.left == "+");
    CHECK(r.said == hello + login + request);
    r = talk(with_login, by_name, chosen_none + connected, 300);
    CHECK(r.done);
    CHECK(r.said == hello + request);
    // Nothing is asked of who does not take it.
    r = talk(with_login, by_name, chosen_password + octets("\x01\x01"), 300);
    CHECK(r.error == pop3::errc::proxy_authentication);
    CHECK(r.said == hello + login);
}

TEST_CASE("SOCKS5: an answer that stops is not done at any octet")
{
    const auto whole = chosen_password + logged_in + connected;
    for (std::size_t n = 0; n != whole.size(); ++n) {
        const auto r = talk(with_login, by_name, std::string_view(whole).substr(0, n), 300);
        CHECK(!r.error);
        CHECK(!r.done);
    }
}

TEST_CASE("SOCKS5: answers that are refusals, and answers that are none")
{
    struct row {
        const pop3::socks5_proxy& with;
        std::string answer;
        pop3::errc error;
        std::string reason;
    };
    using pop3::errc;
    const row rows[] = {
        {open_to_all, octets("\x05\xff"), errc::proxy_authentication, ""},
        {with_login, octets("\x05\xff"), errc::proxy_authentication, ""},
        {with_login, octets("\x05\x02\x01\xff"), errc::proxy_authentication, ""},
        // Not what was offered.
        {open_to_all, octets("\x05\x02"), errc::proxy_malformed, ""},
        {with_login, octets("\x05\x01"), errc::proxy_malformed, ""},
        {open_to_all, octets("\x05\x00\x05\x01"), errc::proxy_refused, "general SOCKS server failure"},
        {open_to_all, octets("\x05\x00\x05\x02"), errc::proxy_refused, "connection not allowed by ruleset"},
        {open_to_all, octets("\x05\x00\x05\x05"), errc::proxy_refused, "connection refused"},
        {open_to_all, octets("\x05\x00\x05\x08"), errc::proxy_refused, "address type not supported"},
        {open_to_all, octets("\x05\x00\x05\x09"), errc::proxy_refused, "SOCKS reply 9"},
        {open_to_all, octets("\x05\x00\x05\xff"), errc::proxy_refused, "SOCKS reply 255"},
        // Of another version, or something else altogether.
        {open_to_all, octets("\x04\x00"), errc::proxy_malformed, ""},
        {open_to_all, octets("\x00\x5b"), errc::proxy_malformed, ""},
        {open_to_all, "H", errc::proxy_malformed, ""},
        {open_to_all, "+", errc::proxy_malformed, ""},
        {open_to_all, octets("\x05\x00\x04"), errc::proxy_malformed, ""},
        {open_to_all, octets("\x05\x00\x01\x00"), errc::proxy_malformed, ""},
        {with_login, octets("\x05\x02\x05"), errc::proxy_malformed, ""},
        {open_to_all, octets("\x05\x00\x05\x00\x00\x02\x00"), errc::proxy_malformed, ""},
        {open_to_all, octets("\x05\x00\x05\x00\x00\x00\x00"), errc::proxy_malformed, ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.answer);
        for (const std::size_t piece : {1u, 2u, 300u}) {
            const auto o = talk(r.with, by_name, r.answer, piece);
            CHECK(o.error == r.error);
            CHECK(o.reason == r.reason);
            CHECK(!o.done);
        }
    }
}

TEST_CASE("SOCKS5: what does not fit into an octet's length cannot be said")
{
    const auto can = [](std::size_t host, std::size_t name, std::size_t secret) {
        const pop3::socks5_proxy with("p", 1080,
                                      pop3::password(std::string(name, 'n'), std::string(secret, 's')));
        return socks5_negotiation::can_say(with, proxy_target(std::string(host, 'h'), "", 995));
    };
    CHECK(can(255, 255, 255));
    CHECK(can(1, 1, 1));
    CHECK(!can(256, 1, 1));
    CHECK(!can(0, 1, 1));
    CHECK(!can(1, 256, 1));
    CHECK(!can(1, 0, 1));
    CHECK(!can(1, 1, 256));
    CHECK(!can(1, 1, 0));

    // The lengths are octets, not chars with a sign.
    const pop3::socks5_proxy with("p", 1080, pop3::password(std::string(200, 'n'), std::string(255, 's')));
    const auto r = talk(with, proxy_target(std::string(255, 'h'), "", 0xfffe),
                        chosen_password + logged_in + connected, 999);
    CHECK(r.said == octets("\x05\x02\x00\x02") + octets("\x01\xc8") + std::string(200, 'n') + "\xff" +
                        std::string(255, 's') + octets("\x05\x01\x00\x03\xff") + std::string(255, 'h') +
                        "\xff\xfe");
}

} // namespace proxy_socks5_tests
