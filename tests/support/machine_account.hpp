// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/fetched_account.hpp"
#include "support/machine_stream.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace test {

/// Opens sessions with the machine of an account. What a test wants to happen to each of them, it does in `on_open`.
class machine_account {
public:
    using session_type = fetched_account::mailbox;

    struct state {
        explicit state(fetched_account& f) : of(f)
        {
        }

        fetched_account& of;
        std::function<void(std::size_t session)> before;
        std::function<void(std::size_t session, test::wire&)> on_open;
        std::vector<pop3::pipelining> opened;
        std::vector<std::error_code> fails; // so begins the list of what becomes of them
        std::chrono::milliseconds takes{0}; // to log in
        std::function<bool()> holds;        // keeps silent as long as this says so
        bool deaf = false;                  // to a cancellation
        bool at_once = false;               // fails before it returns
    };

    explicit machine_account(std::shared_ptr<state> s, std::string name = "alice@machine")
        : state_(std::move(s)), name_(std::move(name))
    {
    }

    std::string name() const
    {
        return name_;
    }

    template <class Handler>
    void async_open(const asio::any_io_executor& executor, pop3::pipelining how, Handler handler) const
    {
        auto& s = *state_;
        const auto n = s.opened.size();
        s.opened.push_back(how);
        const auto fails = n < s.fails.size() ? s.fails[n] : std::error_code();
        if (fails && s.at_once)
            return std::move(handler)(fails, pop3::reply<session_type>());
        const auto slot =
            s.deaf ? asio::cancellation_slot() : asio::get_associated_cancellation_slot(handler);
        asio::co_spawn(
            executor,
            [&s, how, n, fails]() -> asio::awaitable<session_type> {
                while (s.holds && s.holds()) {
                    asio::steady_timer pause(co_await asio::this_coro::executor,
                                             std::chrono::milliseconds(5));
                    co_await pause.async_wait(asio::use_awaitable);
                }
                if (s.takes.count() != 0) {
                    asio::steady_timer pause(co_await asio::this_coro::executor, s.takes);
                    co_await pause.async_wait(asio::use_awaitable);
                }
                if (fails)
                    throw std::system_error(fails);
                if (s.before)
                    s.before(n);
                pop3::connect_options options;
                options.pipelining = how;
                s.of.wire = std::make_shared<test::wire>(s.of.server);
                const auto here = co_await asio::this_coro::executor;
                auto greeted = co_await pop3::async_greet(machine_stream(here, s.of.wire), options);
                const pop3::password alice("alice", "secret");
                auto session = co_await std::move(greeted).async_login(alice);
                if (s.on_open)
                    s.on_open(n, *s.of.wire);
                co_return session;
            },
            asio::bind_cancellation_slot(slot, [h = std::make_shared<Handler>(std::move(handler))](
                                                   std::exception_ptr e, session_type session) {
                if (!e)
                    return std::move(*h)(std::error_code(), pop3::reply<session_type>(std::move(session)));
                try {
                    std::rethrow_exception(e);
                } catch (const std::system_error& error) {
                    std::move (*h)(error.code(), pop3::reply<session_type>());
                } catch (const pop3::refused& error) {
                    std::move (*h)(std::error_code(), pop3::reply<session_type>(error.refusal()));
                }
            }));
    }

private:
    std::shared_ptr<state> state_;
    std::string name_;
};

} // namespace test
