// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_report.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace pop3 {

/// What can be chosen for a fetch of many accounts.
struct fetch_all_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    fetch_all_options()
    {
    }

    /// Accounts that are fetched at a time, and of those on one host.
    std::size_t accounts = 50;
    std::size_t per_host = 4;
    /// One that has waited so long for its server, to connect or to try again, makes room for another; it does so earlier if it waits for
    /// clearly longer than others did. So many may wait beside the `accounts`; a session is a descriptor and a few KiB. When there are
    /// more, those that have waited longest are stopped, each once, and begun again when no other account wants their place: silent
    /// servers do not keep those waiting that want mail of others.
    std::chrono::milliseconds patience = std::chrono::seconds(2);
    std::size_t put_aside = 500;
    /// When so many fetches in a row could not reach a host, the others of that host are left for the next run
    /// (`fetch_errc::host_given_up`). 0: never.
    unsigned host_failures = 5;
    /// Reports that are kept in `fetch_summary::problems`.
    std::size_t reported = 10'000;
    /// Is told of each account that has been fetched.
    std::function<void(const fetch_report&)> on_report;
};

/// What became of a fetch of many accounts.
struct fetch_summary {
    /// Accounts that were fetched, and those of them with an error.
    std::size_t accounts = 0;
    std::size_t failed = 0;
    /// Of all accounts: see `fetch_report`.
    std::size_t fetched = 0;
    std::uint64_t octets = 0;
    std::size_t deleted = 0;
    std::size_t left = 0;
    /// The reports with an error, with messages that are left, or with something that a person should know; the first
    /// `fetch_all_options::reported` of them.
    std::vector<fetch_report> problems;
};

} // namespace pop3
