// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/crc32c.hpp>
#include <pop3/mailbox/seen_line.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

struct seen_word {
    std::string_view text;
    seen_event event;
    seen_state state;
};

inline constexpr std::array<seen_word, 8> seen_words{{
    {"delivered", seen_event::state, seen_state::delivered},
    {"deletion", seen_event::state, seen_state::deletion},
    {"skipped", seen_event::state, seen_state::skipped},
    {"quarantine", seen_event::state, seen_state::quarantine},
    {"headers", seen_event::state, seen_state::headers},
    {"gone", seen_event::gone, seen_state::delivered},
    {"absent", seen_event::absent, seen_state::delivered},
    {"unstable", seen_event::unstable, seen_state::delivered},
}};

inline std::string_view word_of(const seen_record& r) noexcept
{
    for (const auto& w : seen_words)
        if (w.event == r.event && (r.event != seen_event::state || w.state == r.state))
            return w.text;
    return {};
}

template <class Number>
void append_number(std::string& to, Number number)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    to.append(digits, end);
}

inline void append_padded(std::string& to, unsigned number, std::size_t width)
{
    to.append(width, '0');
    for (auto at = to.size(); number != 0 && width != 0; --width, number /= 10)
        to[--at] = static_cast<char>('0' + number % 10);
}

POP3_DECL void append_time(std::string& to, std::chrono::sys_seconds time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    append_padded(to, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    append_padded(to += '-', static_cast<unsigned>(date.month()), 2);
    append_padded(to += '-', static_cast<unsigned>(date.day()), 2);
    append_padded(to += 'T', static_cast<unsigned>(clock.hours().count()), 2);
    append_padded(to += ':', static_cast<unsigned>(clock.minutes().count()), 2);
    append_padded(to += ':', static_cast<unsigned>(clock.seconds().count()), 2);
    to += 'Z';
}

inline void append_text(std::string& to, std::string_view text)
{
    append_number(to, text.size());
    to.append(":").append(text);
}

inline void append_sum(std::string& to, std::uint32_t sum)
{
    for (int bits = 28; bits >= 0; bits -= 4)
        to += "0123456789abcdef"[(sum >> bits) & 15];
}

POP3_DECL void write_seen_line(const seen_record& r, std::string& to)
{
    const auto begin = to.size();
    to.append(word_of(r)).append(" ");
    append_time(to, r.time);
    append_text(to += ' ', r.account);
    append_text(to += ' ', r.key.unique_id);
    append_number(to += ' ', r.key.ordinal);
    to += ' ';
    if (r.octets == unknown_octets)
        to += '-';
    else
        append_number(to, r.octets);
    append_number(to += ' ', r.attempts);
    const auto sum = crc32c(std::string_view(to).substr(begin));
    append_sum(to += ' ', sum);
    to += '\n';
}

POP3_DECL bool is_seen_record(const seen_record& r) noexcept
{
    // As many digits as a year has.
    constexpr std::chrono::sys_seconds first = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
    constexpr std::chrono::sys_seconds end = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1);
    return !word_of(r).empty() && !r.account.empty() && r.account.size() <= longest_seen_text &&
           (!r.key.unique_id.empty() || r.event == seen_event::unstable) &&
           r.key.unique_id.size() <= longest_seen_text && r.time >= first && r.time < end;
}

/// Takes a line apart. After the first part that is not as it must be it says so for all that follow.
class seen_line_reader {
public:
    explicit seen_line_reader(std::string_view from) noexcept : all_(from), rest_(from)
    {
    }

    /// What is before the next `end`, which is skipped. most: how long it may be.
    std::string_view until(char end, std::size_t most)
    {
        const auto at = rest_.substr(0, most + 1).find(end);
        if (at == std::string_view::npos) {
            fail(rest_.size() > most);
            return {};
        }
        const auto part = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return part;
    }

    std::string_view octets(std::size_t size, char end)
    {
        if (rest_.size() <= size) {
            fail(false);
            return {};
        }
        const auto part = rest_.substr(0, size);
        if (rest_[size] != end)
            fail(true);
        else
            rest_.remove_prefix(size + 1);
        return part;
    }

    template <class Number>
    Number number(std::string_view digits)
    {
        Number value = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (ec != std::errc() || end != digits.data() + digits.size())
            fail(true);
        return value;
    }

    std::string_view text()
    {
        const auto size = number<std::size_t>(until(':', 5));
        if (size > longest_seen_text)
            fail(true);
        return result_ == seen_line::good ? octets(size, ' ') : std::string_view();
    }

    std::chrono::sys_seconds time()
    {
        const auto t = until(' ', 20);
        if (t.size() != 20 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' ||
            t[19] != 'Z') {
            fail(true);
            return {};
        }
        const std::chrono::year_month_day date(std::chrono::year(number<int>(t.substr(0, 4))),
                                               std::chrono::month(number<unsigned>(t.substr(5, 2))),
                                               std::chrono::day(number<unsigned>(t.substr(8, 2))));
        if (!date.ok())
            fail(true);
        return std::chrono::sys_days(date) + std::chrono::hours(number<unsigned>(t.substr(11, 2))) +
               std::chrono::minutes(number<unsigned>(t.substr(14, 2))) +
               std::chrono::seconds(number<unsigned>(t.substr(17, 2)));
    }

    std::size_t read() const noexcept
    {
        return all_.size() - rest_.size();
    }

    /// bad: more of it would not help. Of a line that was cut, only the first part that lacks something counts.
    void fail(bool bad) noexcept
    {
        if (result_ == seen_line::good)
            result_ = bad ? seen_line::bad : seen_line::torn;
    }

    seen_line result() const noexcept
    {
        return result_;
    }

private:
    std::string_view all_;
    std::string_view rest_;
    seen_line result_ = seen_line::good;
};

POP3_DECL seen_line read_seen_line(std::string_view from, seen_record& r, std::size_t& size)
{
    seen_line_reader line(from);
    const auto text = line.until(' ', 10);
    const seen_word* word = nullptr;
    for (const auto& w : seen_words)
        if (w.text == text)
            word = &w;
    if (word == nullptr)
        line.fail(true);
    r = {};
    if (line.result() == seen_line::good) {
        r.event = word->event;
        r.state = word->state;
        r.time = line.time();
    }
    if (line.result() == seen_line::good)
        r.account = line.text();
    if (line.result() == seen_line::good)
        r.key.unique_id = line.text();
    if (line.result() == seen_line::good)
        r.key.ordinal = line.number<std::uint32_t>(line.until(' ', 10));
    if (line.result() == seen_line::good) {
        const auto octets = line.until(' ', 20);
        r.octets = octets == "-" ? unknown_octets : line.number<std::uint64_t>(octets);
    }
    if (line.result() == seen_line::good)
        r.attempts = line.number<std::uint32_t>(line.until(' ', 10));
    if (line.result() != seen_line::good)
        return line.result();
    std::string sum;
    append_sum(sum, crc32c(from.substr(0, line.read() - 1)));
    if (line.octets(sum.size(), '\n') != sum)
        line.fail(true);
    size = line.read();
    return line.result();
}

} // namespace pop3::detail
