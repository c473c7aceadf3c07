// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Streams of a user's own that derive from one of Asio's or of this library's, and read and write in a way of their own:
// all goes through the functions that `async_stream` names, and nothing past them.

#include "support/peer.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/compose.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;

/// What the masked streams, and who talks to them, do to each octet.
// Not inlined: g++ 12 sees it write behind a single octet there, which it does not.
[[gnu::noinline]] void mask(char* octets, std::size_t n)
{
    for (std::size_t i = 0; i != n; ++i)
        octets[i] = static_cast<char>(octets[i] ^ 0x55);
}

/// What went through the functions of a masked stream.
struct masked_octets {
    std::size_t read = 0;
    std::size_t written = 0;
};

/// Masks what it writes, and unmasks what it reads.
template <class Base>
class masked : public Base {
public:
    using Base::Base;

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        const auto into = pop3::detail::first_buffer<asio::mutable_buffer>(buffers);
        return asio::async_compose<Token, void(std::error_code, std::size_t)>(
            [this, count = count, into, begun = false](auto& self, std::error_code ec = {},
                                                       std::size_t n = 0) mutable {
                if (!std::exchange(begun, true))
                    return this->Base::async_read_some(into, std::move(self));
                mask(static_cast<char*>(into.data()), n);
                count->read += n;
                self.complete(ec, n);
            },
            token, *this);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        const auto from = pop3::detail::first_buffer<asio::const_buffer>(buffers);
        auto octets = std::make_shared<std::vector<char>>(from.size());
        asio::buffer_copy(asio::buffer(*octets), from);
        mask(octets->data(), octets->size());
        return asio::async_compose<Token, void(std::error_code, std::size_t)>(
            [this, count = count, octets, begun = false](auto& self, std::error_code ec = {},
                                                         std::size_t n = 0) mutable {
                if (!std::exchange(begun, true))
                    return this->Base::async_write_some(asio::buffer(*octets), std::move(self));
                count->written += n;
                self.complete(ec, n);
            },
            token, *this);
    }

    std::shared_ptr<masked_octets> count = std::make_shared<masked_octets>();
};

/// The server's end.
template <class Stream>
class masked_end {
public:
    explicit masked_end(Stream& s) : stream_(s)
    {
    }

    std::size_t read_some(asio::mutable_buffer into, std::error_code& ec)
    {
        const auto n = stream_.read_some(into, ec);
        mask(static_cast<char*>(into.data()), n);
        return n;
    }

    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec)
    {
        const auto from = pop3::detail::first_buffer<asio::const_buffer>(buffers);
        std::vector<char> octets(from.size());
        asio::buffer_copy(asio::buffer(octets), from);
        mask(octets.data(), octets.size());
        return stream_.write_some(asio::buffer(octets), ec);
    }

private:
    Stream& stream_;
};

} // namespace

// Not for the mask, but for the test.
template <class Base>
inline constexpr bool pop3::is_secure_stream<masked<Base>> = true;

namespace {

/// What the socket below speaks.
template <class Base>
constexpr bool has_tls = !std::derived_from<Base, asio::ip::tcp::socket>;

template <class Base>
using peer_for = std::conditional_t<has_tls<Base>, test::tls_peer, test::tcp_peer>;

template <class Base>
using peer_stream_for = std::conditional_t<has_tls<Base>, test::tls_peer_stream, asio::ip::tcp::socket>;

/// A masked stream, connected, TLS and all.
template <class Base, class Peer>
asio::awaitable<masked<Base>> open_masked(const Peer& peer)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const asio::ip::tcp::endpoint where(asio::ip::address_v4::loopback(), peer.port());
    if constexpr (!has_tls<Base>) {
        masked<Base> stream(executor);
        co_await stream.async_connect(where, asio::use_awaitable);
        co_return stream;
    } else if constexpr (std::same_as<Base, pop3::tls_stream>) {
        pop3::tls_context tls;
        tls.add_certificate_authority(peer.identity.pem());
        masked<Base> stream(executor, tls);
        if (const auto ec = stream.expect_host("localhost"))
            throw std::system_error(ec);
        co_await stream.next_layer().async_connect(where, asio::use_awaitable);
        co_await stream.async_handshake(Base::client, asio::use_awaitable);
        co_return stream;
    } else {
        asio::ssl::context tls(asio::ssl::context::tls_client);
        masked<Base> stream(executor, tls);
        co_await stream.next_layer().async_connect(where, asio::use_awaitable);
        co_await stream.async_handshake(Base::client, asio::use_awaitable);
        co_return stream;
    }
}

/// As large as many reads, and with a line that is stuffed.
std::string large_message()
{
    std::string message;
    for (int i = 0; i != 20'000; ++i)
        message += "a line of a message\r\n";
    return message + ".\r\n";
}

} // namespace

TEST_SUITE_BEGIN("streams of a user's own");

TEST_CASE_TEMPLATE("what derives from a stream is read and written by its own functions", Base,
                   asio::ip::tcp::socket, pop3::tcp_stream, pop3::cleartext_stream, pop3::tls_stream,
                   test::tls_peer_stream)
{
    const auto message = large_message();
    std::vector<std::string> heard;
    std::size_t octets_heard = 0;
    std::size_t octets_said = 0;
    std::shared_ptr<masked_octets> count;
    {
        peer_for<Base> server([&](peer_stream_for<Base>& stream) {
            masked_end<peer_stream_for<Base>> end(stream);
            const auto say = [&](std::string_view text) {
                octets_said += text.size();
                test::say(end, text);
            };
            say("+OK ready\r\n");
            for (;;) {
                const auto line = test::hear(end);
                if (line.empty())
                    return;
                octets_heard += line.size();
                heard.push_back(line);
                if (line == "CAPA\r\n")
                    say(test::capa_with_pipelining);
                else if (line.starts_with("RETR"))
                    say("+OK\r\n" + message.substr(0, message.size() - 3) + "..\r\n.\r\n");
                else
                    say("+OK\r\n");
            }
        });
        test::run([&]() -> asio::awaitable<void> {
            pop3::connect_options options;
            options.limits.connect_time = options.limits.operation_time = std::chrono::seconds(10);
            auto stream = co_await open_masked<Base>(server);
            count = stream.count;
            auto greeted = co_await pop3::async_greet(std::move(stream), options);
            const pop3::password alice("alice", "secret");
            auto mailbox = co_await std::move(greeted).async_login(alice);

            const auto whole = co_await mailbox.async_retr(1);
            CHECK(whole.octets() == message);

            const std::vector<command::dele> deles(3000, command::dele(1));
            const auto answered =
                co_await mailbox.async_pipeline(deles, [](std::size_t, pop3::reply<void>) {});
            CHECK(answered == 3000);

            auto body = co_await std::move(mailbox).async_receive(2);
            std::array<char, 4096> piece{};
            const auto n = co_await body.async_read_some(asio::buffer(piece));
            CHECK(std::string_view(piece.data(), n) == message.substr(0, n));
            mailbox = co_await std::move(body).async_finish();
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::committed);
        });
    }
    REQUIRE(heard.size() == 4 + 3000 + 2);
    CHECK(heard[0] == "CAPA\r\n");
    CHECK(heard[2] == "PASS secret\r\n");
    CHECK(heard[3] == "RETR 1\r\n");
    CHECK(heard.back() == "QUIT\r\n");
    CHECK(count->written == octets_heard);
    CHECK(count->read == octets_said);
}

TEST_SUITE_END();
