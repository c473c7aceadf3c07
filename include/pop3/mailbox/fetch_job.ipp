// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_job.hpp>

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
