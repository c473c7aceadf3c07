// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_crowd.hpp>

#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

POP3_DECL fetch_crowd::fetch_crowd(const asio::any_io_executor& executor, source next,
                                   fetch_all_options options)
    : executor_(executor), next_(std::move(next)), options_(std::move(options)), schedule_(options_),
      timer_(std::make_shared<asio::steady_timer>(executor))
{
}

POP3_DECL void fetch_crowd::fill()
{
    while (!ended_ && schedule_.wants_more()) {
        std::optional<fetch_task> task;
        POP3_TRY
        {
            task = next_();
        }
        POP3_CATCH(...)
        {
            begin_no_more(errc::function_threw);
            return;
        }
        if (!task) {
            ended_ = true;
            return;
        }
        const auto which = count_++;
        auto& m = members_[which];
        m.fetch = std::move(task->fetch_);
        schedule_.add(which, m.fetch->account, m.fetch->host);
    }
}

POP3_DECL void fetch_crowd::go_on()
{
    using clock = std::chrono::steady_clock;
    for (;;) {
        fill();
        const auto next = schedule_.next(clock::now());
        if (!next)
            break;
        if (next->give_up)
            give_up(next->which, fetch_errc::host_given_up);
        else
            start(next->which);
    }
    if (done())
        timer_->expires_at((clock::time_point::min)());
    else if (schedule_.has_waiting())
        timer_->expires_after((std::max)(options_.patience, std::chrono::milliseconds(10)) / 4);
    else
        timer_->expires_after(std::chrono::hours(24));
}

POP3_DECL void fetch_crowd::start(fetch_schedule::id which)
{
    auto& m = members_.at(which);
    // What it owns goes with its operation.
    auto fetch = std::move(m.fetch);
    const auto self = shared_from_this();
    auto watch = [self, which](fetch_phase phase) {
        if (phase == fetch_phase::speaks)
            self->schedule_.speaks(which);
        else
            self->schedule_.waits(which, std::chrono::steady_clock::now());
    };
    auto done = [self, which](std::error_code, fetch_report report) {
        self->schedule_.ended(which, report.sessions != 0 || report.error == fetch_errc::login_refused);
        self->members_.erase(which);
        self->note(std::move(report));
        self->go_on();
    };
    fetch->start(executor_, std::move(watch), m.stop.slot(), std::move(done));
}

POP3_DECL void fetch_crowd::give_up(fetch_schedule::id which, std::error_code why)
{
    fetch_report report;
    report.account = members_.at(which).fetch->account;
    report.error = why;
    members_.erase(which);
    note(std::move(report));
}

POP3_DECL void fetch_crowd::note(fetch_report r)
{
    ++summary_.accounts;
    summary_.failed += static_cast<bool>(r.error);
    summary_.fetched += r.fetched;
    summary_.octets += r.octets;
    summary_.deleted += r.deleted;
    summary_.left += r.left;
    if (options_.on_report) {
        POP3_TRY
        {
            options_.on_report(r);
        }
        POP3_CATCH(...)
        {
            begin_no_more(errc::function_threw);
        }
    }
    const bool quiet =
        !r.error && r.left == 0 && !r.unique_ids_changed && r.damaged_store.empty() && !r.one_by_one;
    if (!quiet && summary_.problems.size() < options_.reported)
        summary_.problems.push_back(std::move(r));
}

POP3_DECL void fetch_crowd::begin_no_more(std::error_code why)
{
    error_ = why;
    ended_ = true;
    for (const auto which : schedule_.drop_waiting())
        members_.erase(which);
}

POP3_DECL void fetch_crowd::cancel()
{
    begin_no_more(asio::error::operation_aborted);
    // One that ends at once is no longer among them.
    std::vector<fetch_schedule::id> running;
    for (const auto& [which, m] : members_)
        running.push_back(which);
    for (const auto which : running)
        if (const auto at = members_.find(which); at != members_.end())
            at->second.stop.emit(asio::cancellation_type::terminal);
    go_on();
}

} // namespace pop3::detail
