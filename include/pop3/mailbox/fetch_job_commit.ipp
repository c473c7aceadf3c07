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

} // namespace pop3::detail
