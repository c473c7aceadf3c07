// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_schedule.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pop3::detail {

/// So many that cannot begin are kept.
inline constexpr std::size_t most_waiting = 1'000;

POP3_DECL bool fetch_schedule::wants_more() const noexcept
{
    return waiting_.size() < most_waiting;
}

POP3_DECL void fetch_schedule::add(id which, std::string account, std::string at)
{
    waiting_.push_back({which, std::move(account), std::move(at), {}});
}

POP3_DECL bool fetch_schedule::has_room(time_point now) const noexcept
{
    std::size_t aside = 0;
    for (const auto& [which, e] : running_)
        aside += e.waits_since && now - *e.waits_since >= options_.patience;
    return running_.size() - aside < options_.accounts &&
           running_.size() < options_.accounts + options_.put_aside;
}

POP3_DECL bool fetch_schedule::has_failed(const host& h) const noexcept
{
    return options_.host_failures != 0 && h.failed >= options_.host_failures;
}

POP3_DECL std::optional<fetch_schedule::start> fetch_schedule::next(time_point now)
{
    const bool room = has_room(now);
    if (!room && !some_failed_)
        return {};
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
        auto& h = hosts_[at->host];
        const auto which = at->which;
        if (has_failed(h)) {
            waiting_.erase(at);
            return start{which, true};
        }
        if (!room || h.running >= options_.per_host || accounts_.contains(at->account))
            continue;
        ++h.running;
        accounts_.insert(at->account);
        at->waits_since = now;
        running_.emplace(which, std::move(*at));
        waiting_.erase(at);
        return start{which, false};
    }
    return {};
}

POP3_DECL void fetch_schedule::speaks(id which)
{
    auto& e = running_.at(which);
    e.waits_since.reset();
    hosts_[e.host].failed = 0;
}

POP3_DECL void fetch_schedule::waits(id which, time_point now)
{
    running_.at(which).waits_since = now;
}

POP3_DECL void fetch_schedule::ended(id which, bool reached)
{
    const auto at = running_.find(which);
    auto& h = hosts_[at->second.host];
    --h.running;
    h.failed = reached ? 0 : h.failed + 1;
    some_failed_ = some_failed_ || has_failed(h);
    accounts_.erase(at->second.account);
    running_.erase(at);
}

POP3_DECL std::vector<fetch_schedule::id> fetch_schedule::drop_waiting()
{
    std::vector<id> dropped;
    for (const auto& e : waiting_)
        dropped.push_back(e.which);
    waiting_.clear();
    return dropped;
}

} // namespace pop3::detail
