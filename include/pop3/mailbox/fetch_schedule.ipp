// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_schedule.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
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
    auto& e = waiting_.emplace_back();
    e.which = which;
    e.account = std::move(account);
    e.host = std::move(at);
}

POP3_DECL std::chrono::steady_clock::duration fetch_schedule::patience() const noexcept
{
    const duration most = options_.patience;
    if (!usual_)
        return most;
    return (std::min)(most, (std::max)(duration(std::chrono::milliseconds(50)), *usual_ + 4 * deviation_));
}

POP3_DECL bool fetch_schedule::is_full() const noexcept
{
    return running_.size() >= options_.accounts + options_.put_aside;
}

POP3_DECL bool fetch_schedule::has_room(time_point now) const noexcept
{
    const auto since = now - patience();
    std::size_t aside = 0;
    for (const auto& [which, e] : running_)
        aside += e.waits_since && *e.waits_since <= since;
    return running_.size() - aside < options_.accounts && !is_full();
}

POP3_DECL bool fetch_schedule::has_failed(const host& h) const noexcept
{
    return options_.host_failures != 0 && h.failed >= options_.host_failures;
}

POP3_DECL bool fetch_schedule::may_begin(const entry& e) const
{
    const auto h = hosts_.find(e.host);
    return (h == hosts_.end() || h->second.running < options_.per_host) && !accounts_.contains(e.account);
}

POP3_DECL std::optional<fetch_schedule::start> fetch_schedule::next_of(std::list<entry>& all, bool room,
                                                                       time_point now)
{
    for (auto at = all.begin(); at != all.end(); ++at) {
        const auto which = at->which;
        if (const auto h = hosts_.find(at->host); h != hosts_.end() && has_failed(h->second)) {
            all.erase(at);
            return start{which, true};
        }
        if (!room || !may_begin(*at))
            continue;
        ++hosts_[at->host].running;
        accounts_.insert(at->account);
        at->waits_since = now;
        running_.emplace(which, std::move(*at));
        all.erase(at);
        return start{which, false};
    }
    return {};
}

POP3_DECL std::optional<fetch_schedule::start> fetch_schedule::next(time_point now)
{
    const bool room = has_room(now);
    if (!room && !some_failed_)
        return {};
    if (const auto found = next_of(waiting_, room, now))
        return found;
    // Those that were put back come when no other can, and leave room for others.
    const bool some_room = waiting_.empty() || running_.size() < options_.accounts + options_.put_aside / 2;
    return next_of(later_, room && some_room, now);
}

POP3_DECL std::optional<fetch_schedule::id> fetch_schedule::put_back(time_point now)
{
    if (!is_full() || later_.size() == most_waiting ||
        std::none_of(waiting_.begin(), waiting_.end(), [this](const auto& e) { return may_begin(e); }))
        return {};
    const auto since = now - patience();
    entry* longest = nullptr;
    std::size_t aside = 0;
    for (auto& [which, e] : running_) {
        if (e.leaves)
            return {}; // makes room soon
        if (!e.waits_since || *e.waits_since > since)
            continue;
        ++aside;
        if (!e.spoke && !e.again && (!longest || e.waits_since < longest->waits_since))
            longest = &e;
    }
    if (!longest || running_.size() - aside >= options_.accounts)
        return {};
    longest->leaves = true;
    return longest->which;
}

POP3_DECL void fetch_schedule::speaks(id which, time_point now)
{
    auto& e = running_.at(which);
    if (e.connects && e.waits_since) {
        const auto took = (std::min)(duration(options_.patience), now - *e.waits_since);
        deviation_ =
            usual_ ? deviation_ + ((std::max)(took - *usual_, *usual_ - took) - deviation_) / 4 : took / 2;
        usual_ = usual_ ? *usual_ + (took - *usual_) / 8 : took;
    }
    e.connects = false;
    e.spoke = true;
    e.waits_since.reset();
    hosts_[e.host].failed = 0;
}

POP3_DECL void fetch_schedule::waits(id which, time_point now)
{
    auto& e = running_.at(which);
    e.connects = false;
    if (!e.waits_since)
        e.waits_since = now;
}

POP3_DECL fetch_schedule::entry fetch_schedule::take_running(id which)
{
    const auto at = running_.find(which);
    auto e = std::move(at->second);
    running_.erase(at);
    accounts_.erase(e.account);
    --hosts_[e.host].running;
    return e;
}

POP3_DECL void fetch_schedule::ended(id which, bool reached)
{
    const auto e = take_running(which);
    const auto at = hosts_.find(e.host);
    auto& h = at->second;
    h.failed = reached ? 0 : h.failed + 1;
    some_failed_ = some_failed_ || has_failed(h);
    if (h.running == 0 && h.failed == 0)
        hosts_.erase(at);
}

POP3_DECL bool fetch_schedule::was_put_back(id which)
{
    if (!running_.at(which).leaves)
        return false;
    auto e = take_running(which);
    auto& again = later_.emplace_back();
    again.which = which;
    again.account = std::move(e.account);
    again.host = std::move(e.host);
    again.again = true;
    return true;
}

POP3_DECL std::vector<fetch_schedule::id> fetch_schedule::drop_waiting()
{
    std::vector<id> dropped;
    for (auto* const all : {&waiting_, &later_}) {
        for (const auto& e : *all)
            dropped.push_back(e.which);
        all->clear();
    }
    return dropped;
}

} // namespace pop3::detail
