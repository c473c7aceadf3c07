// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_job.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

POP3_DECL fetch_job::fetch_job(std::shared_ptr<any_seen_store> store,
                               std::shared_ptr<any_mail_delivery> delivery, const fetch_policy& policy,
                               fetch_options options)
    : store_(std::move(store)), delivery_(std::move(delivery)), policy_(policy), options_(std::move(options))
{
    report_.account = options_.account;
    report_.sessions = 1;
    begun_ = now();
}

POP3_DECL fetch_job::~fetch_job()
{
    if (arriving_)
        delivery_->discard();
    if (index_ != nullptr)
        index_->in_use = false;
}

POP3_DECL std::chrono::sys_seconds fetch_job::now() const
{
    return options_.time();
}

// ---- Before anything is sent

POP3_DECL std::error_code fetch_job::open()
{
    std::error_code ec;
    if (!policy_.valid()) {
        ec = fetch_errc::invalid_policy;
    } else if (options_.account.empty()) {
        ec = errc::invalid_argument;
    } else {
        auto* const index = store_->open(options_.account, ec);
        report_.damaged_store = store_->salvaged();
        if (!ec && index == nullptr)
            ec = fetch_errc::store_failed;
        if (!ec && index->in_use)
            ec = fetch_errc::account_in_use;
        if (!ec) {
            index_ = index;
            index_->in_use = true;
        }
    }
    if (ec) {
        fail(ec);
        broken_ = false; // of the store, and not of the session
    }
    return ec;
}

// ---- The listing

POP3_DECL flow fetch_job::list(const listing_line<unique_id_view>& line)
{
    if (listing_.size() >= options_.listed_messages) {
        fail(fetch_errc::listed_messages_limit);
        return flow::close;
    }
    if (line.entry) {
        listing_.add(line.entry->number, line.entry->unique_id);
        return flow::more;
    }
    ++report_.unreadable_lines;
    if (line.number)
        listing_.add(*line.number, {});
    return flow::more;
}

POP3_DECL flow fetch_job::list(const listing_line<scan_listing>& line)
{
    if (line.entry) {
        listing_.set_octets(line.entry->number, line.entry->octets);
        if (listing_.size() > options_.listed_messages) {
            fail(fetch_errc::listed_messages_limit);
            return flow::close;
        }
        return flow::more;
    }
    ++report_.unreadable_lines;
    if (line.number)
        listing_.set_octets(*line.number, unknown_octets);
    return flow::more;
}

POP3_DECL bool fetch_job::listed(const reply<listing_delivery>& unique_ids,
                                 const reply<listing_delivery>& sizes)
{
    if (!unique_ids) {
        report_.refused = unique_ids.error();
        // Without unique-ids, that each is new is true only if none stays, and none was known by one before.
        if (policy_.deletes() != fetch_policy::deletion::at_once || !sizes || knows_unique_ids()) {
            report_.error = fetch_errc::no_unique_ids;
            return false;
        }
    }
    listing_.finish();
    report_.listed = listing_.size();
    report_.doubled_numbers = listing_.doubled_numbers();

    fetch_terms terms;
    terms.account = options_.account;
    terms.now = now();
    terms.changed = options_.changed_ids;
    terms.attempts = options_.attempts;
    terms.run_began = run_began_;
    terms.forget_after = options_.forget_after;
    plan_ = make_fetch_plan(listing_, *index_, policy_, terms);
    report_.unique_ids_changed = plan_.ids_changed;
    report_.delivered_before = plan_.delivered_before;
    report_.changed_sizes = plan_.tolerated_sizes;
    if (plan_.stop) {
        report_.error = fetch_errc::unique_ids_changed;
        return false;
    }
    for (const auto& left : plan_.skipped) {
        const auto slot = index_->find(key(left.row));
        skip(left.row, left.why, slot == seen_index::no_slot ? 0 : (*index_)[slot].attempts);
    }
    for (const auto& w : plan_.fetch)
        if (const auto octets = listing_.octets(w.row); octets != unknown_octets && !w.headers)
            progress_.of_octets += octets;
    progress_.of_messages = plan_.fetch.size();
    // What the store cannot take is a reason not to go on, before anything is fetched.
    return append(plan_.records);
}

POP3_DECL bool fetch_job::knows_unique_ids() const
{
    for (seen_index::slot_type slot = 0; slot != index_->slot_count(); ++slot)
        if (index_->holds(slot) && !index_->key(slot).unique_id.starts_with("sha256:"))
            return true;
    return false;
}

POP3_DECL seen_key fetch_job::key(row_type row) const noexcept
{
    return listing_.key(row);
}

// ---- The messages

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

POP3_DECL bool fetch_job::must_wait_for_commit()
{
    forget_message();
    return delivery_->is_asynchronous() && !pending_.empty();
}

POP3_DECL void fetch_job::begin_commit(commit_callback done)
{
    committing_ = std::exchange(pending_, {});
    pending_octets_ = 0;
    delivery_->async_commit(std::move(done));
}

POP3_DECL void fetch_job::committed(std::error_code ec, std::span<const kept> outcomes)
{
    commit_due_ = false;
    record_batch(ec, outcomes);
}

POP3_DECL void fetch_job::settle()
{
    forget_message();
    commit();
    for (; answered_ < plan_.fetch.size(); ++answered_)
        skip(wanted(answered_).row, skip_reason::later);
    report_.unasked = plan_.fetch.size() - asked_;
}

/// Makes durable what was delivered, and then the record of it.
POP3_DECL bool fetch_job::commit()
{
    if (pending_.empty())
        return !disk_failed_;
    committing_ = std::exchange(pending_, {});
    pending_octets_ = 0;
    std::error_code ec;
    const auto outcomes = delivery_->commit(ec);
    return record_batch(ec, outcomes);
}

POP3_DECL bool fetch_job::record_batch(std::error_code ec, std::span<const kept> outcomes)
{
    const auto batch = std::exchange(committing_, {});
    if (!ec && outcomes.size() != batch.size())
        ec = errc::invalid_argument;
    if (ec) {
        fail(ec);
        disk_failed_ = true;
        return false;
    }
    std::vector<seen_record> records;
    records.reserve(batch.size());
    for (std::size_t n = 0; n != batch.size(); ++n) {
        const auto& b = batch[n];
        const auto k = b.digest.empty() ? key(wanted(b.which).row) : seen_key{b.digest};
        record(b.which, outcomes[n], k, records);
    }
    if (!append(records))
        return false;
    for (std::size_t n = 0; n != batch.size(); ++n) {
        const auto& w = wanted(batch[n].which);
        if (outcomes[n] == kept::no || outcomes[n] == kept::never)
            continue;
        if (outcomes[n] == kept::already) {
            ++report_.fetched_again;
        } else {
            ++report_.fetched;
            report_.octets += batch[n].octets;
        }
        if (w.then_delete)
            to_delete_.push_back(w.row);
    }
    return true;
}

POP3_DECL void fetch_job::record(item i, kept outcome, seen_key k, std::vector<seen_record>& records)
{
    const auto& w = wanted(i);
    if (outcome == kept::no || outcome == kept::never) {
        const auto slot = index_->find(k);
        const auto attempts = (slot == seen_index::no_slot ? 0 : (*index_)[slot].attempts) + 1;
        const bool hopeless = outcome == kept::never || attempts >= options_.attempts;
        skip(w.row, hopeless ? skip_reason::quarantine : skip_reason::not_kept, attempts);
        auto r = make_record(w.row, k, hopeless ? seen_state::quarantine : seen_state::skipped);
        r.attempts = attempts;
        if (!w.changed)
            records.push_back(r);
        return;
    }
    // The same octets as before, and another size: the server's sizes are not to be relied on.
    if (outcome == kept::already && w.changed) {
        seen_record r;
        r.event = seen_event::unstable;
        r.account = options_.account;
        r.time = now();
        records.push_back(r);
    }
    const auto state = w.headers       ? seen_state::headers
                       : w.then_delete ? seen_state::deletion
                                       : seen_state::delivered;
    records.push_back(make_record(w.row, k, state));
}

POP3_DECL seen_record fetch_job::make_record(row_type row, seen_key k, seen_state state) const
{
    seen_record r;
    r.state = state;
    r.account = options_.account;
    r.key = k;
    r.time = now();
    r.octets = listing_.octets(row);
    return r;
}

POP3_DECL bool fetch_job::append(std::span<const seen_record> records)
{
    if (disk_failed_)
        return false;
    std::error_code ec;
    if (!records.empty())
        store_->append(records, ec);
    if (!ec)
        return true;
    fail(ec);
    disk_failed_ = true;
    return false;
}

// ---- The deletions

POP3_DECL std::vector<message_number> fetch_job::deletions()
{
    std::vector<message_number> numbers;
    if (report_.error)
        return numbers;
    std::vector<seen_record> records;
    for (const auto row : plan_.remove) {
        const auto slot = index_->find(key(row));
        if (slot == seen_index::no_slot)
            continue;
        auto r = make_record(row, key(row), seen_state::deletion);
        r.time = (*index_)[slot].time;
        r.octets = (*index_)[slot].octets;
        if ((*index_)[slot].state != seen_state::deletion)
            records.push_back(r);
        to_delete_.push_back(row);
    }
    if (!append(records))
        return numbers;
    numbers.reserve(to_delete_.size());
    for (const auto row : to_delete_)
        numbers.push_back(listing_.number(row));
    return numbers;
}

POP3_DECL void fetch_job::deleted(std::size_t index, const reply<void>& said)
{
    if (said) {
        marked_.push_back(to_delete_[index]);
    } else {
        ++report_.undeletable;
        report_.refused = said.error();
    }
}

// ---- The end

POP3_DECL void fetch_job::ended(pop3::deletions outcome, const refusal& why)
{
    report_.outcome = outcome;
    if (outcome == pop3::deletions::partly_failed)
        report_.refused = why;
    if (outcome != pop3::deletions::committed || marked_.empty())
        return;
    report_.deleted = marked_.size();
    std::vector<seen_record> records;
    for (const auto row : marked_) {
        auto r = make_record(row, key(row), seen_state::delivered);
        r.event = seen_event::gone;
        if (!r.key.unique_id.empty())
            records.push_back(r);
    }
    append(records);
}

POP3_DECL void fetch_job::fail(std::error_code ec)
{
    if (!report_.error)
        report_.error = ec;
    stopped_ = true;
    broken_ = true;
}

POP3_DECL bool fetch_job::must_close() const noexcept
{
    return broken_;
}

POP3_DECL fetch_report fetch_job::take_report()
{
    report_.wanted_deletions = to_delete_.size() - report_.deleted;
    return std::move(report_);
}

} // namespace pop3::detail
