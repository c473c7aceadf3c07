// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/seen_file.hpp>
#include <pop3/mailbox/seen_file_loader.ipp>
#include <pop3/mailbox/seen_line.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

/// Does it again as often as it is interrupted.
template <class Call>
void uninterrupted(std::error_code& ec, Call call)
{
    do
        call();
    while (ec == std::errc::interrupted);
}

} // namespace detail

POP3_DECL seen_file::seen_file(std::string path, file_system& files) : path_(std::move(path)), files_(files)
{
}

POP3_DECL seen_file::~seen_file() = default;

POP3_DECL seen_index* seen_file::open(std::string_view account, std::error_code& ec)
{
    const std::scoped_lock guard(mutex_);
    ec.clear();
    // What has such an account could not be recorded: better to know before it is fetched.
    if (account.empty() || account.size() > detail::longest_seen_text)
        ec = std::make_error_code(std::errc::invalid_argument);
    else if (failed_)
        ec = fetch_errc::store_failed;
    else if (!file_)
        open_file(ec);
    if (ec)
        return nullptr;
    auto& index = index_of(account);
    if (!index.in_use)
        index.tidy();
    return &index;
}

POP3_DECL seen_index& seen_file::index_of(std::string_view account)
{
    auto found = accounts_.find(account);
    if (found == accounts_.end())
        found = accounts_.emplace(std::string(account), std::make_unique<seen_index>()).first;
    return *found->second;
}

POP3_DECL void seen_file::apply(const seen_record& record)
{
    index_of(record.account).apply(record);
}

POP3_DECL void seen_file::open_file(std::error_code& ec)
{
    if (!lock_) {
        auto lock = detail::open(files_, path_ + ".lock", file_system::access::lock, ec);
        if (ec)
            return;
        bool is_ours = false;
        detail::uninterrupted(ec, [&] { is_ours = lock->lock(ec); });
        if (!is_ours) {
            if (!ec)
                ec = fetch_errc::store_locked;
            return;
        }
        lock_ = std::move(lock);
    }
    accounts_.clear();
    extent_ = {};
    load(ec);
    if (ec)
        file_.reset();
}

POP3_DECL void seen_file::load(std::error_code& ec)
{
    const auto from = detail::open(files_, path_, file_system::access::read, ec);
    loader l(*this, from.get());
    if (ec == std::errc::no_such_file_or_directory)
        ec.clear();
    else if (!ec)
        l.load(ec);
    if (ec)
        return;
    if (l.is_new || l.damaged) {
        const auto copy = write_copy(ec);
        if (!ec && l.damaged)
            keep_damaged(ec);
        if (!ec)
            replace(copy, ec);
        return;
    }
    extent_.octets = l.good_end;
    file_ = detail::open(files_, path_, file_system::access::append, ec);
    // Dropped before anything is written behind it.
    if (!ec && l.size != l.good_end)
        detail::uninterrupted(ec, [&] { file_->truncate(l.good_end, ec); });
    // By whom it was written last may have ended before this.
    if (!ec)
        detail::sync(*file_, ec);
    if (!ec)
        detail::sync_directory(files_, detail::directory_of(path_), ec);
    if (ec || !is_worth_compacting())
        return;
    // If there is no room for a copy the long one will do.
    std::error_code no_copy;
    const auto copy = write_copy(no_copy);
    if (!no_copy)
        replace(copy, ec);
}

POP3_DECL bool seen_file::is_worth_compacting() const
{
    std::size_t live = 0;
    for (const auto& [name, index] : accounts_)
        live += index->size();
    return extent_.lines > 10'000 && extent_.lines / 4 > live;
}

/// Gives the damaged file a second name: there is a store under its own at each moment.
POP3_DECL void seen_file::keep_damaged(std::error_code& ec)
{
    std::string base = path_ + ".damaged-";
    detail::append_time(base, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    auto name = base;
    for (int i = 2;; ++i) {
        detail::uninterrupted(ec, [&] { files_.link(path_, name, ec); });
        if (ec && ec != std::errc::file_exists)
            copy_damaged(name, ec); // where files have one name
        if (ec != std::errc::file_exists)
            break;
        name = base + '-' + std::to_string(i);
    }
    if (!ec)
        detail::sync_directory(files_, detail::directory_of(path_), ec);
    if (!ec)
        salvaged_ = name;
}

POP3_DECL void seen_file::copy_damaged(const std::string& name, std::error_code& ec)
{
    const auto to = detail::open(files_, name, file_system::access::create, ec);
    if (ec)
        return;
    const auto from = detail::open(files_, path_, file_system::access::read, ec);
    std::string piece(65536, '\0');
    std::uint64_t at = 0;
    for (std::size_t n = 1; !ec && n != 0; at += n) {
        n = detail::read_some(*from, at, piece, ec);
        if (!ec)
            detail::write_all(*to, std::string_view(piece).substr(0, n), ec);
    }
    if (!ec)
        detail::sync(*to, ec);
    if (std::error_code ignored; ec)
        files_.remove(name, ignored); // or each run leaves one more
}

/// Writes what counts to a file beside it.
POP3_DECL seen_file::extent seen_file::write_copy(std::error_code& ec)
{
    const auto name = path_ + ".new";
    std::error_code ignored;
    detail::uninterrupted(ignored, [&] { files_.remove(name, ignored); }); // of a run that ended here
    const auto to = detail::open(files_, name, file_system::access::create, ec);
    if (ec)
        return {};
    const auto copy = write_all_to(*to, ec);
    if (!ec)
        detail::sync(*to, ec);
    if (ec)
        files_.remove(name, ignored); // the room it takes may be what is lacking
    return copy;
}

/// Puts that in its place. After an error nobody knows which of them is there.
POP3_DECL void seen_file::replace(extent copy, std::error_code& ec)
{
    file_.reset();
    detail::uninterrupted(ec, [&] { files_.rename(path_ + ".new", path_, ec); });
    if (!ec)
        detail::sync_directory(files_, detail::directory_of(path_), ec);
    if (!ec)
        file_ = detail::open(files_, path_, file_system::access::append, ec);
    extent_ = copy;
}

POP3_DECL seen_file::extent seen_file::write_all_to(file_system::file& to, std::error_code& ec)
{
    std::string text(detail::seen_header);
    extent written;
    const auto flush = [&](std::size_t most) {
        if (ec || text.size() <= most)
            return;
        detail::write_all(to, text, ec);
        written.octets += text.size();
        text.clear();
    };
    const auto write = [&](const seen_record& r) {
        detail::write_seen_line(r, text);
        ++written.lines;
        flush(1u << 20);
    };
    for (const auto& [name, index] : accounts_) {
        seen_record r;
        r.account = name;
        r.event = seen_event::unstable;
        if (index->unstable_octets())
            write(r);
        for (seen_index::slot_type slot = 0; slot != index->slot_count() && !ec; ++slot) {
            if (!index->holds(slot))
                continue;
            const auto& e = (*index)[slot];
            r.event = seen_event::state;
            r.state = e.state;
            r.key = index->key(slot);
            r.time = e.time;
            r.octets = e.octets;
            r.attempts = e.attempts;
            write(r);
            r.event = seen_event::absent;
            r.time = e.absent_since;
            if (e.absent_since != std::chrono::sys_seconds())
                write(r);
        }
    }
    flush(0);
    return written;
}

POP3_DECL void seen_file::append(std::span<const seen_record> records, std::error_code& ec)
{
    const std::scoped_lock guard(mutex_);
    ec.clear();
    if (failed_ || !file_)
        ec = fetch_errc::store_failed;
    std::string text;
    for (const auto& r : records) {
        if (!ec && !detail::is_seen_record(r))
            ec = std::make_error_code(std::errc::invalid_argument);
        if (ec)
            return;
        detail::write_seen_line(r, text);
    }
    if (ec || text.empty())
        return;
    detail::write_all(*file_, text, ec);
    if (!ec)
        detail::sync(*file_, ec);
    if (ec) {
        failed_ = true;
        // So that no half of a line is left for the next one, if the disk still does that much.
        std::error_code ignored;
        detail::uninterrupted(ignored, [&] { file_->truncate(extent_.octets, ignored); });
        return;
    }
    extent_.octets += text.size();
    extent_.lines += records.size();
    for (const auto& r : records)
        apply(r);
}

POP3_DECL void seen_file::compact(std::error_code& ec)
{
    const std::scoped_lock guard(mutex_);
    ec.clear();
    if (failed_)
        ec = fetch_errc::store_failed;
    else if (!file_)
        open_file(ec);
    if (ec)
        return;
    const auto copy = write_copy(ec);
    if (ec)
        return;
    replace(copy, ec);
    failed_ = static_cast<bool>(ec);
}

} // namespace pop3
