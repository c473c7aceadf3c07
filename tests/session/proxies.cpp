// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions through proxies that are done by hand: what no decent one does, and what is told of it.

#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/connect_any.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace proxies_tests {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using asio::ip::tcp;

const std::string host = "pop.example.org"; // which nobody here looks up
const pop3::password proxy_login("gatekeeper", "open sesame");

/// So many octets, or what came before the end.
std::string hear(tcp::socket& socket, std::size_t n)
{
    std::string octets(n, '\0');
    std::error_code ignored;
    octets.resize(asio::read(socket, asio::buffer(octets), ignored));
    return octets;
}

std::string hear_head(tcp::socket& socket)
{
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        const auto line = test::hear(socket);
        if (line.empty())
            break;
        head += line;
    }
    return head;
}

const std::string http_ok = "HTTP/1.1 200 OK\r\nVia: 1.1 test\r\n\r\n";
const std::string socks_ok = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s;

/// What a SOCKS5 proxy hears before it answers for the last time.
std::string hear_socks(tcp::socket& socket)
{
    const auto hello = hear(socket, 3);
    test::say(socket, "\x05\x00"s);
    return hello + hear(socket, 3 + 2 + host.size() + 2);
}

const std::string socks_request = "\x05\x01\x00\x05\x01\x00\x03\x0f"s + host + "\x03\xe3";
const std::string http_request = "CONNECT " + host + ":995 HTTP/1.1\r\nHost: " + host + ":995\r\n\r\n";

pop3::connect_options through(pop3::proxy p)
{
    pop3::connect_options options;
    options.port = 995;
    options.proxy = std::move(p);
    options.limits.connect_time = 20s;
    return options;
}

/// What the session can do that was made; empty if none was.
template <class How>
std::string capa(const How& how, const pop3::connect_options& options)
{
    std::string result;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_connect(executor, how, host, options);
        const auto can = co_await greeted.async_capa();
        result = greeted.greeting().text + (can.top ? " TOP" : "");
    });
    return result;
}

/// What the default token throws.
template <class How>
std::system_error failure(const How& how, const pop3::connect_options& options, const std::string& to = host)
{
    std::system_error result{std::error_code()};
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        try {
            const auto greeted = co_await pop3::async_connect(executor, how, to, options);
        } catch (const std::system_error& e) {
            result = e;
        }
    });
    return result;
}

template <class Stream>
void serve_capa(Stream& stream)
{
    test::hear(stream);
    test::say(stream, "+OK\r\nTOP\r\n.\r\n");
}

/// The server behind the proxy, with TLS.
void serve_tls(tcp::socket& socket, const pop3::testing::certificate& identity, bool by_stls = false)
{
    if (by_stls) {
        test::say(socket, "+OK ready\r\n");
        test::hear(socket);
        test::say(socket, "+OK\r\nSTLS\r\n.\r\n");
        test::hear(socket);
        test::say(socket, "+OK\r\n");
    }
    asio::ssl::context context(asio::ssl::context::tls_server);
    identity.load_into(context);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    std::error_code ec;
    stream.handshake(asio::ssl::stream_base::server, ec);
    if (ec)
        return;
    if (!by_stls)
        test::say(stream, "+OK ready\r\n");
    serve_capa(stream);
}

} // namespace

TEST_CASE("the greeting may come right behind the proxy's answer, in one piece or in many")
{
    for (const bool in_pieces : {false, true}) {
        const auto answer = [&](tcp::socket& socket, const std::string& text) {
            if (!in_pieces)
                return test::say(socket, text);
            for (const char c : text)
                test::say(socket, {&c, 1});
        };
        std::string heard;
        std::vector<std::string> seen;
        test::tcp_peer socks([&](tcp::socket& socket) {
            heard = hear_socks(socket);
            answer(socket, socks_ok + "+OK ready\r\n");
            serve_capa(socket);
        });
        auto options = through(pop3::socks5_proxy("127.0.0.1", socks.port()));
        options.observer = [&](pop3::direction, std::string_view line) {
            seen.emplace_back(line);
        };
        CHECK(capa(pop3::without_tls, options) == "ready TOP");
        CHECK(heard == socks_request);

        test::tcp_peer http([&](tcp::socket& socket) {
            heard = hear_head(socket);
            answer(socket, http_ok + "+OK ready\r\n");
            serve_capa(socket);
        });
        options.proxy = pop3::http_proxy("localhost", http.port());
        CHECK(capa(pop3::allow_cleartext, options) == "ready TOP");
        CHECK(heard == http_request);
        CHECK(seen.size() == 2 * 5);
        CHECK(seen[0] == "+OK ready");
    }
}

TEST_CASE("through a proxy, with every security; the certificate is the server's")
{
    const pop3::testing::certificate servers("DNS:pop.example.org");
    const pop3::testing::certificate proxys("DNS:localhost, IP:127.0.0.1");
    pop3::tls_context tls;
    tls.add_certificate_authority(servers.pem());
    tls.add_certificate_authority(proxys.pem());
    const pop3::stls by_stls(tls);
    for (const bool socks : {false, true}) {
        const pop3::testing::certificate* identity = &servers;
        bool stls = false;
        test::tcp_peer peer(
            [&](tcp::socket& socket) {
                if (socks) {
                    hear_socks(socket);
                    test::say(socket, socks_ok);
                } else {
                    hear_head(socket);
                    test::say(socket, http_ok);
                }
                serve_tls(socket, *identity, stls);
            },
            {}, 6);
        auto options = socks ? through(pop3::socks5_proxy("127.0.0.1", peer.port()))
                             : through(pop3::http_proxy("127.0.0.1", peer.port()));
        CHECK(capa(tls, options) == "ready TOP");
        CHECK(capa(pop3::security(pop3::security_kind::tls, tls), options) == "ready TOP");
        stls = true;
        CHECK(capa(by_stls, options) == "ready TOP");
        CHECK(capa(pop3::security(pop3::security_kind::stls, tls), options) == "ready TOP");
        identity = &proxys;
        const auto e = failure(by_stls, options);
        CHECK(e.code().category() == pop3::certificate_category());
        CHECK(std::string(e.what()).starts_with(
            "pop.example.org:995 through 127.0.0.1:" + std::to_string(peer.port()) + ": "));
        stls = false;
        CHECK(failure(tls, options).code().category() == pop3::certificate_category());
    }
}

TEST_CASE("a refusal says whose it is, and how it was put; it never holds a secret")
{
    struct row {
        bool socks;
        std::string answer;
        pop3::errc error;
        std::string said;
    };
    using pop3::errc;
    const row rows[] = {
        {false, "HTTP/1.1 403 Fil\x1b[2Jtered\r\n\r\n", errc::proxy_refused,
         ", which said \"403 Fil?[2Jtered\""},
        {false, "HTTP/1.1 407 Who are you\r\n\r\n", errc::proxy_authentication,
         ", which said \"407 Who are you\""},
        {false, "SSH-2.0-OpenSSH\r\n", errc::proxy_malformed, ""},
        {false, "", errc::proxy_malformed, ""},
        {false, "HTTP/1.1 200 OK\r\n", errc::proxy_malformed, ""},
        {true, "\x05\x02\x01\x01"s, errc::proxy_authentication, ""},
        {true, "\x05\xff"s, errc::proxy_authentication, ""},
        {true, "\x05\x00\x05\x04\x00\x01"s, errc::proxy_refused, ", which said \"host unreachable\""},
        {true, "HTTP/1.0 400 Bad Request\r\n\r\n", errc::proxy_malformed, ""},
        {true, "\x05", errc::proxy_malformed, ""},
        {true, "", errc::proxy_malformed, ""},
    };
    for (const auto& r : rows) {
        CAPTURE(r.answer);
        test::tcp_peer peer([&](tcp::socket& socket) {
            // All is said at once, and what is heard is heard after.
            test::say(socket, r.answer);
            socket.shutdown(tcp::socket::shutdown_send);
            test::linger(socket);
        });
        auto options = r.socks ? through(pop3::socks5_proxy("127.0.0.1", peer.port(), proxy_login))
                               : through(pop3::http_proxy("127.0.0.1", peer.port(), proxy_login));
        const auto e = failure(pop3::without_tls, options);
        CHECK(e.code() == r.error);
        const std::string what = e.what();
        CHECK(what == "pop.example.org:995 through 127.0.0.1:" + std::to_string(peer.port()) + r.said + ": " +
                          e.code().message());
        CHECK(what.find("sesame") == std::string::npos);
    }
}

TEST_CASE("name and password reach the proxy, and no observer")
{
    std::string heard;
    std::string seen;
    test::tcp_peer socks([&](tcp::socket& socket) {
        hear(socket, 4);
        test::say(socket, "\x05\x02"s);
        heard = hear(socket, 2 + 10 + 1 + 11);
        test::say(socket, "\x01\x00"s);
        hear(socket, 7 + host.size());
        test::say(socket, socks_ok + "+OK ready\r\n");
        serve_capa(socket);
    });
    auto options = through(pop3::socks5_proxy("127.0.0.1", socks.port(), proxy_login));
    options.observer = [&](pop3::direction, std::string_view line) {
        seen += line;
    };
    CHECK(capa(pop3::without_tls, options) == "ready TOP");
    CHECK(heard == "\x01\x0agatekeeper\x0bopen sesame");

    test::tcp_peer http([&](tcp::socket& socket) {
        heard = hear_head(socket);
        test::say(socket, http_ok + "+OK ready\r\n");
        serve_capa(socket);
    });
    options.proxy = pop3::http_proxy("127.0.0.1", http.port(), proxy_login);
    CHECK(capa(pop3::without_tls, options) == "ready TOP");
    CHECK(heard.find("\r\nProxy-Authorization: Basic Z2F0ZWtlZXBlcjpvcGVuIHNlc2FtZQ==\r\n") !=
          std::string::npos);
    CHECK(seen == "+OK readyCAPA+OKTOP.+OK readyCAPA+OKTOP.");
}

TEST_CASE("what cannot be said to a proxy is not tried")
{
    test::tcp_peer nobody([](tcp::socket&) { FAIL_CHECK("connected"); }, {}, 2);
    const auto fails = [&](pop3::proxy p, const std::string& to = host,
                           const std::vector<tcp::endpoint>& endpoints = {}) {
        auto options = through(std::move(p));
        options.endpoints = endpoints;
        return failure(pop3::without_tls, options, to).code() == std::errc::invalid_argument;
    };
    const auto socks = [&](std::string_view name, std::string_view secret) {
        return pop3::socks5_proxy("127.0.0.1", nobody.port(), pop3::password(name, secret));
    };
    const auto http = [&](std::string_view name, std::string_view secret) {
        return pop3::http_proxy("127.0.0.1", nobody.port(), pop3::password(name, secret));
    };
    const std::string long_text(256, 'x');
    CHECK(fails(socks(long_text, "s")));
    CHECK(fails(socks("n", long_text)));
    CHECK(fails(socks("n", "s"), long_text));
    CHECK(fails(http("a:b", "s")));
    CHECK(fails(http("a\r\nX: y", "s")));
    CHECK(fails(http("n", "a\nb")));
    CHECK(fails(http("n", "s"), "a b"));
    CHECK(fails(http("n", "s"), ""));
    CHECK(fails(socks("n", "s"), "a\0b"s));
    CHECK(fails(pop3::socks5_proxy("")));
    CHECK(fails(pop3::http_proxy("a\0b"s)));
    CHECK(fails(http("n", "s"), host, {{asio::ip::address_v4::loopback(), nobody.port()}}));
}

TEST_CASE("a proxy that is not there, and one that says nothing")
{
    asio::io_context context;
    tcp::endpoint gone;
    {
        tcp::acceptor was(context, {asio::ip::address_v4::loopback(), 0});
        gone = was.local_endpoint();
    }
    auto options = through(pop3::http_proxy("127.0.0.1", gone.port()));
    auto e = failure(pop3::without_tls, options);
    CHECK(e.code() == asio::error::connection_refused);
    CHECK(std::string(e.what()).starts_with(
        "pop.example.org:995 through 127.0.0.1:" + std::to_string(gone.port()) + ": "));

    tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    const auto port = silent.local_endpoint().port();
    for (const pop3::proxy& p : {pop3::proxy(pop3::http_proxy("localhost", port)),
                                 pop3::proxy(pop3::socks5_proxy("127.0.0.1", port))}) {
        options = through(p);
        options.limits.connect_time = 50ms;
        CHECK(failure(pop3::without_tls, options).code() == pop3::errc::timed_out);
        CHECK(failure(pop3::stls(pop3::tls_context()), options).code() == pop3::errc::timed_out);
    }
}

TEST_CASE("cancelled at any point of a talk with a proxy")
{
    for (int steps = 0; steps != 12; ++steps) {
        test::tcp_peer peer([](tcp::socket& socket) {
            hear(socket, 3);
            test::say(socket, "\x05"s);
            test::linger(socket);
        });
        asio::io_context context(1);
        asio::cancellation_signal signal;
        std::optional<std::error_code> completed;
        pop3::async_connect(context.get_executor(), pop3::without_tls, host,
                            through(pop3::socks5_proxy("127.0.0.1", peer.port())),
                            asio::bind_cancellation_slot(
                                signal.slot(), [&](std::error_code ec, const auto&) { completed = ec; }));
        for (int i = 0; i != steps; ++i)
            context.run_one_for(5ms);
        CHECK(!completed);
        // The peer waits for somebody.
        signal.emit(asio::cancellation_type::terminal);
        test::run(context);
        REQUIRE(completed);
        CHECK(*completed == asio::error::operation_aborted);
        std::error_code ignored;
        tcp::socket(context).connect({asio::ip::address_v4::loopback(), peer.port()}, ignored);
    }
}

} // namespace proxies_tests
