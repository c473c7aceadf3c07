// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/mbox.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

/// The line that stands before each message: who sent it nobody asks here.
inline std::string mbox_separator(std::chrono::sys_seconds time)
{
    static constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    const auto padded = [](auto number, char with) {
        const auto digits = std::to_string(number);
        return std::string(digits.size() < 2 ? 1 : 0, with) + digits;
    };
    std::string line = "From MAILER-DAEMON ";
    line.append(weekdays[std::chrono::weekday(day).c_encoding()]).append(" ");
    line.append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
    line.append(padded(static_cast<unsigned>(date.day()), ' ')).append(" ");
    line.append(padded(clock.hours().count(), '0')).append(":");
    line.append(padded(clock.minutes().count(), '0')).append(":");
    line.append(padded(clock.seconds().count(), '0')).append(" ");
    return line.append(std::to_string(static_cast<int>(date.year()))).append("\n");
}

} // namespace detail

POP3_DECL mbox::mbox(std::string path, file_system& files) : path_(std::move(path)), files_(files)
{
}

POP3_DECL mbox::~mbox()
{
    discard();
    if (file_ && size_ != committed_)
        cut(committed_);
    close();
}

// ---- The file

POP3_DECL void mbox::open(std::error_code& ec)
{
    file_ = detail::open(files_, path_, file_system::access::append, ec);
    if (!ec)
        lock(ec);
    if (!ec)
        look(ec);
    if (ec)
        close();
}

POP3_DECL void mbox::lock(std::error_code& ec)
{
    if (!detail::lock(*file_, ec)) {
        if (!ec)
            ec = fetch_errc::mailbox_locked;
        return;
    }
    make_dot_lock(ec);
    if (ec)
        return;
    // Before it was locked, another program may have put another file in its place. Only that can still be locked.
    auto same = detail::open(files_, path_, file_system::access::append, ec);
    if (!ec && detail::lock(*same, ec))
        file_ = std::move(same);
}

/// Who has the other lock is the only one of this library here: one of ours that is there was left by a process that ended. It gets
/// its name when it is whole, and on the disk, or it could not be told from another program's.
POP3_DECL void mbox::make_dot_lock(std::error_code& ec)
{
    constexpr std::string_view ours = "pop3 mbox\n";
    const auto name = path_ + ".lock";
    const auto temporary = name + ".new";
    std::error_code ignored;
    detail::remove(files_, temporary, ignored);
    auto dot = detail::open(files_, temporary, file_system::access::create, ec);
    if (!ec)
        detail::write_all(*dot, ours, ec);
    if (!ec)
        detail::sync(*dot, ec);
    if (!ec)
        detail::rename_new(files_, temporary, name, ec);
    has_dot_lock_ = !ec;
    if (!ec)
        return;
    detail::remove(files_, temporary, ignored);
    if (ec != std::errc::file_exists)
        return;
    dot = detail::open(files_, name, file_system::access::read, ec);
    std::string text(ours.size() + 1, '\0');
    if (!ec)
        text.resize(detail::read_full(*dot, 0, text, ec));
    has_dot_lock_ = !ec && text == ours;
    if (!ec && !has_dot_lock_)
        ec = fetch_errc::mailbox_locked;
}

/// Whether it is one, and where it ends.
POP3_DECL void mbox::look(std::error_code& ec)
{
    gap_ = {};
    committed_ = whole_ = size_ = file_->size(ec);
    if (ec || size_ == 0)
        return;
    std::string begin(5, '\0');
    begin.resize(detail::read_full(*file_, 0, begin, ec));
    if (!ec && begin != "From ")
        ec = fetch_errc::not_a_mailbox;
    if (ec)
        return;
    std::string end(2, '\0');
    detail::read_full(*file_, size_ - end.size(), end, ec);
    gap_ = end == "\n\n" ? "" : end[1] == '\n' ? "\n" : "\n\n";
}

/// If the disk does not do even that, half of a message stays. What is written behind it may be taken for a part of it.
POP3_DECL void mbox::cut(std::uint64_t size)
{
    std::error_code ec;
    detail::truncate(*file_, size, ec);
    if (ec)
        failed_ = ec;
    size_ = whole_ = size;
}

/// The lock beside it goes first: who finds that, and has the other one, takes it over.
POP3_DECL void mbox::close()
{
    std::error_code ignored;
    if (std::exchange(has_dot_lock_, false))
        detail::remove(files_, path_ + ".lock", ignored);
    file_.reset();
    buffer_.clear();
    failed_.clear();
}

// ---- Messages

POP3_DECL void mbox::begin(const arriving_message&, std::error_code& ec)
{
    discard();
    ec = failed_;
    if (!ec && !file_)
        open(ec);
    if (ec)
        return;
    arriving_ = true;
    at_begin_ = true;
    quoted_ = false;
    written_ = false;
    matched_ = 0;
    lf_.begin();
    if (whole_ == committed_)
        add(gap_);
    add(detail::mbox_separator(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
}

POP3_DECL void mbox::add(std::string_view octets)
{
    buffer_.append(octets);
    size_ += octets.size();
}

POP3_DECL void mbox::write(std::span<const char> piece, std::error_code& ec)
{
    constexpr std::size_t enough = 65536;
    ec = arriving_ ? std::error_code() : std::make_error_code(std::errc::invalid_argument);
    if (ec)
        return;
    lines_.clear();
    lf_.add({piece.data(), piece.size()}, lines_);
    put(lines_);
    if (buffer_.size() >= enough)
        flush(ec);
}

/// Writes octets of a message, in lines that end in LF, and quotes those that look like the begin of one.
POP3_DECL void mbox::put(std::string_view octets)
{
    constexpr std::string_view from = "From ";
    while (!octets.empty()) {
        if (!at_begin_) {
            const auto end = octets.find('\n');
            const auto line = octets.substr(0, end == octets.npos ? end : end + 1);
            add(line);
            octets.remove_prefix(line.size());
            at_begin_ = end != octets.npos;
            quoted_ = false;
            continue;
        }
        const char c = octets[0];
        if (matched_ == 0 && c == '>') {
            add(">");
            quoted_ = true;
            octets.remove_prefix(1);
        } else if (c == from[matched_]) {
            octets.remove_prefix(1);
            if (++matched_ == from.size()) {
                add(">From ");
                leave_begin();
            }
        } else {
            add(from.substr(0, matched_));
            leave_begin();
        }
    }
}

POP3_DECL void mbox::leave_begin()
{
    at_begin_ = false;
    matched_ = 0;
}

POP3_DECL void mbox::end(std::error_code& ec)
{
    constexpr std::string_view from = "From ";
    ec = arriving_ ? std::error_code() : std::make_error_code(std::errc::invalid_argument);
    if (ec)
        return;
    lines_.clear();
    lf_.end(lines_);
    put(lines_);
    add(from.substr(0, matched_));
    const bool ends_line = at_begin_ && matched_ == 0 && !quoted_;
    add(ends_line ? "\n" : "\n\n");
    flush(ec);
    if (ec)
        return;
    arriving_ = false;
    whole_ = size_;
    ++ended_;
}

POP3_DECL void mbox::flush(std::error_code& ec)
{
    written_ = true;
    detail::write_all(*file_, buffer_, ec);
    buffer_.clear();
}

POP3_DECL void mbox::discard()
{
    if (!std::exchange(arriving_, false))
        return;
    buffer_.clear();
    size_ = whole_;
    if (written_)
        cut(whole_);
    // Nobody may ask for a commit of nothing.
    if (ended_ == 0)
        close();
}

POP3_DECL std::vector<kept> mbox::commit(std::error_code& ec)
{
    discard();
    ec = failed_;
    const auto count = std::exchange(ended_, 0);
    if (!file_)
        return {};
    if (!ec)
        detail::sync(*file_, ec);
    // Whoever made the file may not have done it.
    if (!ec)
        detail::sync_directory(files_, detail::directory_of(path_), ec);
    if (ec)
        cut(committed_);
    close();
    return std::vector<kept>(ec ? 0 : count, kept::yes);
}

} // namespace pop3
