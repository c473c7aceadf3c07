// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Connecting over loopback: addresses, TLS and its failures, deadlines, and the other streams that a session runs over.

#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>
#if ASIO_VERSION >= 102800
#include <asio/bind_immediate_executor.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#endif
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

pop3::testing::server_options served(std::string address = "127.0.0.1", bool tls = true)
{
    pop3::testing::server_options options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    options.address = std::move(address);
    options.tls = tls;
    return options;
}

pop3::tls_context trusting(const pop3::testing::certificate& identity)
{
    pop3::tls_context tls;
    tls.add_certificate_authority(identity.pem());
    return tls;
}

pop3::connect_options at(std::uint16_t port)
{
    pop3::connect_options options;
    options.port = port;
    return options;
}

/// Connects with TLS, and says how that failed.
std::error_code failure(const pop3::tls_context& tls, const std::string& host,
                        const pop3::connect_options& options)
{
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        const auto greeted = co_await pop3::async_connect(executor, tls, host, options,
                                                          asio::redirect_error(asio::use_awaitable, ec));
        CHECK(greeted.has_value() == !ec);
    });
    return ec;
}

/// Logs in, looks, and leaves.
template <class Stream>
asio::awaitable<void> look_around(pop3::session<pop3::authorization, Stream> greeted)
{
    const pop3::password alice("alice", "secret");
    auto mailbox = co_await std::move(greeted).async_login(alice);
    const auto drop = co_await mailbox.async_stat();
    CHECK(drop.count == 5);
    const auto dots = co_await mailbox.async_retr(2);
    CHECK(dots.octets() == pop3::testing::sample_messages()[1]);
    const auto large = co_await mailbox.async_retr(5);
    CHECK(large.octets() == pop3::testing::sample_messages()[4]);
    const auto update = co_await std::move(mailbox).async_quit();
    CHECK(update.deletions() == pop3::deletions::committed);
}

void look_around_at(const pop3::testing::background_server& server, const std::string& host)
{
    auto tls = trusting(server.identity());
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        co_await look_around(co_await pop3::async_connect(executor, tls, host, at(server.port())));
    });
}

/// A listener that never accepts: connections wait for ever behind it.
struct silence {
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    std::uint16_t port = acceptor.local_endpoint().port();
};

bool has_ipv6()
{
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context);
    std::error_code ec;
    acceptor.open(asio::ip::tcp::v6(), ec);
    if (!ec)
        acceptor.bind({asio::ip::address_v6::loopback(), 0}, ec);
    // A machine may be without; the ones that check changes may not.
    REQUIRE_MESSAGE((!ec || std::getenv("CI") == nullptr), "there is no IPv6 here");
    if (ec)
        MESSAGE("there is no IPv6 here: it is not tested");
    return !ec;
}

} // namespace

TEST_CASE("TLS, by name and by address")
{
    const pop3::testing::background_server server(served());
    look_around_at(server, "localhost");
    look_around_at(server, "127.0.0.1");
}

TEST_CASE("IPv6")
{
    if (has_ipv6())
        look_around_at(pop3::testing::background_server(served("::1")), "::1");
}

TEST_CASE("all addresses are tried")
{
    const pop3::testing::background_server server(served());
    auto tls = trusting(server.identity());
    std::uint16_t unused = 0;
    {
        const silence s;
        unused = s.port;
    }
    const auto loopback = asio::ip::address_v4::loopback();
    auto options = at(unused);
    options.endpoints = {{loopback, unused}, {loopback, server.port()}};
    CHECK(!failure(tls, "localhost", options));
    // Wherever it leads, the certificate must be for the host.
    CHECK(failure(tls, "pop.example.org", options).category() == pop3::certificate_category());
    options.endpoints.pop_back();
    CHECK(failure(tls, "localhost", options) == asio::error::connection_refused);

    // An address that does not answer leaves time for the next. Here it is one whose queue is full.
    asio::io_context context;
    asio::ip::tcp::acceptor full(context, asio::ip::tcp::v4());
    full.bind({loopback, 0});
    full.listen(0);
    std::vector<asio::ip::tcp::socket> queue;
    for (int i = 0; i != 4; ++i)
        queue.emplace_back(context).async_connect(full.local_endpoint(), [](std::error_code) {});
    options.endpoints = {full.local_endpoint(), {loopback, server.port()}};
    options.limits.connect_time = 4s;
    CHECK(!failure(tls, "localhost", options));
    options.limits.connect_time = 50ms;
    options.endpoints.pop_back();
    CHECK(failure(tls, "localhost", options) == pop3::errc::timed_out);
}

TEST_CASE("a context may die before the connection is made")
{
    const pop3::testing::background_server server(served());
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto connecting = [&] {
            auto tls = trusting(server.identity());
            return pop3::async_connect(executor, tls, "localhost", at(server.port()));
        }();
        co_await look_around(co_await std::move(connecting));
    });
}

TEST_CASE("certificates that are not to be trusted")
{
    const auto verdict = [](const pop3::testing::certificate& identity, const std::string& host,
                            bool trusted) {
        auto options = served();
        options.identity = identity;
        const pop3::testing::background_server server(options);
        pop3::tls_context tls;
        if (trusted)
            tls.add_certificate_authority(identity.pem());
        const auto ec = failure(tls, host, at(server.port()));
        CHECK(ec.category() == pop3::certificate_category());
        CHECK(pop3::is_fatal(ec));
        return ec;
    };
    const pop3::testing::certificate good;
    CHECK(verdict(good, "localhost", false).value() == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    const pop3::testing::certificate expired("DNS:localhost", -48h, -24h);
    CHECK(verdict(expired, "localhost", true).message() ==
          "the server's certificate was rejected: certificate has expired");
    const pop3::testing::certificate other("DNS:pop.example.org");
    CHECK(verdict(other, "localhost", true).message() ==
          "the server's certificate was rejected: hostname mismatch");
    CHECK(verdict(other, "127.0.0.1", true).message() ==
          "the server's certificate was rejected: IP address mismatch");
}

TEST_CASE("which names a certificate is for")
{
    const auto accepted = [](const std::string& names, const std::string& host) {
        auto options = served();
        options.identity = pop3::testing::certificate(names);
        const pop3::testing::background_server server(options);
        const auto tls = trusting(server.identity());
        auto to = at(0);
        to.endpoints = {{asio::ip::address_v4::loopback(), server.port()}};
        return !failure(tls, host, to);
    };
    CHECK(accepted("DNS:pop.example.org", "POP.Example.ORG"));
    CHECK(accepted("DNS:pop.example.org", "pop.example.org.")); // an absolute name
    CHECK(accepted("DNS:*.example.org", "pop.example.org"));
    CHECK(accepted("IP:127.0.0.1", "127.0.0.1"));
    CHECK(!accepted("DNS:*.example.org", "a.pop.example.org"));
    CHECK(!accepted("DNS:p*.example.org", "pop.example.org")); // a wildcard is a whole label
    CHECK(!accepted("DNS:evil.example.org", ".example.org"));  // to OpenSSL: any host below
    CHECK(!accepted("DNS:127.0.0.1", "127.0.0.1"));
    CHECK(!accepted("email:a@example.org", "POP3 demo server")); // the common name does not count
    CHECK(!accepted("DNS:localhost", std::string("localhost\0.evil", 15)));
}

TEST_CASE("a TLS stream that was not told whom to expect")
{
    const pop3::testing::background_server server(served());
    const auto tls = trusting(server.identity());
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        pop3::tls_stream stream(executor, tls);
        const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server.port());
        co_await stream.lowest_layer().async_connect(endpoint, asio::use_awaitable);
        std::error_code ec;
        co_await stream.async_handshake(asio::ssl::stream_base::client,
                                        asio::redirect_error(asio::use_awaitable, ec));
        CHECK(stream.handshake_error(ec).value() == X509_V_ERR_HOSTNAME_MISMATCH);
    });
}

TEST_CASE("an empty host is no host, and not this machine")
{
    const silence nobody;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        for (const std::string& host : {std::string(), std::string("localhost\0.evil", 15)}) {
            std::error_code ec;
            const auto r =
                co_await pop3::async_connect(executor, pop3::allow_cleartext, host, at(nobody.port),
                                             asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == std::errc::invalid_argument);
        }
    });
}

TEST_CASE("a cancellation is not lost between the steps of a connection")
{
    // The stream lives in one context and the handler in another, so that a step can be done whose handler has not run.
    const auto cancel = [](const auto& how) {
        const silence nobody;
        asio::io_context steps(1);
        asio::io_context handlers(1);
        asio::cancellation_signal signal;
        std::optional<std::error_code> completed;
        pop3::async_connect(steps.get_executor(), how, "127.0.0.1", at(nobody.port),
                            asio::bind_executor(handlers.get_executor(),
                                                asio::bind_cancellation_slot(
                                                    signal.slot(), [&](std::error_code ec, const auto&) {
                                                        completed = ec;
                                                    })));
        handlers.poll();
        handlers.restart();
        steps.run_for(50ms); // connected, and the handler waits
        steps.restart();
        signal.emit(asio::cancellation_type::terminal);
        for (int i = 0; i != 200 && !completed; ++i) {
            handlers.poll();
            handlers.restart();
            steps.run_for(5ms);
            steps.restart();
        }
        REQUIRE(completed);
        CHECK(*completed == asio::error::operation_aborted);
    };
    cancel(pop3::without_tls);
    cancel(pop3::tls_context());
}

TEST_CASE("hosts and ports where nothing is")
{
    pop3::tls_context tls;
    std::uint16_t unused = 0;
    {
        const silence s;
        unused = s.port;
    }
    CHECK(failure(tls, "127.0.0.1", at(unused)) == asio::error::connection_refused);
    CHECK(failure(tls, "localhost", at(unused)) == asio::error::connection_refused);
    CHECK(failure(tls, "", at(unused)) == std::errc::invalid_argument);

    auto options = at(995);
    options.limits.connect_time = 5s;
    // Without a network a resolver may not even find out that there is no such name.
    const auto ec = failure(tls, "no-such-host.invalid", options);
    const bool expected = ec == asio::error::host_not_found || ec == asio::error::host_not_found_try_again ||
                          ec == pop3::errc::timed_out;
    CHECK_MESSAGE(expected, ec.message());
}

TEST_CASE("servers that say nothing")
{
    const silence nobody;
    auto options = at(nobody.port);
    options.limits.connect_time = 50ms;
    pop3::tls_context tls;
    CHECK(failure(tls, "127.0.0.1", options) == pop3::errc::timed_out); // in the handshake
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        std::error_code ec;
        const auto r = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options,
                                                    asio::redirect_error(asio::use_awaitable, ec));
        CHECK(ec == pop3::errc::no_greeting);
    });
}

TEST_CASE("a connection can be cancelled at any point of its making")
{
    const silence nobody;
    const pop3::testing::background_server server(served());
    auto tls = trusting(server.identity());
    for (const auto& [host, port] :
         {std::pair("localhost", server.port()), std::pair("127.0.0.1", nobody.port)}) {
        for (int polls = 0; polls != 12; ++polls) {
            asio::io_context context(1);
            asio::cancellation_signal signal;
            std::optional<std::error_code> completed;
            pop3::async_connect(
                context.get_executor(), tls, host, at(port),
                asio::bind_cancellation_slot(signal.slot(), [&](std::error_code ec, const auto& r) {
                    completed = ec;
                    CHECK(r.has_value() == !ec);
                }));
            for (int i = 0; i != polls && !completed; ++i)
                context.run_one_for(20ms);
            const bool was_done = completed.has_value();
            signal.emit(asio::cancellation_type::terminal);
            test::run(context);
            REQUIRE(completed);
            if (!was_done)
                CHECK((*completed == asio::error::operation_aborted || !*completed));
        }
    }
}

TEST_CASE("a server for plain text where TLS is expected, and the reverse")
{
    const pop3::testing::background_server plain(served("127.0.0.1", false));
    pop3::tls_context tls;
    const auto ec = failure(tls, "localhost", at(plain.port()));
    CHECK(ec == pop3::errc::tls_not_spoken);

    const pop3::testing::background_server secure(served());
    auto options = at(secure.port());
    options.limits.connect_time = 100ms;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        std::error_code not_greeted;
        const auto r = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options,
                                                    asio::redirect_error(asio::use_awaitable, not_greeted));
        CHECK(not_greeted == pop3::errc::no_greeting); // both wait for the other
    });
}

TEST_CASE("a TLS server that loses patience where a greeting is expected")
{
    // Alerts, one of which holds what would be the end of a line.
    for (const std::string_view alert : {std::string_view("\x15\x03\x01\x00\x02\x02\x0a", 7),
                                         std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7)}) {
        test::tcp_peer impatient([&](asio::ip::tcp::socket& s) { test::say(s, alert); });
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            std::error_code ec;
            const auto r =
                co_await pop3::async_connect(executor, pop3::without_tls, "127.0.0.1", at(impatient.port()),
                                             asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == pop3::errc::tls_expected);
        });
    }
}

TEST_CASE("a connection cut below TLS")
{
    SUBCASE("inside a reply: an error")
    {
        test::tls_peer cutting([](test::tls_peer_stream& s) {
            test::say(s, "+OK ready\r\n");
            test::hear(s);
            test::say(s, "+OK\r\nTOP\r\n");
            s.lowest_layer().shutdown(asio::ip::tcp::socket::shutdown_both);
        });
        auto tls = trusting(cutting.identity);
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto greeted = co_await pop3::async_connect(executor, tls, "localhost", at(cutting.port()));
            std::error_code ec;
            const auto can = co_await greeted.async_capa(asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == pop3::errc::connection_truncated);
        });
    }
    SUBCASE("with a close_notify inside a reply: an error all the same")
    {
        test::tls_peer closing([](test::tls_peer_stream& s) {
            test::say(s, "+OK ready\r\n");
            test::hear(s);
            test::say(s, "+OK\r\nTOP\r\n");
            std::error_code ignored;
            s.shutdown(ignored);
        });
        auto tls = trusting(closing.identity);
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto greeted = co_await pop3::async_connect(executor, tls, "localhost", at(closing.port()));
            std::error_code ec;
            const auto can = co_await greeted.async_capa(asio::redirect_error(asio::use_awaitable, ec));
            CHECK(ec == pop3::errc::connection_closed);
        });
    }
    SUBCASE("after the reply to QUIT: none")
    {
        test::tls_peer cutting([](test::tls_peer_stream& s) {
            test::say(s, "+OK ready\r\n");
            test::hear(s);
            test::say(s, "+OK bye\r\n");
            s.lowest_layer().shutdown(asio::ip::tcp::socket::shutdown_both);
        });
        auto tls = trusting(cutting.identity);
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto greeted = co_await pop3::async_connect(executor, tls, "localhost", at(cutting.port()));
            const pop3::closed end = co_await std::move(greeted).async_quit();
            (void)end;
        });
    }
    SUBCASE("never, after the reply to QUIT: waited for only so long")
    {
        std::string after_quit = "nothing";
        {
            test::tls_peer lingering([&](test::tls_peer_stream& s) {
                test::say(s, "+OK ready\r\n");
                test::hear(s);
                test::say(s, "+OK bye\r\n");
                after_quit = test::hear(s); // until the client closes
            });
            auto tls = trusting(lingering.identity);
            auto options = at(lingering.port());
            options.limits.shutdown_time = 50ms;
            test::run([&]() -> asio::awaitable<void> {
                auto executor = co_await asio::this_coro::executor;
                auto greeted = co_await pop3::async_connect(executor, tls, "localhost", options);
                const pop3::closed end = co_await std::move(greeted).async_quit();
                (void)end;
            });
        }
        CHECK(after_quit.empty());
    }
}

#if ASIO_VERSION >= 102800
TEST_CASE("an immediate executor does not make the reads of a message run inside each other")
{
    const std::string large(64u << 20, 'x');
    test::tcp_peer fast([&](asio::ip::tcp::socket& s) {
        test::say(s, "+OK ready\r\n");
        test::hear(s);
        test::say(s, "-ERR\r\n");
        for (int i = 0; i != 2; ++i) {
            test::hear(s);
            test::say(s, "+OK\r\n");
        }
        test::hear(s);
        test::say(s, "+OK\r\n" + large + "\r\n.\r\n");
    });
    auto options = at(fast.port());
    options.limits.message_octets = 128u << 20;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_connect(executor, pop3::allow_cleartext, "localhost", options);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        std::optional<std::size_t> octets;
        mailbox.async_retr(1,
                           asio::bind_immediate_executor(asio::system_executor(),
                                                         [&](std::error_code, pop3::reply<pop3::message> r) {
                                                             octets = r ? r->octets().size() : 0;
                                                         }));
        while (!octets)
            co_await asio::post(executor, asio::use_awaitable);
        CHECK(*octets == large.size() + 2);
    });
}
#endif

TEST_CASE("a client's own certificate")
{
    const pop3::testing::certificate own;
    const std::string file = "client-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(file) << own.pem() << own.key_pem();

    std::string shown;
    const auto ask_for_it = [&](asio::ssl::context& server) {
        server.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
        // Whoever it is: that it was shown is the point.
        server.set_verify_callback([&](bool, asio::ssl::verify_context& c) {
            char name[100];
            X509* const x509 = X509_STORE_CTX_get_current_cert(c.native_handle());
            shown = X509_NAME_oneline(X509_get_subject_name(x509), name, sizeof name);
            return true;
        });
    };
    test::tls_peer asking([](test::tls_peer_stream& s) { test::say(s, "+OK ready\r\n"); }, ask_for_it);
    auto tls = trusting(asking.identity);
    tls.use_certificate_chain_file(file);
    tls.use_private_key_file(file);
    CHECK(!failure(tls, "localhost", at(asking.port())));
    CHECK(shown == "/CN=POP3 test server");
    std::remove(file.c_str());
    CHECK_THROWS_AS(tls.use_certificate_chain_file(file), std::system_error);
}

TEST_CASE("old versions of TLS are refused")
{
    test::tls_peer old([](test::tls_peer_stream& s) { test::say(s, "+OK ready\r\n"); },
                       [](asio::ssl::context& c) {
                           SSL_CTX_set_security_level(c.native_handle(), 0);
                           SSL_CTX_set_min_proto_version(c.native_handle(), TLS1_VERSION);
                           SSL_CTX_set_max_proto_version(c.native_handle(), TLS1_1_VERSION);
                       });
    auto tls = trusting(old.identity);
    SSL_CTX_set_security_level(tls.native_handle(), 0); // so that it is our own bound that refuses
    CHECK(failure(tls, "localhost", at(old.port())).category() == asio::error::get_ssl_category());
}

TEST_CASE("TLS 1.2")
{
    test::tls_peer older(
        [](test::tls_peer_stream& s) { test::say(s, "+OK ready\r\n"); },
        [](asio::ssl::context& c) { SSL_CTX_set_max_proto_version(c.native_handle(), TLS1_2_VERSION); });
    auto tls = trusting(older.identity);
    CHECK(!failure(tls, "localhost", at(older.port())));
}

TEST_CASE("a session over asio::ssl::stream")
{
    const pop3::testing::background_server server(served());
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_verify_mode(asio::ssl::verify_peer);
    tls.add_certificate_authority(asio::buffer(server.identity().pem()));
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        asio::ssl::stream<asio::ip::tcp::socket> stream(executor, tls);
        const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server.port());
        co_await stream.lowest_layer().async_connect(endpoint, asio::use_awaitable);
        co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        co_await look_around(co_await pop3::async_greet(std::move(stream)));
    });
}

TEST_CASE("sessions without TLS")
{
    const pop3::testing::background_server server(served("127.0.0.1", false));
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        co_await look_around(
            co_await pop3::async_connect(executor, pop3::allow_cleartext, "localhost", at(server.port())));

        auto greeted =
            co_await pop3::async_connect(executor, pop3::without_tls, "localhost", at(server.port()));
        const auto can = co_await greeted.async_capa();
        CHECK(can.top);
        const pop3::closed end = co_await std::move(greeted).async_quit();
        (void)end;
    });
}

TEST_CASE("deletions stay without QUIT, and go with it")
{
    const pop3::testing::background_server server(served());
    auto tls = trusting(server.identity());
    const auto count_and_delete = [&](bool quit) {
        std::uint64_t count = 0;
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            const pop3::password alice("alice", "secret");
            auto greeted = co_await pop3::async_connect(executor, tls, "localhost", at(server.port()));
            auto entered = co_await std::move(greeted).async_login(alice, asio::use_awaitable);
            // The server may still be busy with the session before, which ended without QUIT.
            while (!entered && entered.error().code() == pop3::response_code::in_use)
                entered = co_await std::move(entered).session().async_login(alice, asio::use_awaitable);
            auto mailbox = std::move(entered).value();
            const auto drop = co_await mailbox.async_stat();
            count = drop.count;
            co_await mailbox.async_dele(1);
            if (quit) {
                const auto update = co_await std::move(mailbox).async_quit();
                CHECK(update.deletions() == pop3::deletions::committed);
            }
        });
        return count;
    };
    CHECK(count_and_delete(false) == 5);
    CHECK(count_and_delete(true) == 5);
    CHECK(count_and_delete(true) == 4);
}
