// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_job.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

POP3_DECL const fetch_plan::wanted& fetch_job::wanted(item i) const noexcept
{
    return plan_.fetch[i];
}

POP3_DECL message_number fetch_job::number(item i) const noexcept
{
    return listing_.number(wanted(i).row);
}

POP3_DECL bool fetch_job::headers(item i) const noexcept
{
    return wanted(i).headers;
}

POP3_DECL bool fetch_job::wants_more()
{
    return !stopped_ && !commit_due_ && asked_ < plan_.fetch.size() && asked_ < options_.session_messages &&
           progress_.octets < options_.session_octets && now() - begun_ < options_.session_time;
}

POP3_DECL fetch_job::item fetch_job::next() const noexcept
{
    return asked_;
}

POP3_DECL void fetch_job::asked() noexcept
{
    ++asked_;
}

/// The delivery is told of it when its first octets are there, or when it turns out to have none.
POP3_DECL bool fetch_job::begin(item i)
{
    if (arriving_)
        return !message_error_;
    const auto row = wanted(i).row;
    arriving_ = true;
    message_octets_ = 0;
    message_error_.clear();
    arriving_message m;
    m.account = options_.account;
    m.key = key(row);
    m.number = listing_.number(row);
    m.octets = listing_.octets(row);
    m.headers = wanted(i).headers;
    if (m.key.unique_id.empty())
        digest_.begin();
    delivery_->begin(m, message_error_);
    return !message_error_;
}

POP3_DECL flow fetch_job::piece(item i, std::span<const char> octets)
{
    if (begin(i)) {
        delivery_->write(octets, message_error_);
        message_octets_ += octets.size();
        if (key(wanted(i).row).unique_id.empty())
            digest_.add(octets);
    }
    if (!message_error_)
        return flow::more;
    // The others need not come if it is not the fault of this one alone.
    if (is_its_own(message_error_))
        return flow::drain;
    fail(message_error_);
    return flow::close;
}

POP3_DECL bool fetch_job::is_its_own(std::error_code ec) noexcept
{
    return ec == fetch_errc::message_refused || ec == fetch_errc::message_rejected ||
           ec == std::errc::filename_too_long || ec == std::errc::file_too_large;
}

POP3_DECL flow fetch_job::answered(item i, const reply<delivery>& said)
{
    answered_ = i + 1;
    if (!said) {
        fail_message(i, skip_reason::refused, {}, said.error().text());
        return go_on();
    }
    if (begin(i) && said->complete) {
        pending p{i, message_octets_, {}};
        const bool nameless = key(wanted(i).row).unique_id.empty();
        if (nameless)
            p.digest = "sha256:" + digest_.end();
        if (nameless && index_->find({p.digest}) != seen_index::no_slot) {
            recognise(i, p.digest);
        } else {
            delivery_->end(message_error_);
            if (!message_error_) {
                arriving_ = false;
                pending_octets_ += message_octets_;
                pending_.push_back(std::move(p));
            }
        }
    }
    if (arriving_) {
        const auto why = std::exchange(message_error_, {});
        if (why && !is_its_own(why)) {
            forget_message();
            fail(why);
            return flow::close;
        }
        fail_message(i, why == fetch_errc::message_rejected ? skip_reason::quarantine : skip_reason::not_kept,
                     why, {});
    }
    progress_.octets += message_octets_;
    if (pending_.size() >= options_.batch_messages || pending_octets_ >= options_.batch_octets) {
        commit_due_ = delivery_->is_asynchronous();
        if (!commit_due_ && !commit())
            return flow::close;
    }
    return go_on();
}

/// Tells how far it is, and says what is wanted next.
POP3_DECL flow fetch_job::go_on()
{
    ++progress_.messages;
    if (options_.on_progress && !broken_) {
        progress_.account = options_.account;
        const auto wants = options_.on_progress(progress_);
        report_.stopped = report_.stopped || wants != flow::more;
        stopped_ = stopped_ || report_.stopped;
        broken_ = wants == flow::close;
    }
    return broken_ ? flow::close : stopped_ ? flow::drain : flow::more;
}

/// A message without a unique-id that had been delivered before: it had to come to be known, by its octets.
POP3_DECL void fetch_job::recognise(item i, const std::string& digest)
{
    forget_message();
    ++report_.fetched_again;
    const auto& w = wanted(i);
    const auto& entry = (*index_)[index_->find({digest})];
    // No listing has it, but it is not missing.
    auto r = make_record(w.row, {digest}, w.then_delete ? seen_state::deletion : entry.state);
    r.time = entry.time;
    if ((entry.absent_since != std::chrono::sys_seconds() || entry.state != r.state) && !append({&r, 1}))
        return;
    if (w.then_delete)
        to_delete_.push_back(w.row);
}

POP3_DECL void fetch_job::forget_message()
{
    if (arriving_)
        delivery_->discard();
    arriving_ = false;
    message_error_.clear();
}

POP3_DECL void fetch_job::fail_message(item i, skip_reason why, std::error_code ec, std::string text)
{
    forget_message();
    const auto row = wanted(i).row;
    const auto k = key(row);
    const auto slot = k.unique_id.empty() ? seen_index::no_slot : index_->find(k);
    const auto attempts = (slot == seen_index::no_slot ? 0 : (*index_)[slot].attempts) + 1;
    const bool hopeless = why == skip_reason::quarantine || attempts >= options_.attempts;
    skip(row, hopeless ? skip_reason::quarantine : why, attempts, ec, std::move(text));
    // A message that was delivered before, and is looked at again, stays delivered; one without a name cannot be remembered.
    if (k.unique_id.empty() || wanted(i).changed)
        return;
    auto r = make_record(row, k, hopeless ? seen_state::quarantine : seen_state::skipped);
    r.attempts = attempts;
    append({&r, 1});
}

POP3_DECL void fetch_job::skip(row_type row, skip_reason why, std::uint32_t attempts, std::error_code ec,
                               std::string text)
{
    ++report_.left;
    if (report_.skipped.size() >= options_.reported)
        return;
    report_.skipped.push_back({listing_.number(row), std::string(key(row).unique_id), listing_.octets(row),
                               why, attempts, ec, std::move(text)});
}

} // namespace pop3::detail
