// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Each allocation of each operation fails once: the operation completes, or throws, but never both, and never neither.

#include "support/counted_new.hpp"
#include "support/greeted.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(__GLIBC__)
#include <pthread.h>
#endif

namespace {

using namespace std::chrono_literals;
namespace command = pop3::command;

const pop3::testing::certificate identity;

pop3::testing::server_options served(bool tls)
{
    pop3::testing::server_options options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    options.tls = tls;
    options.identity = identity;
    return options;
}

/// What became of an operation: how often it completed, and how often something was thrown out of the call or of `run`.
struct outcome {
    int completed = 0;
    int thrown = 0;
    std::error_code error;

    auto handler()
    {
        return [this](std::error_code ec, const auto&...) {
            ++completed;
            error = ec;
        };
    }

    template <class Do>
    void guard(Do what)
    {
        try {
            what();
        } catch (const std::bad_alloc&) {
            ++thrown;
        } catch (const std::system_error&) {
            ++thrown;
        }
    }

    /// let_go: is called when something was thrown, and ends what still waits.
    template <class LetGo>
    void run(asio::io_context& context, LetGo let_go)
    {
        const auto end = std::chrono::steady_clock::now() + 20s;
        context.restart();
        while (!context.stopped() && std::chrono::steady_clock::now() < end) {
            const int before = thrown;
            guard([&] { context.run_for(20s); });
            if (thrown != before)
                let_go();
        }
        REQUIRE(context.stopped());
    }
};

/// Begins the operation again and again, each time without one more allocation, until it needs no more. `prepare` returns a
/// coroutine that makes what it needs. without: the error that it completes with when nothing fails.
template <class Prepare, class Begin>
void fail_each_allocation(Prepare prepare, Begin begin, std::error_code without = {})
{
    for (std::size_t n = 1;; ++n) {
        CAPTURE(n);
        REQUIRE(n < 2000);
        asio::io_context context(1);
        using needed = typename decltype(prepare(context.get_executor()))::value_type;
        std::optional<needed> with;
        test::run(context,
                  [&]() -> asio::awaitable<void> { with.emplace(co_await prepare(context.get_executor())); });
        outcome o;
        const auto begun = std::chrono::steady_clock::now();
        const auto at = test::allocations + n;
        test::failing_allocation = at;
        o.guard([&] { begin(*with, o); });
        // Where Asio has dropped an operation the session would wait for its deadline.
        o.run(context, [&] { with.reset(); });
        test::failing_allocation = 0;
        // What Asio throws when it has an answer, on its own, cannot be held back; the operation is told all the same.
        const bool by_resolver = o.thrown == 1 && o.error == asio::error::no_memory;
        CHECK(o.completed + o.thrown - (by_resolver ? 1 : 0) == 1);
        // Not by the deadline.
        if (o.completed != 0)
            CHECK(std::chrono::steady_clock::now() - begun < 4s);
        if (test::allocations < at) {
            CHECK(o.error == without);
            CHECK(n > 1);
            return;
        }
    }
}

pop3::connect_options to(const pop3::testing::background_server& server)
{
    pop3::connect_options options;
    options.port = server.port();
    options.limits.connect_time = 5s;
    options.limits.operation_time = 5s;
    return options;
}

/// Nothing is needed but the executor.
asio::awaitable<asio::any_io_executor> nothing(asio::any_io_executor executor)
{
    co_return executor;
}

} // namespace

TEST_CASE("no memory: connecting")
{
    const pop3::testing::background_server secure(served(true));
    const pop3::testing::background_server clear(served(false));
    pop3::tls_context tls;
    tls.add_certificate_authority(identity.pem());
    const auto connect = [](const auto& how, const pop3::testing::background_server& server) {
        fail_each_allocation(nothing, [&](const asio::any_io_executor& executor, outcome& o) {
            pop3::async_connect(executor, how, "localhost", to(server), o.handler());
        });
    };
    connect(pop3::without_tls, clear);
    connect(tls, secure);
    connect(pop3::stls(tls), clear);
}

TEST_CASE("no memory: several addresses, and proxies")
{
    const pop3::testing::background_server clear(served(false));
    const asio::ip::address loopback = asio::ip::address_v4::loopback();
    const auto connect = [](const pop3::connect_options& options, std::error_code without) {
        fail_each_allocation(
            nothing,
            [&](const asio::any_io_executor& executor, outcome& o) {
                pop3::async_connect(executor, pop3::without_tls, "localhost", options, o.handler());
            },
            without);
    };
    auto options = to(clear);
    options.endpoints = {{loopback, 1}, {loopback, 1}, {loopback, clear.port()}};
    connect(options, {});
    options.endpoints.pop_back();
    connect(options, asio::error::connection_refused);

    options.endpoints.clear();
    const auto through = [&](std::string_view answer, const auto& make, std::error_code without) {
        test::tcp_peer proxy(
            [&](asio::ip::tcp::socket& socket) {
                test::say(socket, answer);
                test::linger(socket);
            },
            {}, 100'000);
        options.proxy = make(proxy.port());
        connect(options, without);
    };
    const pop3::password login("gatekeeper", "sesame");
    const auto http = [&](std::uint16_t port) {
        return pop3::proxy(pop3::http_proxy("127.0.0.1", port, login));
    };
    const auto socks = [&](std::uint16_t port) {
        return pop3::proxy(pop3::socks5_proxy("127.0.0.1", port, login));
    };
    through("HTTP/1.1 200 OK\r\n\r\n+OK ready\r\n", http, {});
    through("HTTP/1.1 403 No\r\n\r\n", http, pop3::errc::proxy_refused);
    through(std::string_view("\x05\x02\x01\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38+OK ready\r\n", 25),
            socks, {});
}

TEST_CASE("no memory: what comes then")
{
    const pop3::testing::background_server server(served(false));
    pop3::tls_context tls;
    tls.add_certificate_authority(identity.pem());
    const auto in_clear = [&](asio::any_io_executor executor)
        -> asio::awaitable<pop3::session<pop3::authorization, pop3::tcp_stream>> {
        co_return co_await pop3::async_connect(executor, pop3::without_tls, "127.0.0.1", to(server));
    };
    fail_each_allocation(in_clear, [&](auto& greeted, outcome& o) {
        std::move(greeted).async_stls(tls, "localhost", o.handler());
    });

    const auto greet = [&](asio::any_io_executor executor)
        -> asio::awaitable<pop3::session<pop3::authorization, pop3::cleartext_stream>> {
        co_return co_await pop3::async_connect(executor, pop3::allow_cleartext, "127.0.0.1", to(server));
    };
    fail_each_allocation(greet, [](auto& greeted, outcome& o) {
        std::move(greeted).async_login(pop3::password("alice", "secret"), o.handler());
    });
    const auto offering_tokens = [](asio::any_io_executor) -> asio::awaitable<test::greeted_session> {
        auto talk = test::greeting();
        talk->client("CAPA\r\n").server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
        talk->client("AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciB0b2tlbgEB\r\n").server("+OK\r\n");
        co_return co_await test::greet(talk);
    };
    for (const bool throws : {false, true}) {
        CAPTURE(throws);
        fail_each_allocation(
            offering_tokens,
            [throws](auto& greeted, outcome& o) {
                std::move(greeted).async_login(
                    pop3::token_provider("alice",
                                         [throws](bool, const pop3::token_provider::callback& done) {
                                             if (throws)
                                                 throw std::runtime_error("keychain locked");
                                             done({}, pop3::secret("token"));
                                         }),
                    o.handler());
            },
            throws ? pop3::errc::authentication_cancelled : std::error_code());
    }

    const auto log_in = [&](asio::any_io_executor executor)
        -> asio::awaitable<pop3::session<pop3::transaction, pop3::cleartext_stream>> {
        auto greeted = co_await pop3::async_connect(executor, pop3::allow_cleartext, "127.0.0.1", to(server));
        const pop3::password alice("alice", "secret");
        co_return co_await std::move(greeted).async_login(alice);
    };
    fail_each_allocation(log_in, [](auto& mailbox, outcome& o) { mailbox.async_retr(5, o.handler()); });
    fail_each_allocation(log_in, [](auto& mailbox, outcome& o) {
        mailbox.async_pipeline(command::stat(), command::uidl(), command::top(2, 0), o.handler());
    });
    fail_each_allocation(log_in,
                         [](auto& mailbox, outcome& o) { std::move(mailbox).async_quit(o.handler()); });
}

#if defined(__GLIBC__)

namespace {

/// As long as this lives no thread can be made: each would need more stack than there is room for.
class no_threads {
public:
    no_threads()
    {
        pthread_getattr_default_np(&before_);
        pthread_attr_t more = before_;
        pthread_attr_setstacksize(&more, std::size_t(1) << 46);
        REQUIRE(pthread_setattr_default_np(&more) == 0);
    }

    ~no_threads()
    {
        pthread_setattr_default_np(&before_);
    }

private:
    pthread_attr_t before_;
};

} // namespace

TEST_CASE("no thread to ask the resolver in: an error, and once")
{
    asio::io_context context(1);
    outcome o;
    pop3::connect_options options;
    options.limits.connect_time = 300ms;
    {
        const no_threads none;
        o.guard([&] {
            pop3::async_connect(context.get_executor(), pop3::without_tls, "localhost", options, o.handler());
        });
        o.run(context, [] {});
    }
    CHECK(o.thrown == 0);
    CHECK(o.completed == 1);
    CHECK(o.error == asio::error::try_again);
}

#endif
