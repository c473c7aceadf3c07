// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/seen_import.hpp>
#include <pop3/mailbox/seen_line.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

/// What is before the first `c`, which is skipped; all of it if there is none.
inline std::string_view cut_before(std::string_view& text, char c) noexcept
{
    const auto at = text.find(c);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

/// Goes through the lines of a file of another program, and takes note of those that cannot be read.
class foreign_reader {
public:
    explicit foreign_reader(std::string_view text) noexcept : rest_(text)
    {
    }

    /// The next line that is not empty, without its end.
    bool next(std::string_view& line)
    {
        line = {};
        while (line.empty() && !rest_.empty()) {
            line = cut_before(rest_, '\n');
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            ++number_;
        }
        return !line.empty();
    }

    std::size_t number() const noexcept
    {
        return number_;
    }

    void unreadable(std::size_t number)
    {
        // An account may be complained of behind its last line.
        auto& all = found_.unreadable;
        auto at = all.end();
        while (at != all.begin() && *(at - 1) > number)
            --at;
        all.insert(at, number);
    }

    void unreadable()
    {
        found_.unreadable.push_back(number_);
    }

    /// Says whose the messages are that are added from now on.
    void account(std::string_view user, std::string_view host)
    {
        const auto [known, is_new] =
            accounts_.try_emplace({std::string(user), std::string(host)}, found_.accounts.size());
        if (is_new)
            found_.accounts.push_back({known->first.first, known->first.second, {}});
        current_ = known->second;
    }

    bool has_account() const noexcept
    {
        return !found_.accounts.empty();
    }

    void add(std::string_view unique_id, std::optional<std::chrono::sys_seconds> time = {},
             seen_state state = seen_state::delivered)
    {
        if (unique_id.empty() || unique_id.size() > longest_seen_text)
            return unreadable();
        found_.accounts[current_].messages.push_back({std::string(unique_id), time, state});
    }

    foreign_seen take()
    {
        return std::move(found_);
    }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
    std::size_t current_ = 0;
    std::map<std::pair<std::string, std::string>, std::size_t> accounts_;
    foreign_seen found_;
};

inline std::optional<std::int64_t> foreign_number(std::string_view digits) noexcept
{
    std::int64_t value = 0;
    const auto* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || stop != end)
        return {};
    return value;
}

/// Seconds since 1970, if they are a time.
inline std::optional<std::chrono::sys_seconds> foreign_time(std::optional<std::int64_t> seconds) noexcept
{
    constexpr std::int64_t year_10000 = 253'402'300'800;
    if (!seconds || *seconds <= 0 || *seconds >= year_10000)
        return {};
    return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
}

POP3_DECL std::vector<seen_record> import_records(std::string_view account, const foreign_account& from,
                                                  const seen_index& known, std::chrono::sys_seconds now,
                                                  std::size_t& at)
{
    constexpr std::size_t most = 4096;
    std::vector<seen_record> records;
    for (; at != from.messages.size() && records.size() != most; ++at) {
        const auto& m = from.messages[at];
        seen_record r;
        r.state = m.state;
        r.account = account;
        r.key.unique_id = m.unique_id;
        r.time = m.time && *m.time < now ? *m.time : now;
        if (known.find(r.key) == seen_index::no_slot)
            records.push_back(r);
    }
    return records;
}

} // namespace detail

POP3_DECL foreign_seen read_mpop_uidls(std::string_view text)
{
    // Comments, then for each account " COUNT HOST USER", and as many lines "UID TIME", or "UID". There may be spaces in a UID.
    constexpr std::int64_t before_mpop = 1'000'000'000; // no time
    detail::foreign_reader reader(text);
    std::int64_t missing = 0;
    std::size_t first = 0;
    const auto end_account = [&] {
        if (missing != 0)
            reader.unreadable(first);
    };
    bool comments = true; // behind them, a unique-id may begin with # too
    for (std::string_view line; reader.next(line);) {
        comments = comments && line.starts_with('#');
        if (comments)
            continue;
        if (line.starts_with(' ')) {
            end_account();
            first = reader.number();
            line.remove_prefix(1);
            const auto count = detail::foreign_number(detail::cut_before(line, ' '));
            const auto host = detail::cut_before(line, ' ');
            missing = count && !host.empty() && !line.empty() ? *count : -1;
            reader.account(line, host);
        } else if (reader.has_account()) {
            --missing;
            const auto space = line.find_last_of(' ');
            const auto seconds = space == std::string_view::npos
                                     ? std::nullopt
                                     : detail::foreign_number(line.substr(space + 1));
            if (seconds && *seconds >= before_mpop)
                reader.add(line.substr(0, space), detail::foreign_time(seconds));
            else
                reader.add(line);
        } else {
            reader.unreadable();
        }
    }
    end_account();
    return reader.take();
}

POP3_DECL foreign_seen read_getmail_oldmail(std::string_view text)
{
    // "UID", NUL, "TIME".
    detail::foreign_reader reader(text);
    for (std::string_view line; reader.next(line);) {
        const auto end = line.rfind('\0');
        const auto seconds =
            end == std::string_view::npos ? std::nullopt : detail::foreign_number(line.substr(end + 1));
        if (!seconds) {
            reader.unreadable();
            continue;
        }
        reader.account({}, {});
        reader.add(line.substr(0, end), detail::foreign_time(seconds));
    }
    return reader.take();
}

POP3_DECL foreign_seen read_fetchmail_ids(std::string_view text)
{
    // "USER@HOST UID". A user may have spaces and @ in it, and a unique-id as well.
    detail::foreign_reader reader(text);
    for (std::string_view line; reader.next(line);) {
        const auto at = line.find('@');
        const auto space = at == std::string_view::npos ? at : line.find(' ', at);
        if (space == std::string_view::npos) {
            reader.unreadable();
            continue;
        }
        const auto whose = line.substr(0, space);
        const auto last_at = whose.rfind('@');
        reader.account(whose.substr(0, last_at), whose.substr(last_at + 1));
        reader.add(line.substr(space + 1));
    }
    return reader.take();
}

POP3_DECL foreign_seen read_thunderbird_popstate(std::string_view text)
{
    // Comments, then for each account "*HOST USER", and lines "STATE UID TIME". A user may have spaces in it.
    detail::foreign_reader reader(text);
    for (std::string_view line; reader.next(line);) {
        if (line.starts_with('#'))
            continue;
        if (line.starts_with('*')) {
            line.remove_prefix(1);
            const auto host = detail::cut_before(line, ' ');
            reader.account(line, host);
            continue;
        }
        // k: kept on the server; d: to be deleted there; b: too large, f: to be fetched whole, and it has the header of both.
        const auto state = detail::cut_before(line, ' ');
        const bool is_whole = state == "k" || state == "d";
        if (!reader.has_account() || !(is_whole || state == "b" || state == "f")) {
            reader.unreadable();
            continue;
        }
        const auto unique_id = detail::cut_before(line, ' ');
        reader.add(unique_id, detail::foreign_time(detail::foreign_number(line)),
                   is_whole ? seen_state::delivered : seen_state::headers);
    }
    return reader.take();
}

} // namespace pop3
