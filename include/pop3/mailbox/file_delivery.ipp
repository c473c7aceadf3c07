// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_delivery.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <unistd.h>

namespace pop3::detail {

/// Files that are open, and not synced, at one time. A file is not closed before it was synced: nobody would hear that it could
/// not be written.
inline constexpr std::size_t most_unsynced = 32;

// ---- Names

POP3_DECL std::string make_temporary_name(std::chrono::system_clock::time_point now)
{
    static std::atomic<unsigned> count{0};
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    std::string name;
    name.reserve(64);
    name.append(std::to_string(since / 1'000'000));
    name.append(".M").append(std::to_string(since % 1'000'000));
    name.append("P").append(std::to_string(::getpid()));
    name.append("Q").append(std::to_string(count++)).append(".pop3");
    return name;
}

POP3_DECL bool is_stale_name(std::string_view name, std::chrono::system_clock::time_point now) noexcept
{
    // As the Maildir standard has it.
    constexpr std::chrono::hours age(36);
    std::int64_t seconds = 0;
    const auto take_number = [&](std::string_view before, std::int64_t& number) {
        if (!name.starts_with(before))
            return false;
        name.remove_prefix(before.size());
        const auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), number);
        name.remove_prefix(static_cast<std::size_t>(end - name.data()));
        return ec == std::errc() && number >= 0;
    };
    std::int64_t any = 0;
    if (!take_number("", seconds) || !take_number(".M", any) || !take_number("P", any) ||
        !take_number("Q", any) || name != ".pop3")
        return false;
    const auto since = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
    return seconds < (since - age).count();
}

POP3_DECL std::string file_delivery::digest_of_name(const arriving_message& m, std::string_view digest)
{
    auto& d = digest_of_name_;
    // With its length, so that no two lists of texts are the same octets.
    const auto add = [&](std::string_view text) {
        d.add(std::to_string(text.size()) + ':');
        d.add(text);
    };
    // Of those without a unique-id nothing is known but their octets.
    const bool named = !m.key.unique_id.empty();
    d.begin();
    add(m.account);
    add(named ? m.key.unique_id : digest);
    add(named ? std::to_string(m.key.ordinal) : "");
    add(m.headers ? "headers" : "");
    return d.end();
}

// ---- A message comes

POP3_DECL file_delivery::~file_delivery()
{
    discard();
    for (auto& m : ended_)
        remove(m);
}

POP3_DECL void file_delivery::remove(message& m)
{
    m.file.reset();
    std::error_code ignored;
    if (!m.path.empty())
        detail::remove(files_, m.path, ignored);
    m.path.clear();
}

POP3_DECL void file_delivery::begin(const arriving_message& m, std::error_code& ec)
{
    discard();
    ec = failed_;
    if (!ec && !prepared_) {
        prepare(ec);
        prepared_ = !ec;
        if (prepared_)
            remove_stale();
    }
    if (!ec && ended_.size() - synced_ == most_unsynced)
        sync(ec);
    if (ec)
        return;
    arriving_ = std::make_unique<message>();
    auto& a = *arriving_;
    a.account = m.account;
    a.unique_id = m.key.unique_id;
    a.ordinal = m.key.ordinal;
    a.headers = m.headers;
    buffer_.clear();
    lf_.begin();
    if (a.unique_id.empty())
        digest_.begin();
}

/// None if one is; that nobody said so is an error of the program.
POP3_DECL std::error_code file_delivery::is_arriving() const noexcept
{
    return arriving_ ? std::error_code() : std::make_error_code(std::errc::invalid_argument);
}

/// What runs that were cut off have left. If that does not go well, it is left for the next run.
POP3_DECL void file_delivery::remove_stale()
{
    std::error_code ignored;
    const auto now = std::chrono::system_clock::now();
    for (const auto& name : detail::list(files_, written_in(), ignored))
        if (is_stale_name(name, now))
            detail::remove(files_, written_in() + '/' + name, ignored);
}

POP3_DECL void file_delivery::write(std::span<const char> piece, std::error_code& ec)
{
    constexpr std::size_t enough = 65536;
    ec = is_arriving();
    if (ec)
        return;
    if (arriving_->unique_id.empty())
        digest_.add(piece);
    const std::string_view octets(piece.data(), piece.size());
    if (ends_ == line_ends::crlf)
        buffer_.append(octets);
    else
        lf_.add(octets, buffer_);
    if (buffer_.size() >= enough)
        flush(ec);
}

POP3_DECL void file_delivery::open(std::error_code& ec)
{
    do {
        arriving_->path = written_in() + '/' + detail::make_temporary_name(std::chrono::system_clock::now());
        arriving_->file = detail::open(files_, arriving_->path, file_system::access::create, ec);
    } while (ec == std::errc::file_exists);
    if (ec)
        arriving_->path.clear();
}

POP3_DECL void file_delivery::flush(std::error_code& ec)
{
    ec.clear();
    if (!arriving_->file)
        open(ec);
    if (!ec)
        detail::write_all(*arriving_->file, buffer_, ec);
    buffer_.clear();
}

POP3_DECL void file_delivery::end(std::error_code& ec)
{
    ec = is_arriving();
    if (ec)
        return;
    lf_.end(buffer_);
    if (arriving_->unique_id.empty()) {
        arriving_->digest = digest_.end();
        if (arriving_->digest.empty()) {
            ec = std::make_error_code(std::errc::not_enough_memory);
            return;
        }
    }
    if (!buffer_.empty() || !arriving_->file)
        flush(ec);
    if (ec)
        return;
    arriving_->file->start_sync();
    ended_.push_back(std::move(*arriving_));
    arriving_.reset();
}

POP3_DECL void file_delivery::discard()
{
    if (arriving_)
        remove(*arriving_);
    arriving_.reset();
}

// ---- Messages are delivered

/// All that has ended. After an error another try would say that all is well: the system forgets what it could not write.
POP3_DECL void file_delivery::sync(std::error_code& ec)
{
    ec = failed_;
    for (; !ec && synced_ != ended_.size(); ++synced_) {
        detail::sync(*ended_[synced_].file, ec);
        ended_[synced_].file.reset();
    }
    failed_ = ec;
}

POP3_DECL std::vector<kept> file_delivery::commit(std::error_code& ec)
{
    std::vector<kept> outcomes;
    sync(ec);
    if (!ec)
        outcomes = deliver(ec);
    if (ec) {
        // Those that have their names, too: if a directory could not be synced, nobody can tell what is in it on the disk,
        // and the next sync of it would say that all is well.
        outcomes.clear();
        for (auto& m : ended_)
            remove(m);
    }
    ended_.clear();
    synced_ = 0;
    failed_.clear();
    moved_.forget();
    return outcomes;
}

POP3_DECL std::vector<kept> file_delivery::deliver(std::error_code& ec)
{
    std::vector<kept> outcomes;
    outcomes.reserve(ended_.size());
    found_moved_ = false;
    for (auto& m : ended_) {
        outcomes.push_back(deliver(m, ec));
        if (ec)
            return outcomes;
    }
    // The name of one that was there before may not be on the disk, either.
    if (!ended_.empty())
        detail::sync_directory(files_, delivered_to(), ec);
    if (!ec && found_moved_)
        detail::sync_directory(files_, moved_to(), ec);
    return outcomes;
}

POP3_DECL kept file_delivery::deliver(message& m, std::error_code& ec)
{
    arriving_message about;
    about.account = m.account;
    about.key = {m.unique_id, m.ordinal};
    about.headers = m.headers;
    int missed = 0;
    for (int version = 1;;) {
        const auto name = this->name(about, m.digest, version);
        if (name.empty())
            ec = std::make_error_code(std::errc::not_enough_memory);
        auto there = ec ? std::string() : find(name, ec);
        if (!ec && there.empty()) {
            there = delivered_to() + '/' + name;
            detail::rename_new(files_, m.path, there, ec);
            if (!ec) {
                m.path = there;
                moved_.add(name);
                return kept::yes;
            }
            if (ec == std::errc::file_exists)
                ec.clear();
        }
        const auto is = ec ? found::other : compare(there, m, ec);
        if (ec)
            return kept::no;
        if (is == found::same) {
            found_moved_ = found_moved_ || detail::directory_of(there) != delivered_to();
            remove(m);
            return kept::already;
        }
        // A reader has moved it just now; or it is a link to nothing.
        if (is == found::gone && ++missed < 3)
            moved_.forget();
        else
            ++version;
    }
}

/// Where a file of this name is, if it is known to be there.
POP3_DECL std::string file_delivery::find(const std::string& name, std::error_code& ec)
{
    if (moved_to().empty())
        return {};
    return moved_.find(name, delivered_to(), moved_to(), ec);
}

POP3_DECL file_delivery::found file_delivery::compare(const std::string& there, const message& m,
                                                      std::error_code& ec)
{
    const auto old = detail::open(files_, there, file_system::access::read, ec);
    if (ec == std::errc::no_such_file_or_directory) {
        ec.clear();
        return found::gone;
    }
    if (ec)
        return found::other;
    const auto arrived = detail::open(files_, m.path, file_system::access::read, ec);
    if (ec || !same_octets(*old, *arrived, ec))
        return found::other;
    // It was synced when it was delivered; but since then it may have been copied.
    detail::sync(*old, ec);
    return found::same;
}

POP3_DECL bool file_delivery::same_octets(file_system::file& a, file_system::file& b, std::error_code& ec)
{
    const auto size = a.size(ec);
    if (ec || b.size(ec) != size || ec)
        return false;
    std::string of_a(static_cast<std::size_t>((std::min<std::uint64_t>)(size, 65536)), '\0');
    std::string of_b(of_a);
    for (std::uint64_t at = 0; at < size;) {
        const auto n = detail::read_full(a, at, of_a, ec);
        if (ec || detail::read_full(b, at, of_b, ec) != n || ec || of_a != of_b)
            return false;
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

} // namespace pop3::detail
