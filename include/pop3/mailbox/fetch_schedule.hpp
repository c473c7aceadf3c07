// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_all_options.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pop3::detail {

/// Which of many fetches is begun next: so many at a time, so many on one host, one on an account. One that waits for its server
/// makes room for another, so that silent servers slow nobody but those who want mail of them: when it has waited for clearly
/// longer than the others that came to speak, it is put aside; when there are too many of those, those that have waited longest are
/// put back, and begin again when all others have. Without I/O, and without a clock.
class fetch_schedule {
public:
    using id = std::size_t;
    using time_point = std::chrono::steady_clock::time_point;

    explicit fetch_schedule(const fetch_all_options& options) noexcept : options_(options)
    {
    }

    /// Whether it can do with another one. (It looks ahead, since the next one's host may be busy.)
    bool wants_more() const noexcept;

    /// There is another one. at: its host.
    void add(id which, std::string account, std::string at);

    struct start {
        id which = 0;
        /// It is not to be begun at all: its host has failed too often.
        bool give_up = false;

        friend bool operator==(const start&, const start&) = default;
    };

    /// The next one that is to begin now, if there is one.
    std::optional<start> next(time_point now);

    /// When there is none: one that is to be stopped, to make room, and is told of by `was_put_back` when it has ended.
    std::optional<id> put_back(time_point now);

    /// It has logged in: the server speaks.
    void speaks(id which, time_point now);

    /// It waits for its server: it connects, or will try again.
    void waits(id which, time_point now);

    /// It is over. reached: whether it has ever logged in, or was refused.
    void ended(id which, bool reached);

    /// Of one that has ended: whether it was put back. It will begin again then, and is waiting.
    bool was_put_back(id which);

    /// After so long one is put aside.
    std::chrono::steady_clock::duration patience() const noexcept;

    /// Those that have not begun will not begin.
    std::vector<id> drop_waiting();

    std::size_t running() const noexcept
    {
        return running_.size();
    }

    bool empty() const noexcept
    {
        return running_.empty() && !has_waiting();
    }

    /// Whether some wait for a place, so that `next` should be asked again when time has passed.
    bool has_waiting() const noexcept
    {
        return !waiting_.empty() || !later_.empty();
    }

private:
    using duration = std::chrono::steady_clock::duration;

    struct entry {
        id which = 0;
        std::string account;
        std::string host;
        std::optional<time_point> waits_since;
        bool connects = true; // for the first time
        bool spoke = false;
        bool leaves = false; // is put back
        bool again = false;  // was put back before
    };

    struct host {
        std::size_t running = 0;
        unsigned failed = 0; // in a row
    };

    bool is_full() const noexcept;
    bool has_room(time_point now) const noexcept;
    bool has_failed(const host& h) const noexcept;
    bool may_begin(const entry& e) const;
    std::optional<start> next_of(std::list<entry>& all, bool room, time_point now);
    entry take_running(id which);

    fetch_all_options options_;
    std::list<entry> waiting_;
    std::list<entry> later_; // that were put back
    std::unordered_map<id, entry> running_;
    std::unordered_set<std::string> accounts_;    // that are running
    std::unordered_map<std::string, host> hosts_; // that have some, or failed
    // How long it takes until one speaks, and how far from that it is, smoothed as for the retransmission of TCP (RFC 6298).
    std::optional<duration> usual_;
    duration deviation_{};
    bool some_failed_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_schedule.ipp>
#endif
