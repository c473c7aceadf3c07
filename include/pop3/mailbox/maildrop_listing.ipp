// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/maildrop_listing.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace pop3 {

POP3_DECL void maildrop_listing::add(message_number number, std::string_view unique_id)
{
    message m;
    m.number = number.value();
    m.size = static_cast<std::uint32_t>(unique_id.size());
    if (!unique_id.empty()) {
        const auto hash = table_.hash(unique_id, 1);
        const auto first = table_.find(hash, [&](row_type row) { return key(row).unique_id == unique_id; });
        if (first == detail::slot_table::none) {
            m.unique_id = unique_ids_.keep(unique_id).data();
            table_.insert(hash, static_cast<row_type>(rows_.size()));
        } else {
            m.unique_id = rows_[first].unique_id;
            has_copies_ = true;
        }
    }
    rows_.push_back(m);
}

POP3_DECL void maildrop_listing::set_octets(message_number number, std::uint64_t octets)
{
    if (!sized_) {
        sized_ = true;
        order();
    }
    // As a rule LIST has the same messages as UIDL, in the same order.
    const auto n = number.value();
    if (at_ >= ordered_ || rows_[at_].number != n) {
        const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(ordered_);
        const auto found = std::lower_bound(rows_.begin(), end, n,
                                            [](const message& m, std::uint32_t v) { return m.number < v; });
        if (found == end || found->number != n) {
            message m;
            m.number = n;
            m.octets = octets;
            rows_.push_back(m);
            return;
        }
        at_ = static_cast<row_type>(found - rows_.begin());
    }
    auto& m = rows_[at_++];
    if (m.octets == unknown_octets)
        m.octets = octets;
    else
        ++doubled_;
}

POP3_DECL std::size_t maildrop_listing::size() const noexcept
{
    return rows_.size();
}

POP3_DECL void maildrop_listing::order()
{
    const auto by_number = [](const message& a, const message& b) {
        return a.number < b.number;
    };
    if (!std::is_sorted(rows_.begin(), rows_.end(), by_number))
        std::stable_sort(rows_.begin(), rows_.end(), by_number);
    const auto end = std::unique(rows_.begin(), rows_.end(),
                                 [](const message& a, const message& b) { return a.number == b.number; });
    doubled_ += static_cast<std::size_t>(rows_.end() - end);
    rows_.erase(end, rows_.end());
    ordered_ = rows_.size();
}

POP3_DECL void maildrop_listing::finish()
{
    order();
    table_ = {}; // rows have moved, and no more lines come
    if (has_copies_)
        count_copies();
}

POP3_DECL void maildrop_listing::count_copies()
{
    std::vector<std::pair<const char*, row_type>> named;
    for (row_type row = 0; row != rows_.size(); ++row)
        if (rows_[row].unique_id != nullptr)
            named.emplace_back(rows_[row].unique_id, row);
    std::sort(named.begin(), named.end());
    for (std::size_t begin = 0, end = 0; begin != named.size(); begin = end) {
        while (end != named.size() && named[end].first == named[begin].first)
            ++end;
        for (auto i = begin; i != end; ++i) {
            rows_[named[i].second].ordinal = static_cast<std::uint32_t>(i - begin + 1);
            rows_[named[i].second].copies = static_cast<std::uint32_t>(end - begin);
        }
    }
}

POP3_DECL message_number maildrop_listing::number(row_type row) const noexcept
{
    return rows_[row].number;
}

POP3_DECL std::uint64_t maildrop_listing::octets(row_type row) const noexcept
{
    return rows_[row].octets;
}

POP3_DECL seen_key maildrop_listing::key(row_type row) const noexcept
{
    const auto& m = rows_[row];
    return {std::string_view(m.unique_id, m.size), m.ordinal};
}

POP3_DECL std::uint32_t maildrop_listing::copies(row_type row) const noexcept
{
    return rows_[row].copies;
}

POP3_DECL std::size_t maildrop_listing::doubled_numbers() const noexcept
{
    return doubled_;
}

} // namespace pop3
