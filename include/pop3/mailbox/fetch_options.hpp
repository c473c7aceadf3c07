// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/flow.hpp>
#include <pop3/mailbox/fetch_plan.hpp>
#include <pop3/mailbox/retry_terms.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pop3 {

/// How far a fetch has come.
struct fetch_progress {
    /// Of the account.
    std::string_view account;
    /// Messages that came, of those that are to be fetched.
    std::size_t messages = 0;
    std::size_t of_messages = 0;
    /// Octets that came, and the sum of the sizes as the server listed them: advice, no promise.
    std::uint64_t octets = 0;
    std::uint64_t of_octets = 0;
};

/// What can be chosen for a fetch.
struct fetch_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    fetch_options()
    {
    }

    /// What the seen store knows the account by. Empty means `user@host:port`, with the port left out if it is 110 or 995: the
    /// kind of security is no part of it, so that going from STLS to TLS does not fetch everything again.
    std::string account;
    /// What to do if nearly all unique-ids are new where nearly all were known.
    pop3::changed_ids changed_ids = pop3::changed_ids::automatic;
    /// How often the delivery of a message may fail, over all runs, before it is in quarantine.
    std::uint32_t attempts = 5;
    /// How long a message must be missing in the listings before it is forgotten.
    std::chrono::seconds forget_after = std::chrono::days(30);
    /// Messages of one listing: memory grows by about 100 octets for each.
    std::size_t listed_messages = 20'000'000;
    /// After so many messages, or octets, what came is committed and recorded.
    std::size_t batch_messages = 100;
    std::uint64_t batch_octets = 64u << 20;
    /// What one session fetches at most: messages, octets, time. The rest is left for the next one, which is that of the next run,
    /// if a session was given and no account.
    std::size_t session_messages = 100'000;
    std::uint64_t session_octets = 64ull << 30;
    std::chrono::seconds session_time = std::chrono::hours(4);
    /// Of a fetch of an account: how many sessions there may be, and how often one is tried again that failed.
    std::size_t sessions = 1'000;
    retry_terms retry;
    /// Of a fetch of an account: after a session that fetched something, another looks for more. For servers that list only a part of
    /// what there is (Gmail).
    bool look_again = false;
    /// While a delivery takes its time to commit (`commits_later`), NOOP is sent each time this has passed, or the server
    /// might end the session. (It must wait 10 minutes, RFC 1939, section 3; some wait for one.) 0: never.
    std::chrono::seconds keep_alive = std::chrono::seconds(45);
    /// Rows of the report for messages that are left on the server. What is over that is counted.
    std::size_t reported = 10'000;
    /// Is told of each message that came, on the executor of the session. Returns what it wants next: `flow::drain` ends the fetch
    /// in order, after what is on its way; `flow::close` ends it at once, and the session with it.
    std::function<flow(const fetch_progress&)> on_progress;
    /// What time it is; a test may set its own. Empty means the system's clock.
    std::function<std::chrono::sys_seconds()> clock;

    /// By that clock.
    std::chrono::sys_seconds time() const
    {
        return clock ? clock() : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }
};

} // namespace pop3
