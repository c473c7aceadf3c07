// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_report.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace pop3 {

POP3_DECL void fetch_report::add(fetch_report last)
{
    auto first = std::exchange(*this, std::move(last));
    account = first.account;
    sessions += first.sessions;
    fetched += first.fetched;
    octets += first.octets;
    fetched_again += first.fetched_again;
    deleted += first.deleted;
    unique_ids_changed = unique_ids_changed || first.unique_ids_changed;
    one_by_one = one_by_one || first.one_by_one;
    doubled_numbers = (std::max)(doubled_numbers, first.doubled_numbers);
    unreadable_lines = (std::max)(unreadable_lines, first.unreadable_lines);
    changed_sizes += first.changed_sizes;
    if (damaged_store.empty())
        damaged_store = first.damaged_store;
    if (first.sessions == 0)
        return;
    listed = (std::max)(listed, first.listed);
    delivered_before = first.delivered_before;
    // What failed was not tried again, so only the first one knows why.
    std::unordered_map<std::string_view, skipped_message*> failed;
    for (auto& s : first.skipped)
        if (!s.unique_id.empty() && s.why != skip_reason::later)
            failed.emplace(s.unique_id, &s);
    for (auto& s : skipped)
        if (const auto was = failed.find(s.unique_id); was != failed.end() && !s.error && s.text.empty()) {
            s.why = was->second->why;
            s.error = was->second->error;
            s.text = std::move(was->second->text);
        }
}

} // namespace pop3
