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
    if (file_ && size_ != committed_)
        cut(committed_);
    close();
}

POP3_DECL void mbox::open(std::error_code& ec)
{
    is_new_ = !files_.size_of(path_, ec);
    if (!ec)
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
    constexpr std::string_view ours = "pop3 mbox\n";
    if (!file_->lock(ec)) {
        if (!ec)
            ec = fetch_errc::mailbox_locked;
        return;
    }
    const auto name = path_ + ".lock";
    auto dot = detail::open(files_, name, file_system::access::create, ec);
    if (!ec) {
        has_dot_lock_ = true;
        return detail::write_all(*dot, ours, ec);
    }
    if (ec != std::errc::file_exists)
        return;
    // One of ours whose other lock is free is of a process that ended.
    dot = detail::open(files_, name, file_system::access::read, ec);
    std::string begin(ours.size(), '\0');
    const auto n = ec ? 0 : detail::read_full(*dot, 0, begin, ec);
    if (!ec && begin.substr(0, n) != ours)
        ec = fetch_errc::mailbox_locked;
    has_dot_lock_ = !ec;
}

/// Whether it is one, and where it ends.
POP3_DECL void mbox::look(std::error_code& ec)
{
    committed_ = whole_ = size_ = file_->size(ec);
    if (ec || size_ == 0)
        return;
    std::string begin(5, '\0');
    if (detail::read_full(*file_, 0, begin, ec) != begin.size() || begin != "From ") {
        if (!ec)
            ec = fetch_errc::not_a_mailbox;
        return;
    }
    std::string end(2, '\0');
    detail::read_full(*file_, size_ - end.size(), end, ec);
    if (end[1] != '\n')
        add("\n");
    if (end != "\n\n")
        add("\n");
}

POP3_DECL void mbox::begin(const arriving_message&, std::error_code& ec)
{
    discard();
    ec.clear();
    if (!file_)
        open(ec);
    if (ec)
        return;
    arriving_ = true;
    at_begin_ = true;
    quoted_ = false;
    matched_ = 0;
    held_cr_ = false;
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
    ec.clear();
    for (std::string_view rest(piece.data(), piece.size()); !rest.empty();) {
        if (held_cr_) {
            held_cr_ = false;
            if (rest[0] != '\n')
                put("\r");
            continue;
        }
        const auto end = rest.find('\r');
        put(rest.substr(0, end));
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        held_cr_ = end != rest.npos;
    }
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
    if (held_cr_)
        put("\r");
    held_cr_ = false;
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
    ec.clear();
    detail::write_all(*file_, buffer_, ec);
    buffer_.clear();
}

POP3_DECL void mbox::discard()
{
    if (!std::exchange(arriving_, false))
        return;
    buffer_.clear();
    cut(whole_);
}

/// If the disk does not do even that, the next one that opens it finds half of a message.
POP3_DECL void mbox::cut(std::uint64_t size)
{
    std::error_code ignored;
    file_->truncate(size, ignored);
    size_ = whole_ = size;
}

POP3_DECL std::vector<kept> mbox::commit(std::error_code& ec)
{
    ec.clear();
    const auto count = std::exchange(ended_, 0);
    if (!file_)
        return std::vector<kept>(count, kept::yes);
    flush(ec);
    if (!ec)
        detail::sync(*file_, ec);
    if (!ec && is_new_)
        detail::sync_directory(files_, detail::directory_of(path_), ec);
    if (ec)
        cut(committed_);
    close();
    return std::vector<kept>(ec ? 0 : count, kept::yes);
}

POP3_DECL void mbox::close()
{
    file_.reset();
    buffer_.clear();
    if (!std::exchange(has_dot_lock_, false))
        return;
    std::error_code ignored;
    files_.remove(path_ + ".lock", ignored);
}

} // namespace pop3
