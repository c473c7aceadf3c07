// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>

namespace pop3 {

/// How often, and after how long, a fetch of an account tries again what may pass: a failed or lost connection, [IN-USE],
/// [SYS/TEMP], [LOGIN-DELAY]. (A login that is refused for any other reason is not tried again: it might lock the account.)
struct retry_terms {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    retry_terms()
    {
    }

    /// Tries in a row that come to nothing, the first one included. A session that fetched something begins a new row.
    unsigned tries = 4;
    /// The wait after the first of them; it doubles with each. Between half of it and all of it is waited, at random, so that those
    /// who failed together do not come back together.
    std::chrono::milliseconds first_wait = std::chrono::seconds(5);
    /// The longest wait. If the server wants to be left alone for longer ([LOGIN-DELAY]), the rest is left for the next run.
    std::chrono::milliseconds longest_wait = std::chrono::minutes(5);
};

} // namespace pop3
