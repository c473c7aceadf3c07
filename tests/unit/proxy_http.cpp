// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What is said to an HTTP proxy (CONNECT, RFC 9110 and 9112), and what of its answers is taken.

#include <pop3/error.hpp>
#include <pop3/proxy.hpp>
#include <pop3/proxy/http_negotiation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

namespace proxy_http_tests {

using pop3::detail::http_negotiation;
using pop3::detail::proxy_target;

const pop3::http_proxy open_to_all("proxy.example.net");
const proxy_target by_name("pop.example.org", "", 995);

struct outcome {
    std::string said;
    std::string left;
    std::error_code error;
    std::string reason;
    bool done = false;
};

/// piece: no more is read at once.
outcome talk(std::string_view answer, std::size_t piece = 512, const pop3::http_proxy& with = open_to_all,
             const proxy_target& target = by_name)
{
    outcome result;
    REQUIRE(http_negotiation::can_say(with, target));
    http_negotiation n(with, target);
    while (!n.to_send().empty()) {
        const auto part = n.to_send().substr(0, piece);
        result.said += part;
        n.sent(part.size());
    }
    while (!result.error && n.wanted() != 0 && !answer.empty()) {
        const auto part = answer.substr(0, (std::min)(piece, n.wanted()));
        answer.remove_prefix(part.size());
        result.error = n.receive(part);
    }
    result.left = answer;
    result.reason = n.said();
    result.done = !result.error && n.wanted() == 0;
    return result;
}

TEST_CASE("HTTP CONNECT: the request")
{
    const auto request = [](const pop3::http_proxy& with, const proxy_target& target) {
        return talk("", 7, with, target).said;
    };
    CHECK(request(open_to_all, by_name) ==
          "CONNECT pop.example.org:995 HTTP/1.1\r\nHost: pop.example.org:995\r\n\r\n");
    CHECK(request(open_to_all, proxy_target("2001:db8::1", std::string(16, 'x'), 110)) ==
          "CONNECT [2001:db8::1]:110 HTTP/1.1\r\nHost: [2001:db8::1]:110\r\n\r\n");
    // The example of RFC 7617.
    const pop3::http_proxy with("p", 3128, pop3::password("Aladdin", "open sesame"));
    CHECK(request(with, by_name) == "CONNECT pop.example.org:995 HTTP/1.1\r\nHost: pop.example.org:995\r\n"
                                    "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST_CASE("HTTP CONNECT: the header ends where the server's octets begin, however it is cut")
{
    for (const std::string_view head :
         {"HTTP/1.1 200 Connection established\r\n\r\n",
          "HTTP/1.0 200 OK\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n", "HTTP/1.1 200\r\n\r\n",
          "HTTP/1.1 200 \r\nA:\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 299 x\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
        CAPTURE(head);
        for (const std::string_view behind : {"", "\r\n", "\r\n\r\n", "+OK ready\r\n", "\n"}) {
            for (std::size_t piece = 1; piece != 9; ++piece) {
                const auto r = talk(std::string(head) + std::string(behind), piece);
                CHECK(!r.error);
                CHECK(r.done);
                CHECK(r.left == behind);
            }
        }
        for (std::size_t n = 0; n != head.size(); ++n) {
            const auto r = talk(head.substr(0, n));
            CHECK(!r.error);
            CHECK(!r.done);
        }
    }
}

TEST_CASE("HTTP CONNECT: answers that are refusals, and answers that are none")
{
    struct row {
        std::string_view answer;
        pop3::errc error;
        std::string_view reason;
    };
    using pop3::errc;
    const row rows[] = {
        {"HTTP/1.1 403 Filtered\r\nContent-Length: 3\r\n\r\n", errc::proxy_refused, "403 Filtered"},
        {"HTTP/1.0 502 Bad Gateway\r\n\r\n", errc::proxy_refused, "502 Bad Gateway"},
        {"HTTP/1.1 302 Found\r\n\r\n", errc::proxy_refused, "302 Found"},
        {"HTTP/1.1 101 Switching\r\n\r\n", errc::proxy_refused, "101 Switching"},
        {"HTTP/1.1 600\r\n\r\n", errc::proxy_refused, "600"},
        {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", errc::proxy_authentication,
         "407 Proxy Authentication Required"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 No\r\n\r\n", errc::proxy_refused, "403 No"},
        // At the first octet that cannot be.
        {"+", errc::proxy_malformed, ""},
        {"\x05", errc::proxy_malformed, ""},
        {"HTTP/2", errc::proxy_malformed, ""},
        {"HTTP/1.x", errc::proxy_malformed, ""},
        {"HTTP/1.1 2x", errc::proxy_malformed, ""},
        {"HTTP/1.1 2000", errc::proxy_malformed, ""},
        {"HTTP/1.1  200", errc::proxy_malformed, ""},
        {"http/1.1", errc::proxy_malformed, ""},
        {"\r\n\r\n", errc::proxy_malformed, ""},
        {"HTTP/1.1 20\r\n\r\n", errc::proxy_malformed, ""},
        // Where would it end?
        {"HTTP/1.1 200 OK\n", errc::proxy_malformed, ""},
        {"HTTP/1.1 200 OK\r\nA: b\n", errc::proxy_malformed, ""},
        {"HTTP/1.1 200 OK\r\n\n", errc::proxy_malformed, ""},
        {"HTTP/1.1 200 OK\r\nA: \rb", errc::proxy_malformed, ""},
        {"HTTP/1.1 200 OK\r\r", errc::proxy_malformed, ""},
        {"HTTP/1.1 100 Continue\r\n\r\n+OK", errc::proxy_malformed, ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.answer);
        for (const std::size_t piece : {1u, 2u, 3u, 4u}) {
            const auto o = talk(r.answer, piece);
            CHECK(o.error == r.error);
            CHECK(o.reason == r.reason);
            CHECK(!o.done);
        }
    }
}

TEST_CASE("HTTP CONNECT: no header is read for ever")
{
    const std::string begin = "HTTP/1.1 200 OK\r\nA: ";
    const auto with = [&](std::size_t octets) {
        return begin + std::string(octets - begin.size() - 4, 'x') + "\r\n\r\n";
    };
    CHECK(talk(with(http_negotiation::most)).done);
    CHECK(talk(with(http_negotiation::most + 1)).error == pop3::errc::proxy_malformed);
    CHECK(talk("HTTP/1.1 200 " + std::string(99999, 'x')).error == pop3::errc::proxy_malformed);
    std::string interim;
    while (interim.size() < 99999)
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    const auto r = talk(interim);
    CHECK(r.error == pop3::errc::proxy_malformed);
    CHECK(interim.size() - r.left.size() < http_negotiation::most + 4);
    // For a human.
    CHECK(talk("HTTP/1.1 403 " + std::string(9999, 'x') + "\r\n\r\n").reason.size() == 200);
}

TEST_CASE("HTTP CONNECT: what would end a line, or the name, cannot be said")
{
    const auto can = [](std::string_view host, std::string_view name, std::string_view secret) {
        const pop3::http_proxy with("p", 8080, pop3::password(name, secret));
        return http_negotiation::can_say(with, proxy_target(std::string(host), "", 995));
    };
    CHECK(can("pop.example.org", "mrose", "tan:sta\xc3\xa4"));
    CHECK(can("h", "", ""));
    for (const std::string_view bad : {"a:b", "a\rb", "a\nb", "\r\n"}) {
        CHECK(!can("h", bad, "s"));
        CHECK(can("h", "n", bad) == (bad == "a:b"));
    }
    CHECK(!can("h", std::string_view("a\0b", 3), "s"));
    for (const std::string_view bad : {"", "a b", "a\r\nX: y", "a\tb", "a\x7f", "p\xc3\xb6p"})
        CHECK(!can(bad, "n", "s"));
}

} // namespace proxy_http_tests
