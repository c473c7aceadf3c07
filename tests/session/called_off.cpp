// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A sink or a reply handler that destroys its session, or cancels its operation, is not called again.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;

/// A mailbox over a script in which everything stands in one read.
struct fixture {
    explicit fixture(std::string_view sent, std::string_view said) : talk(test::logged_in_ahead())
    {
        talk->client(sent).server(said);
        test::run(context, [this]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    }

    /// Is called by a sink.
    void call_off()
    {
        ++called;
        if (by_signal)
            signal.emit(asio::cancellation_type::terminal);
        else
            mailbox.reset();
    }

    auto done()
    {
        return asio::bind_cancellation_slot(signal.slot(),
                                            [this](std::error_code e, const auto&) { ec = e; });
    }

    std::shared_ptr<pop3::testing::script> talk;
    asio::io_context context{1};
    asio::cancellation_signal signal;
    std::optional<test::mailbox_session> mailbox;
    std::error_code ec;
    int called = 0;
    bool by_signal = false;
};

void check(std::string_view sent, std::string_view said, const std::function<void(fixture&)>& begin)
{
    for (const bool by_signal : {false, true}) {
        CAPTURE(by_signal);
        fixture f(sent, said);
        f.by_signal = by_signal;
        // From within the context, where the operation begins at once, and a signal is heard at once.
        asio::post(f.context, [&] { begin(f); });
        test::run(f.context);
        CHECK(f.called == 1);
        CHECK(f.ec == asio::error::operation_aborted);
        CHECK(f.talk->closed());
    }
}

const std::string message = "+OK\r\none\r\n..two\r\n..three\r\n..four\r\n.\r\n";

} // namespace

TEST_CASE("a sink for a message")
{
    check("RETR 1\r\n", message, [](fixture& f) {
        f.mailbox->async_retr(1, [&](std::span<const char>) { f.call_off(); }, f.done());
    });
}

TEST_CASE("a sink for a listing")
{
    std::string listing = "+OK\r\n";
    for (int i = 1; i != 100; ++i)
        listing += std::to_string(i) + " 100\r\n";
    check("LIST\r\n", listing + ".\r\n",
          [](fixture& f) { f.mailbox->async_list([&](pop3::scan_listing) { f.call_off(); }, f.done()); });
}

TEST_CASE("a reply handler of a pipeline")
{
    check("DELE 1\r\nDELE 2\r\nDELE 3\r\n", "+OK\r\n+OK\r\n+OK\r\n", [](fixture& f) {
        const std::vector three{command::dele(1), command::dele(2), command::dele(3)};
        f.mailbox->async_pipeline(
            three, [&](std::size_t, const pop3::reply<void>&) { f.call_off(); }, f.done());
    });
}

TEST_CASE("a sink in a pipeline")
{
    check("RETR 1\r\nRETR 2\r\n", message + message, [](fixture& f) {
        const auto sink = [&f](std::span<const char>) {
            f.call_off();
        };
        f.mailbox->async_pipeline(command::retr_to(1, sink), command::retr_to(2, sink), f.done());
    });
}

TEST_CASE("a sink in a pipeline of a range")
{
    check("RETR 1\r\nRETR 2\r\n", message + message, [](fixture& f) {
        const auto sink = [&f](std::span<const char>) {
            f.call_off();
        };
        const std::vector two{command::retr_to(1, sink), command::retr_to(2, sink)};
        f.mailbox->async_pipeline(
            two, [&](std::size_t, const pop3::reply<pop3::delivery>&) { f.call_off(); }, f.done());
    });
}
