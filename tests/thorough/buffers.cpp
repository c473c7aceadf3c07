// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A session holds a buffer while data flows, and not while it waits.

#include "support/counted_new.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t sessions = 12;
/// Those that the pool of a context keeps for whoever comes next.
constexpr std::size_t spares = 4;

std::size_t large_blocks()
{
    return test::live_bulk + test::live_records;
}

/// Sessions with servers of their own, which never answer NOOP, and RETR 2 never to the end.
template <class Stream>
struct fixture {
    using peer_stream = test::peer_stream_of<Stream>;
    using mailbox_session = pop3::session<pop3::transaction, Stream>;

    fixture()
    {
        for (std::size_t i = 0; i != sessions; ++i)
            peers.push_back(std::make_unique<test::peer_of<Stream>>([](peer_stream& stream) {
                test::serve(stream, [](test::server_end<peer_stream>& end, const std::string& line) {
                    if (line == "STAT")
                        end.say("+OK 2 320\r\n");
                    else if (line != "NOOP")
                        end.say("+OK\r\n" + std::string(300'000, 'x') +
                                (line == "RETR 2" ? "" : "\r\n.\r\n"));
                });
            }));
    }

    asio::awaitable<void> use_all()
    {
        for (auto& peer : peers) {
            mailboxes.push_back(co_await test::log_in_to<Stream>(*peer));
            auto& mailbox = mailboxes.back();
            co_await mailbox.async_retr(1, [](std::span<const char>) {});
            const auto [one, two] =
                co_await mailbox.async_pipeline(pop3::command::stat(), pop3::command::retr(1));
            CHECK(two->octets().size() == 300'002);
        }
    }

    std::size_t before = large_blocks();
    asio::io_context context{1};
    std::vector<std::unique_ptr<test::peer_of<Stream>>> peers;
    std::vector<mailbox_session> mailboxes;
};

} // namespace

TEST_SUITE_BEGIN("buffers");

TEST_CASE_TEMPLATE("sessions that do nothing, or wait, hold no buffer", Stream, pop3::cleartext_stream,
                   pop3::tls_stream)
{
    {
        fixture<Stream> f;
        test::run(f.context, [&] { return f.use_all(); });
        CHECK(large_blocks() <= f.before + 2 * spares);
        // Some for the first octet of a reply, some for the rest of one.
        for (std::size_t i = 0; i != sessions; ++i) {
            const auto ended = [](std::error_code ec, const auto&) {
                CHECK(ec == asio::error::operation_aborted);
            };
            if (i % 6 == 0)
                f.mailboxes[i].async_noop(ended);
            else
                f.mailboxes[i].async_retr(2, [](std::span<const char>) {}, ended);
        }
        f.context.restart();
        f.context.run_for(std::chrono::milliseconds(50));
        CHECK(large_blocks() <= f.before + 2 * spares);
        f.mailboxes.clear();
        test::run(f.context);
        CHECK(large_blocks() <= f.before + 2 * spares);
    }
}

TEST_CASE("a message that is being read holds one, and gives it back")
{
    const auto before = test::live_bulk.load();
    fixture<pop3::cleartext_stream> f;
    using receiving_session = pop3::session<pop3::receiving, pop3::cleartext_stream>;
    std::vector<receiving_session> bodies;
    test::run(f.context, [&]() -> asio::awaitable<void> {
        co_await f.use_all();
        std::array<char, 10> piece;
        for (auto& mailbox : f.mailboxes) {
            bodies.push_back(co_await std::move(mailbox).async_receive(1));
            (void)co_await bodies.back().async_read_some(asio::buffer(piece));
        }
    });
    // It must keep what it has read.
    CHECK(test::live_bulk.load() >= before + sessions);
    CHECK(test::live_bulk.load() <= before + sessions + spares);
    test::run(f.context, [&]() -> asio::awaitable<void> {
        for (auto& body : bodies) {
            const auto mailbox = co_await std::move(body).async_finish();
            CHECK(mailbox.is_open());
        }
    });
    CHECK(test::live_bulk.load() <= before + spares);
}

TEST_CASE_TEMPLATE("what a session that does nothing takes", Stream, pop3::cleartext_stream, pop3::tls_stream)
{
    fixture<Stream> f;
    std::size_t first = 0;
    test::run(f.context, [&]() -> asio::awaitable<void> {
        f.mailboxes.reserve(sessions);
        for (auto& peer : f.peers) {
            f.mailboxes.push_back(co_await test::log_in_to<Stream>(*peer));
            auto& mailbox = f.mailboxes.back();
            co_await mailbox.async_retr(1, [](std::span<const char>) {});
            if (f.mailboxes.size() == 2)
                first = test::live_octets;
        }
    });
    // With what Asio needs for a socket.
    const auto each = (test::live_octets - first) / (sessions - 2);
    MESSAGE("octets of a session that does nothing: " << each);
    CHECK(each < 4096);
}

TEST_SUITE_END();
