// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/retry_terms.hpp>
#include <pop3/pipelining.hpp>
#include <pop3/refusal.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace pop3::detail {

/// Decides after each session of a fetch whether there is another one, and when.
class fetch_course {
public:
    struct step {
        bool again = false;
        std::chrono::milliseconds after{0};

        friend bool operator==(const step&, const step&) = default;
    };

    /// sessions: how many there may be. look_again: after one that fetched something, another looks for more.
    fetch_course(const retry_terms& terms, std::size_t sessions, bool look_again) noexcept
        : terms_(terms), sessions_left_(sessions), look_again_(look_again)
    {
    }

    // random: any 32 bits.

    /// There was none: it could not be made.
    step failed(std::error_code ec, std::uint32_t random) noexcept;

    /// There was none: the server did not want it.
    step refused(const refusal& why, std::uint32_t random) noexcept;

    /// There was one.
    step ended(const fetch_report& of_session, std::uint32_t random) noexcept;

    /// How the next one sends its commands.
    pop3::pipelining pipelining() const noexcept
    {
        return pipelining_;
    }

private:
    step wait(std::chrono::milliseconds at_least, std::uint32_t random) noexcept;

    retry_terms terms_;
    std::size_t sessions_left_;
    unsigned tried_ = 0;
    bool look_again_;
    pop3::pipelining pipelining_ = pop3::pipelining::automatic;
};

/// Whether what failed may go well another time, as it is with networks.
bool may_pass(std::error_code ec) noexcept;

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_course.ipp>
#endif
