// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Servers that hang up after they have refused a login, and what the next try on the session gives.

#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/socket_base.hpp>
#include <asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

const pop3::password alice("alice", "secret");

enum class hangs_up {
    at_once,         ///< before the next command: a FIN
    without_reading, ///< when the next command is there: a reset, since it was not read
    after_reading,   ///< the next command: a FIN again
    with_reset,      ///< before the next command
};

constexpr hangs_up all_ways[] = {hangs_up::at_once, hangs_up::without_reading, hangs_up::after_reading,
                                 hangs_up::with_reset};

/// Refuses PASS, and hangs up.
template <class Stream>
void refuse(test::peer_stream_of<Stream>& stream, hangs_up how, bool says_goodbye, std::promise<void>& gone)
{
    test::server_end end(stream);
    auto& socket = stream.lowest_layer();
    end.say("+OK ready\r\n");
    for (auto line = end.line(); !line.starts_with("PASS"); line = end.line())
        end.say(line == "CAPA" ? "+OK\r\nUSER\r\n.\r\n" : "+OK\r\n");
    end.say("-ERR wrong\r\n");
    std::error_code ignored;
    if (how == hangs_up::without_reading) {
        gone.set_value();
        socket.wait(asio::socket_base::wait_read, ignored);
    } else if (how == hangs_up::after_reading) {
        gone.set_value();
        end.line();
    }
    if (says_goodbye)
        if constexpr (requires { SSL_shutdown(stream.native_handle()); })
            SSL_shutdown(stream.native_handle());
    if (how == hangs_up::with_reset)
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
    if (how == hangs_up::at_once || how == hangs_up::with_reset)
        gone.set_value();
}

/// What comes of a second try, made by `again`.
template <class Stream, class Again>
std::error_code second_try(hangs_up how, bool says_goodbye, Again again)
{
    std::promise<void> gone;
    test::peer_of<Stream> peer(
        [&](test::peer_stream_of<Stream>& stream) { refuse<Stream>(stream, how, says_goodbye, gone); });
    std::error_code ec;
    test::run([&]() -> asio::awaitable<void> {
        auto stream = co_await test::open_to<Stream>(peer);
        auto greeted = co_await pop3::async_greet(std::move(stream));
        auto refused = co_await std::move(greeted).async_login(alice, asio::use_awaitable);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().text() == "wrong");
        gone.get_future().wait();
        auto session = std::move(refused).session();
        co_await again(std::move(session), ec);
    });
    return ec;
}

} // namespace

TEST_CASE_TEMPLATE("a server that hangs up after a refusal: always the same error", Stream, POP3_TEST_STREAMS)
{
    using session = pop3::session<pop3::authorization, Stream>;
    for (const auto how : all_ways)
        for (const bool says_goodbye : {true, false})
            for (int i = 0; i != 4; ++i) {
                CAPTURE(static_cast<int>(how));
                CAPTURE(says_goodbye);
                const auto by_login = [](session s, std::error_code& ec) -> asio::awaitable<void> {
                    auto reply = co_await std::move(s).async_login(
                        alice, asio::redirect_error(asio::use_awaitable, ec));
                    CHECK_FALSE(reply.has_value());
                    CHECK_FALSE(std::move(reply).session().is_open());
                };
                CHECK(second_try<Stream>(how, says_goodbye, by_login) == pop3::errc::connection_closed);
                if (i != 0)
                    continue;
                const auto by_capa = [](session s, std::error_code& ec) -> asio::awaitable<void> {
                    const auto can = co_await s.async_capa(asio::redirect_error(asio::use_awaitable, ec));
                    CHECK_FALSE(can.has_value());
                    CHECK_FALSE(s.is_open());
                };
                CHECK(second_try<Stream>(how, says_goodbye, by_capa) == pop3::errc::connection_closed);
            }
}
