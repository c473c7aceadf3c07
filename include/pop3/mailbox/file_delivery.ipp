// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_delivery.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstring>
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

POP3_DECL std::string make_temporary_name()
{
    static std::atomic<unsigned> count{0};
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    std::string name = std::to_string(microseconds / 1'000'000);
    name.append(".M").append(std::to_string(microseconds % 1'000'000));
    name.append("P").append(std::to_string(::getpid()));
    name.append("Q").append(std::to_string(count++)).append(".pop3");
    return name;
}

POP3_DECL std::string digest_of_name(const arriving_message& m, std::string_view digest)
{
    const auto add = [](octets_digest& to, std::string_view text) {
        const auto size = std::to_string(text.size()) + ':';
        to.add(size);
        to.add({text.data(), text.size()});
    };
    octets_digest d;
    d.begin();
    add(d, m.account);
    add(d, m.key.unique_id.empty() ? digest : m.key.unique_id);
    add(d, std::to_string(m.key.ordinal));
    add(d, m.headers ? "headers" : "");
    return d.end();
}

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
    files_.remove(m.temporary, ignored);
}

POP3_DECL void file_delivery::begin(const arriving_message& m, std::error_code& ec)
{
    discard();
    ec.clear();
    if (!prepared_) {
        prepare(ec);
        if (ec)
            return;
        prepared_ = true;
        clean_up();
    }
    arriving_ = std::make_unique<message>();
    arriving_->account = m.account;
    arriving_->unique_id = m.key.unique_id;
    arriving_->ordinal = m.key.ordinal;
    arriving_->headers = m.headers;
    buffer_.clear();
    held_cr_ = false;
    digest_.begin();
}

/// Removes what an ended process has left, when nobody can be at it any more.
POP3_DECL void file_delivery::clean_up()
{
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const long long long_ago = (now - std::chrono::hours(36)).time_since_epoch().count();
    std::error_code ignored;
    for (const auto& name : files_.list(written_in(), ignored)) {
        long long seconds = 0;
        const auto end = std::from_chars(name.data(), name.data() + name.size(), seconds).ptr;
        const std::string_view rest(end, static_cast<std::size_t>(name.data() + name.size() - end));
        if (rest.starts_with(".M") && rest.ends_with(".pop3") && seconds < long_ago)
            files_.remove(written_in() + '/' + name, ignored);
    }
}

POP3_DECL void file_delivery::write(std::span<const char> piece, std::error_code& ec)
{
    constexpr std::size_t enough = 65536;
    ec.clear();
    if (arriving_->unique_id.empty())
        digest_.add(piece);
    std::string_view rest(piece.data(), piece.size());
    if (!unix_lines_) {
        buffer_.append(rest);
    } else {
        // Of CRLF only LF is kept; a CR alone stays.
        if (held_cr_ && !rest.empty() && rest[0] != '\n')
            buffer_ += '\r';
        held_cr_ = held_cr_ && rest.empty();
        while (!rest.empty()) {
            const auto* const cr = static_cast<const char*>(std::memchr(rest.data(), '\r', rest.size()));
            if (cr == nullptr) {
                buffer_.append(rest);
                break;
            }
            const auto before = static_cast<std::size_t>(cr - rest.data());
            buffer_.append(rest.substr(0, before));
            rest.remove_prefix(before + 1);
            if (rest.empty())
                held_cr_ = true;
            else if (rest[0] != '\n')
                buffer_ += '\r';
        }
    }
    if (buffer_.size() >= enough)
        flush(ec);
}

POP3_DECL void file_delivery::open(std::error_code& ec)
{
    arriving_->temporary = written_in() + '/' + detail::make_temporary_name();
    arriving_->file = detail::open(files_, arriving_->temporary, file_system::access::create, ec);
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
    if (held_cr_)
        buffer_ += '\r';
    held_cr_ = false;
    flush(ec);
    if (ec)
        return;
    if (arriving_->unique_id.empty())
        arriving_->digest = digest_.end();
    ended_.push_back(std::move(*arriving_));
    arriving_.reset();
    if (++unsynced_ <= most_unsynced)
        return;
    for (auto& oldest : ended_)
        if (!oldest.synced)
            return sync(oldest, ec);
}

POP3_DECL void file_delivery::sync(message& m, std::error_code& ec)
{
    ec.clear();
    if (m.synced)
        return;
    detail::sync(*m.file, ec);
    if (ec)
        return;
    m.file.reset();
    m.synced = true;
    --unsynced_;
}

POP3_DECL void file_delivery::discard()
{
    if (arriving_ && arriving_->file)
        remove(*arriving_);
    arriving_.reset();
}

POP3_DECL std::vector<kept> file_delivery::commit(std::error_code& ec)
{
    ec.clear();
    auto batch = std::exchange(ended_, {});
    std::vector<kept> outcomes;
    for (auto& m : batch)
        if (!ec)
            sync(m, ec);
    unsynced_ = 0;
    for (auto& m : batch)
        if (!ec)
            outcomes.push_back(deliver(m, ec));
    if (!ec && !batch.empty())
        detail::sync_directory(files_, delivered_to(), ec);
    if (ec) {
        // Those that have their names stay: nobody relies on them, and they are found when they come again.
        for (auto& m : batch)
            if (!m.temporary.empty())
                remove(m);
        outcomes.clear();
    }
    return outcomes;
}

POP3_DECL kept file_delivery::deliver(message& m, std::error_code& ec)
{
    arriving_message about;
    about.account = m.account;
    about.key = {m.unique_id, m.ordinal};
    about.headers = m.headers;
    for (int version = 1;; ++version) {
        const auto name = this->name(about, m.digest, version);
        const auto there = find(name, ec);
        if (ec)
            return kept::no;
        if (there.empty()) {
            files_.rename(m.temporary, delivered_to() + '/' + name, ec);
            if (!ec)
                m.temporary.clear();
            return kept::yes;
        }
        if (same_octets(there, m.temporary, ec) && !ec) {
            remove(m);
            m.temporary.clear();
            return kept::already;
        }
        if (ec)
            return kept::no;
    }
}

/// Where a message of this name is; empty if there is none.
POP3_DECL std::string file_delivery::find(const std::string& name, std::error_code& ec)
{
    auto path = delivered_to() + '/' + name;
    const bool is_there = files_.size_of(path, ec).has_value();
    if (ec || is_there)
        return ec ? std::string() : path;
    return find_moved(name, ec);
}

POP3_DECL std::string file_delivery::find_moved(const std::string& name, std::error_code& ec)
{
    if (moved_to().empty())
        return {};
    // What a reader moves while this runs was delivered in this run, or is the one case in which a message comes twice.
    if (!looked_) {
        for (const auto& entry : files_.list(moved_to(), ec))
            moved_.insert(entry.substr(0, entry.find(':')));
        if (ec)
            return {};
        looked_ = true;
    }
    if (!moved_.contains(name))
        return {};
    for (const auto& entry : files_.list(moved_to(), ec))
        if (std::string_view(entry).substr(0, entry.find(':')) == name)
            return moved_to() + '/' + entry;
    return {};
}

POP3_DECL bool file_delivery::same_octets(const std::string& a, const std::string& b, std::error_code& ec)
{
    const auto size = files_.size_of(a, ec);
    if (ec || size != files_.size_of(b, ec) || ec)
        return false;
    const auto first = detail::open(files_, a, file_system::access::read, ec);
    if (ec)
        return false;
    const auto second = detail::open(files_, b, file_system::access::read, ec);
    std::string of_first(65536, '\0');
    std::string of_second(65536, '\0');
    for (std::uint64_t at = 0; !ec;) {
        const auto n = detail::read_full(*first, at, of_first, ec);
        if (ec || detail::read_full(*second, at, of_second, ec) != n || of_first != of_second)
            break;
        if (n == 0)
            return !ec;
        at += n;
    }
    return false;
}

} // namespace pop3::detail
