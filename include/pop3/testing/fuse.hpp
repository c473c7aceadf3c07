// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>

#include <asio/error.hpp>

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace pop3::testing {

/// Runs a dialogue again and again. In the first run its first step fails, in the second its second, and so on, until it has
/// come to its end without a failure. So a test sees what its program does when anything breaks, without a list of what can.
///
///     pop3::testing::fuse fuse;
///     fuse.run([&] {
///         pop3::testing::server_options served({alice});
///         served.fuse = &fuse;                       // a step is each command that the server hears, and the greeting
///         const pop3::testing::background_server server(served);
///         CHECK(program_under_test(server.port()) == 2); // it tries again, so it never shows
///     });
///
/// A `script` counts each read and write of its stream. A test may count steps of its own, such as those of a database:
/// `if (auto ec = fuse.step()) return ec;`.
///
/// One step fails in each run, and those behind it do not: what the program does next is seen too. Steps may be counted
/// from any thread.
class fuse {
public:
    /// failure: what fails with.
    explicit fuse(std::error_code failure = asio::error::connection_reset) : failure_(failure)
    {
    }

    fuse(const fuse&) = delete;
    fuse& operator=(const fuse&) = delete;

    /// Counts a step. The failure, if it is this one that shall fail, else no error.
    std::error_code step() noexcept
    {
        return steps_++ == at_ ? failure_ : std::error_code();
    }

    /// Which step fails in this run, from 0.
    std::size_t at() const noexcept
    {
        return at_;
    }

    /// Whether it has failed already.
    bool blown() const noexcept
    {
        return steps_ > at_;
    }

    /// Calls `dialogue()` or `dialogue(fuse)` until no step failed. What it throws ends the runs, and comes out of this.
    ///
    /// most: throws `std::runtime_error` after so many runs. A dialogue whose number of steps grows from run to run would
    /// never end.
    ///
    /// Returns how many steps the dialogue has: in so many runs one failed.
    template <class Dialogue>
    std::size_t run(Dialogue dialogue, std::size_t most = 10'000)
    {
        for (std::size_t at = 0; at != most; ++at) {
            at_ = at;
            steps_ = 0;
            if constexpr (std::is_invocable_v<Dialogue&, fuse&>)
                dialogue(*this);
            else
                dialogue();
            if (!blown())
                return at;
        }
        throw std::runtime_error("a step failed in each of " + std::to_string(most) + " runs");
    }

private:
    std::error_code failure_;
    std::atomic<std::size_t> at_ = static_cast<std::size_t>(-1);
    std::atomic<std::size_t> steps_ = 0;
};

} // namespace pop3::testing
