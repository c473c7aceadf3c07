// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// STLS: the way from TCP to TLS, and all that can go wrong on it.

#include "support/into.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using pop3::errc;
using test::into;
using tcp_session = pop3::session<pop3::authorization, pop3::tcp_stream>;
using tls_session = pop3::session<pop3::authorization>;
using lines = std::vector<std::string>;

/// A server that offers STLS, and what it heard.
class stls_peer {
public:
    /// offer: its reply to CAPA. accept: its reply to STLS. talk: what it does over TLS.
    explicit stls_peer(std::string offer = "+OK\r\nTOP\r\nSTLS\r\n.\r\n",
                       std::string accept = "+OK begin TLS\r\n",
                       std::function<void(test::tls_peer_stream&)> talk = {})
        : peer_([this, offer, accept, talk](tcp::socket& socket) { serve(socket, offer, accept, talk); }, {},
                // It is not waited for if nobody connects.
                2)
    {
        tls.add_certificate_authority(identity.pem());
    }

    pop3::connect_options options() const
    {
        pop3::connect_options o;
        o.port = peer_.port();
        return o;
    }

    pop3::testing::certificate identity;
    pop3::tls_context tls;
    lines heard;

private:
    std::string hear(auto& stream)
    {
        heard.push_back(test::hear(stream));
        return heard.back();
    }

    void serve(tcp::socket& socket, const std::string& offer, const std::string& accept,
               const std::function<void(test::tls_peer_stream&)>& talk)
    {
        test::say(socket, "+OK ready <1.2@example.org>\r\n");
        while (true) {
            const auto line = hear(socket);
            if (line == "CAPA\r\n")
                test::say(socket, offer);
            else if (line == "QUIT\r\n" || line == "NOOP\r\n")
                test::say(socket, "+OK\r\n");
            else
                break;
        }
        if (heard.back() != "STLS\r\n")
            return;
        test::say(socket, accept);
        if (!accept.starts_with("+OK")) {
            hear(socket);
            test::say(socket, "+OK bye\r\n");
            test::linger(socket);
            return;
        }
        asio::ssl::context context(asio::ssl::context::tls_server);
        identity.load_into(context);
        test::tls_peer_stream stream(std::move(socket), context);
        std::error_code ec;
        stream.handshake(test::tls_peer_stream::server, ec);
        if (ec)
            return;
        if (talk)
            return talk(stream);
        while (!hear(stream).empty())
            test::say(stream, heard.back() == "CAPA\r\n" ? "+OK\r\nSASL PLAIN\r\n.\r\n" : "+OK\r\n");
    }

    test::tcp_peer peer_;
};

asio::awaitable<tcp_session> in_clear(const stls_peer& peer)
{
    auto executor = co_await asio::this_coro::executor;
    const auto options = peer.options();
    co_return co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options);
}

/// Connects with STLS, and says how that failed.
std::error_code failure(const pop3::tls_context& tls, const std::string& host,
                        const pop3::connect_options& options,
                        pop3::stls_policy policy = pop3::stls_policy::if_offered)
{
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        const auto r =
            co_await pop3::async_connect(executor, pop3::stls(tls, policy), host, options, into(ec));
        CHECK(r.has_value() == !ec);
    });
    return ec;
}

} // namespace

TEST_CASE("STLS: nothing that was learned in clear gets into the session over TLS")
{
    lines seen;
    {
        stls_peer peer;
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await in_clear(peer);
            const auto offered = co_await greeted.async_capa();
            CHECK(offered.stls);
            CHECK(greeted.capabilities()->top);
            greeted.set_observer([&](pop3::direction d, std::string_view line) {
                seen.push_back((d == pop3::direction::sent ? "C: " : "S: ") + std::string(line));
            });

            tls_session secure = co_await std::move(greeted).async_stls(peer.tls);
            CHECK(!secure.capabilities());
            CHECK(secure.greeting().timestamp == "<1.2@example.org>");
            CHECK(secure.tls().version.starts_with("TLSv1."));
            CHECK(!greeted.is_open()); // NOLINT(bugprone-use-after-move)
            const pop3::password alice("alice", "secret");
            auto mailbox = co_await std::move(secure).async_login(alice);
            CHECK(mailbox.login_mechanism() == "PLAIN");
            co_await mailbox.async_noop();
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::committed);
        });
    }
    CHECK(seen == lines{"C: STLS", "S: +OK begin TLS", "C: CAPA", "S: +OK", "S: SASL PLAIN", "S: .",
                        "C: AUTH PLAIN ****", "S: +OK", "C: NOOP", "S: +OK", "C: QUIT", "S: +OK"});
}

TEST_CASE("STLS: as a way to connect")
{
    stls_peer peer;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        const auto options = peer.options();
        tls_session secure =
            co_await pop3::async_connect(executor, pop3::stls(peer.tls), "localhost", options);
        CHECK(!secure.capabilities());
        co_await secure.async_utf8();
    });
    CHECK(peer.heard.at(0) == "CAPA\r\n");
    CHECK(peer.heard.at(1) == "STLS\r\n");
    CHECK(peer.heard.at(2) == "UTF8\r\n");
}

TEST_CASE("STLS: capabilities that are known are those within TLS")
{
    stls_peer peer;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        auto options = peer.options();
        options.capabilities.emplace().sasl = {"PLAIN"};
        tls_session secure =
            co_await pop3::async_connect(executor, pop3::stls(peer.tls), "localhost", options);
        CHECK(secure.capabilities() == options.capabilities);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(secure).async_login(alice);
        const auto update = co_await std::move(mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(peer.heard == lines{"CAPA\r\n", "STLS\r\n", "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", "QUIT\r\n", ""});
}

TEST_CASE("STLS: by URL")
{
    stls_peer peer;
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        const auto where =
            pop3::parse_url("pop://alice;AUTH=LOGIN@localhost:" + std::to_string(peer.options().port));
        const auto secure = co_await pop3::async_connect(executor, pop3::stls(peer.tls), where);
        CHECK(secure.is_open());
    });
}

TEST_CASE("STLS: struck from CAPA")
{
    SUBCASE("as a way to connect, there is no session")
    {
        const stls_peer peer("+OK\r\nTOP\r\n.\r\n");
        CHECK(failure(peer.tls, "localhost", peer.options()) == errc::stls_not_offered);
    }
    SUBCASE("nor where CAPA is refused")
    {
        const stls_peer peer("-ERR\r\n");
        CHECK(failure(peer.tls, "localhost", peer.options()) == errc::stls_not_offered);
    }
    SUBCASE("unless it is insisted on")
    {
        const stls_peer peer("-ERR\r\n");
        CHECK(!failure(peer.tls, "localhost", peer.options(), pop3::stls_policy::insist));
    }
    SUBCASE("as a step, the session is as it was")
    {
        stls_peer peer("+OK\r\nTOP\r\n.\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await in_clear(peer);
            std::error_code ec;
            auto r = co_await std::move(greeted).async_stls(peer.tls, into(ec));
            CHECK(ec == errc::stls_not_offered);
            CHECK(!r);
            auto back = std::move(r).session();
            REQUIRE(back.is_open());
            const pop3::closed end = co_await std::move(back).async_quit();
            (void)end;
        });
        CHECK(peer.heard.at(0) == "CAPA\r\n");
        CHECK(peer.heard.at(1) == "QUIT\r\n");
    }
}

TEST_CASE("STLS: refused")
{
    SUBCASE("as a way to connect")
    {
        const stls_peer peer("+OK\r\nSTLS\r\n.\r\n", "-ERR [SYS/TEMP] no certificate\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            const auto options = peer.options();
            const auto r = co_await pop3::async_connect(executor, pop3::stls(peer.tls), "localhost", options,
                                                        asio::use_awaitable);
            REQUIRE(!r);
            CHECK(r.error().verb() == "STLS");
            CHECK(r.error().advice() == pop3::retry_advice::wait);
        });
    }
    SUBCASE("as a step")
    {
        const stls_peer peer("+OK\r\nSTLS\r\n.\r\n", "-ERR not now\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await in_clear(peer);
            auto r = co_await std::move(greeted).async_stls(peer.tls, asio::use_awaitable);
            REQUIRE(!r);
            CHECK(r.error().text() == "not now");
            auto back = std::move(r).session();
            CHECK(back.capabilities()->stls);
            const pop3::closed end = co_await std::move(back).async_quit();
            (void)end;
        });
    }
}

TEST_CASE("STLS: what comes in clear behind the +OK")
{
    const stls_peer peer("+OK\r\nSTLS\r\n.\r\n", "+OK\r\n+OK injected\r\n");
    CHECK(failure(peer.tls, "localhost", peer.options()) == errc::unexpected_data);
    const stls_peer octet("+OK\r\nSTLS\r\n.\r\n", "+OK\r\n\x16");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await in_clear(octet);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_stls(octet.tls, into(ec));
        CHECK(ec == errc::unexpected_data);
        CHECK(!std::move(r).session().is_open());
    });
    // What has not been read yet is TLS to the client, and not to be understood.
    test::tcp_peer later([](tcp::socket& s) {
        test::say(s, "+OK ready\r\n");
        test::hear(s);
        test::say(s, "+OK\r\n");
        std::this_thread::sleep_for(20ms);
        test::say(s, "+OK injected\r\n");
        test::linger(s);
    });
    pop3::connect_options options;
    options.port = later.port();
    CHECK(failure(pop3::tls_context(), "localhost", options, pop3::stls_policy::insist) ==
          errc::tls_not_spoken);
}

TEST_CASE("STLS: a handshake that fails ends the session")
{
    const stls_peer peer;
    const pop3::tls_context trusts_others;
    CHECK(failure(trusts_others, "localhost", peer.options()).category() == pop3::certificate_category());
    // Whom the certificate is for is checked as well.
    const stls_peer other;
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await in_clear(other);
        std::error_code ec;
        auto r = co_await std::move(greeted).async_stls(other.tls, "pop.example.org",
                                                        pop3::stls_policy::if_offered, into(ec));
        CHECK(ec.category() == pop3::certificate_category());
        CHECK(!std::move(r).session().is_open());
    });
}

TEST_CASE("STLS: silence, and the end")
{
    const stls_peer silent("+OK\r\nSTLS\r\n.\r\n", "+OK\r\n");
    test::tcp_peer nothing([](tcp::socket& s) {
        test::say(s, "+OK ready\r\n");
        test::hear(s);
        test::say(s, "+OK\r\n");
        test::linger(s);
    });
    pop3::connect_options options;
    options.port = nothing.port();
    options.limits.connect_time = 100ms;
    CHECK(failure(silent.tls, "localhost", options, pop3::stls_policy::insist) == errc::timed_out);

    test::tcp_peer cut([](tcp::socket& s) {
        test::say(s, "+OK ready\r\n");
        test::hear(s);
    });
    options.port = cut.port();
    options.limits.connect_time = 30s;
    CHECK(failure(silent.tls, "localhost", options) == errc::connection_closed);
    // Leave the first one alone.
    CHECK(!failure(silent.tls, "localhost", silent.options()));
}

TEST_CASE("STLS: the time of a step is that of an operation")
{
    test::tcp_peer nothing([](tcp::socket& s) {
        test::say(s, "+OK ready\r\n");
        test::hear(s);
        test::say(s, "+OK\r\n");
        test::linger(s);
    });
    test::run([&]() -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        pop3::connect_options options;
        options.port = nothing.port();
        options.limits.operation_time = 100ms;
        auto greeted = co_await pop3::async_connect(executor, pop3::without_tls, "localhost", options);
        std::error_code ec;
        const pop3::tls_context tls;
        const auto r =
            co_await std::move(greeted).async_stls(tls, "localhost", pop3::stls_policy::insist, into(ec));
        CHECK(ec == errc::timed_out);
    });
}

TEST_CASE("STLS: cancelled at any point")
{
    int finished = 0;
    for (int polls = 0; polls != 40; ++polls) {
        const stls_peer peer;
        asio::io_context context(1);
        asio::cancellation_signal signal;
        std::optional<std::error_code> completed;
        pop3::async_connect(
            context.get_executor(), pop3::stls(peer.tls), "127.0.0.1", peer.options(),
            asio::bind_cancellation_slot(signal.slot(), [&](std::error_code ec, const auto& r) {
                completed = ec;
                CHECK(r.has_value() == !ec);
            }));
        for (int i = 0; i != polls && !completed; ++i)
            context.run_one_for(1s);
        const bool was_done = completed.has_value();
        signal.emit(asio::cancellation_type::terminal);
        test::run(context);
        REQUIRE(completed);
        finished += was_done ? 1 : 0;
        if (!was_done)
            CHECK((*completed == asio::error::operation_aborted || !*completed));
    }
    CHECK(finished > 0);
    CHECK(finished < 40);
}

TEST_CASE("STLS: misuse")
{
    stls_peer peer;
    test::run([&]() -> asio::awaitable<void> {
        std::error_code ec;
        tcp_session none;
        const auto r = co_await std::move(none).async_stls(peer.tls, into(ec));
        CHECK(ec == errc::no_session);

        auto greeted = co_await in_clear(peer);
        auto nobody =
            co_await std::move(greeted).async_stls(peer.tls, "", pop3::stls_policy::if_offered, into(ec));
        CHECK(ec == errc::invalid_argument);
        CHECK(std::move(nobody).session().is_open());
    });
    CHECK(failure(peer.tls, "", peer.options()) == std::errc::invalid_argument);
}
