// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What takes long to compute does not keep the thread from others.

#include "support/run.hpp"
#include "support/scram_server.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

const pop3::password alice("alice", "tanstaaf");

/// Greets, and answers by SCRAM with so many iterations.
template <class Stream>
auto scram_with(std::uint32_t iterations)
{
    return [iterations](test::peer_stream_of<Stream>& stream) {
        test::server_end end(stream);
        test::scram_server server("tanstaaf", iterations);
        end.say("+OK ready\r\n");
        for (;;) {
            // A line may be empty, and so is the end.
            const auto line = end.line();
            if (!end.say(server.answer(line)))
                return;
            if (line.empty())
                return test::linger(stream);
        }
    };
}

/// What else there is to do in a thread: counts how often it has had its turn.
class busy {
public:
    explicit busy(asio::io_context& context) : context_(context)
    {
        asio::post(context_, [this] { turn(); });
    }

    std::size_t turns() const
    {
        return turns_;
    }

    void stop()
    {
        stopped_ = true;
    }

    /// Called each time.
    std::function<void()> then;

private:
    void turn()
    {
        ++turns_;
        if (then)
            then();
        if (!stopped_)
            asio::post(context_, [this] { turn(); });
    }

    asio::io_context& context_;
    std::size_t turns_ = 0;
    bool stopped_ = false;
};

/// When the challenge came, and when it was answered, by the turns of others.
struct times {
    std::size_t asked = 0;
    std::size_t answered = 0;
};

/// Logs in, watched. Stops `other` when that has ended.
template <class Stream, class Token>
asio::awaitable<std::error_code> log_in(const test::peer_of<Stream>& peer, pop3::connect_options options,
                                        busy& other, times& at, Token token)
{
    auto stream = co_await test::open_to<Stream>(peer);
    options.observer = [&](pop3::direction d, std::string_view line) {
        if (d == pop3::direction::received && line.starts_with("+ ") && at.asked == 0)
            at.asked = other.turns();
        if (d == pop3::direction::sent && line == "****" && at.answered == 0)
            at.answered = other.turns();
    };
    auto greeted = co_await pop3::async_greet(std::move(stream), options);
    std::error_code ec;
    try {
        auto reply = co_await std::move(greeted).async_login(alice, std::move(token));
        CHECK(reply.has_value());
        CHECK(std::move(*reply).login_mechanism().starts_with("SCRAM-SHA-256"));
    } catch (const std::system_error& e) {
        ec = e.code();
    }
    other.stop();
    co_return ec;
}

} // namespace

TEST_CASE_TEMPLATE("SCRAM: others have their turn in between", Stream, POP3_TEST_STREAMS)
{
    test::peer_of<Stream> peer(scram_with<Stream>(200'000));
    asio::io_context context(1);
    busy other(context);
    times at;
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto ec = co_await log_in<Stream>(peer, {}, other, at, asio::use_awaitable);
        CHECK_FALSE(ec);
    });
    REQUIRE(at.asked != 0);
    REQUIRE(at.answered != 0);
    CHECK(at.answered - at.asked >= 200'000 / 500 - 1);
}

TEST_CASE_TEMPLATE("SCRAM: can be cancelled while it computes", Stream, POP3_TEST_STREAMS)
{
    test::peer_of<Stream> peer(scram_with<Stream>(1'000'000));
    asio::io_context context(1);
    asio::cancellation_signal cancel;
    busy other(context);
    times at;
    std::size_t cancelled = 0;
    std::size_t ended = 0;
    other.then = [&] {
        if (cancelled != 0 || at.asked == 0 || other.turns() < at.asked + 10)
            return;
        cancelled = other.turns();
        cancel.emit(asio::cancellation_type::terminal);
    };
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto ec = co_await log_in<Stream>(
            peer, {}, other, at, asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
        ended = other.turns();
        CHECK(ec == asio::error::operation_aborted);
    });
    CHECK(at.answered == 0);
    REQUIRE(cancelled != 0);
    CHECK(ended - cancelled <= 5);
}

TEST_CASE_TEMPLATE("SCRAM: the deadline passes while it computes", Stream, POP3_TEST_STREAMS)
{
    // Minutes.
    constexpr std::uint32_t many = 4'000'000'000;
    test::peer_of<Stream> peer(scram_with<Stream>(many));
    pop3::connect_options options;
    options.limits.scram_max_iterations = many;
    options.limits.operation_time = std::chrono::milliseconds(200);
    asio::io_context context(1);
    busy other(context);
    times at;
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto ec = co_await log_in<Stream>(peer, options, other, at, asio::use_awaitable);
        CHECK(ec == pop3::errc::timed_out);
    });
    CHECK(at.asked != 0);
    CHECK(at.answered == 0);
}
