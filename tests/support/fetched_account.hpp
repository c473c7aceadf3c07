// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/machine_stream.hpp"
#include "support/pop3_machine.hpp"
#include "support/run.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/this_coro.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace test {

/// What a fetch completes with.
struct fetch_outcome {
    std::error_code ec;
    pop3::fetch_report report;
    bool done = false;
};

/// An account: its server, and what the client has of it.
struct fetched_account {
    using mailbox = pop3::session<pop3::transaction, machine_stream>;

    fetched_account()
    {
        server.maildrop = {{"a", "Subject: a\r\n\r\none\r\n", 0, 0},
                           {"b", "Subject: b\r\n\r\ntwo\r\n", 0, 0},
                           {"c", "Subject: c\r\n\r\nthree\r\n", 0, 0}};
        options.account = "alice";
        options.clock = [this] {
            return now;
        };
    }

    /// Connects and logs in.
    asio::awaitable<mailbox> log_in()
    {
        wire = std::make_shared<test::wire>(server);
        wire->machine.retrieved = 0;
        const auto executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_greet(machine_stream(executor, wire));
        const pop3::password alice("alice", "secret");
        co_return co_await std::move(greeted).async_login(alice);
    }

    template <class Store, class Delivery>
    fetch_outcome fetch(Store& store, Delivery& delivery, const pop3::fetch_policy& policy)
    {
        fetch_outcome o;
        test::run([&]() -> asio::awaitable<void> {
            auto session = co_await log_in();
            const auto executor = co_await asio::this_coro::executor;
            pop3::async_fetch(std::move(session), store, delivery, policy, options,
                              asio::bind_executor(executor, [&o](std::error_code ec, pop3::fetch_report r) {
                                  CHECK(ec == r.error);
                                  o = {ec, std::move(r), true};
                              }));
        });
        CHECK(o.done);
        return o;
    }

    fetch_outcome fetch(const pop3::fetch_policy& policy = pop3::keep_on_server())
    {
        pop3::maildir inbox("inbox", disk);
        return fetch(seen, inbox, policy);
    }

    std::size_t files()
    {
        return disk.files_in("inbox/new").size();
    }

    pop3_machine server;
    simulated_disk disk;
    pop3::seen_memory seen;
    pop3::fetch_options options;
    std::shared_ptr<test::wire> wire;
    std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};
};

} // namespace test
