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

// A macro of Qt.
#pragma push_macro("emit")
#undef emit

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
    // One that ends at once comes back here: it must not be a call in a call for each of many accounts.
    if (goes_on_)
        return;
    goes_on_ = true;
    struct guard {
        ~guard()
        {
            flag = false;
        }
        bool& flag;
    };
    const guard g{goes_on_};
    for (;;) {
        fill();
        const auto now = clock::now();
        if (const auto next = schedule_.next(now)) {
            if (next->give_up)
                give_up(next->which, fetch_errc::host_given_up);
            else
                start(next->which);
        } else if (const auto which = schedule_.put_back(now)) {
            put_back(*which);
        } else {
            break;
        }
    }
    if (done())
        timer_->expires_at((clock::time_point::min)());
    else if (schedule_.has_waiting())
        timer_->expires_after(
            (std::max)(schedule_.patience() / 4, clock::duration(std::chrono::milliseconds(10))));
    else
        timer_->expires_after(std::chrono::hours(24));
}

POP3_DECL void fetch_crowd::start(fetch_schedule::id which)
{
    auto& m = members_.at(which);
    m.stop = std::make_shared<asio::cancellation_signal>();
    const auto self = shared_from_this();
    auto watch = [self, which](fetch_phase phase) {
        const auto now = std::chrono::steady_clock::now();
        if (phase == fetch_phase::speaks)
            self->schedule_.speaks(which, now);
        else
            self->schedule_.waits(which, now);
    };
    auto done = [self, which](std::error_code, fetch_report report) {
        self->ended(which, std::move(report));
        self->go_on();
    };
    const auto fetch = m.fetch; // may end at once
    fetch->start(executor_, std::move(watch), m.stop->slot(), std::move(done));
}

POP3_DECL void fetch_crowd::put_back(fetch_schedule::id which)
{
    const auto stop = members_.at(which).stop;
    stop->emit(asio::cancellation_type::terminal);
}

POP3_DECL void fetch_crowd::ended(fetch_schedule::id which, fetch_report report)
{
    if (report.error == asio::error::operation_aborted && !error_ && schedule_.was_put_back(which))
        return;
    schedule_.ended(which, report.sessions != 0 || report.error == fetch_errc::login_refused);
    members_.erase(which);
    note(std::move(report));
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
    // Those that end at once leave the table.
    std::vector<std::shared_ptr<asio::cancellation_signal>> running;
    for (const auto& [which, m] : members_)
        running.push_back(m.stop);
    for (const auto& stop : running)
        stop->emit(asio::cancellation_type::terminal);
    go_on();
}

#pragma pop_macro("emit")

} // namespace pop3::detail
