// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/message.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

inline bool is_blank(char c) noexcept
{
    return c == ' ' || c == '\t';
}

/// Takes the next line, without its end.
inline std::string_view take_line(std::string_view& text) noexcept
{
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

/// ASCII alone: it does not depend on the locale.
inline bool is_same_name(std::string_view a, std::string_view b) noexcept
{
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

/// Takes the next value of a field with this name; none if there is none in what is left.
inline std::optional<std::string> take_field(std::string_view& header, std::string_view name)
{
    while (!header.empty()) {
        const auto line = detail::take_line(header);
        const auto colon = line.find(':');
        auto found = line.substr(0, colon);
        // RFC 822 allowed blanks before the colon.
        while (!found.empty() && detail::is_blank(found.back()))
            found.remove_suffix(1);
        if (colon == line.npos || !detail::is_same_name(found, name))
            continue;
        std::string value(line.substr(colon + 1));
        while (!header.empty() && detail::is_blank(header[0]))
            value += detail::take_line(header);
        const auto is_no_blank = [](char c) {
            return !detail::is_blank(c);
        };
        value.erase(std::find_if(value.rbegin(), value.rend(), is_no_blank).base(), value.end());
        value.erase(value.begin(), std::find_if(value.begin(), value.end(), is_no_blank));
        return value;
    }
    return {};
}

} // namespace detail

POP3_DECL std::optional<std::string> message::field(std::string_view name) const
{
    auto rest = header();
    return detail::take_field(rest, name);
}

POP3_DECL std::vector<std::string> message::fields(std::string_view name) const
{
    std::vector<std::string> all;
    auto rest = header();
    while (auto value = detail::take_field(rest, name))
        all.push_back(*std::move(value));
    return all;
}

} // namespace pop3
