// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/grammar/response_code.hpp>
#include <pop3/greeting.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::grammar {

namespace detail {

/// What an atom of RFC 822 is made of: printable ASCII but space and specials.
constexpr bool is_atom(char c) noexcept
{
    return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"[]").find(c) == std::string_view::npos;
}

/// Atoms with a dot between each two.
constexpr bool is_dot_atom(std::string_view text) noexcept
{
    bool in_atom = false;
    for (const char c : text) {
        if (c == '.' ? !in_atom : !is_atom(c))
            return false;
        in_atom = c != '.';
    }
    return in_atom;
}

/// An address in brackets, such as [192.0.2.1] or [IPv6:2001:db8::1].
constexpr bool is_domain_literal(std::string_view text) noexcept
{
    if (text.size() <= 2 || text.front() != '[' || text.back() != ']')
        return false;
    for (const char c : text.substr(1, text.size() - 2))
        if (!is_atom(c) && c != ':')
            return false;
    return true;
}

} // namespace detail

/// Says whether `text` is a timestamp that APOP may use: a msg-id of RFC 822, as RFC 1939 (section 7) demands, such as
/// <1896.697170952@dbc.mtview.ca.us>. Somebody who plays the server, and may choose what the password is hashed with,
/// learns its characters one by one from collisions of MD5 (CVE-2007-1558); those that are known need octets, or a
/// syntax, that a msg-id cannot have. Quoted strings are not taken: no server makes them.
constexpr bool is_timestamp(std::string_view text) noexcept
{
    constexpr std::size_t max_octets = 255;
    if (text.size() < 2 || text.size() > max_octets || text.front() != '<' || text.back() != '>')
        return false;
    const auto id = text.substr(1, text.size() - 2);
    const auto at = id.find('@');
    if (at == std::string_view::npos)
        return false;
    const auto domain = id.substr(at + 1);
    return detail::is_dot_atom(id.substr(0, at)) &&
           (detail::is_dot_atom(domain) || detail::is_domain_literal(domain));
}

/// Finds the timestamp of APOP in the text of a greeting (RFC 1939, section 7); empty if there is none, or none that is
/// safe to use.
constexpr std::string_view find_timestamp(std::string_view text) noexcept
{
    for (auto open = text.find('<'); open != std::string_view::npos; open = text.find('<', open + 1)) {
        // Up to the next bracket of either kind: many that are open are no reason to look at the rest many times.
        const auto close = text.find_first_of("<>", open + 1);
        if (close == std::string_view::npos)
            break;
        const auto stamp = text.substr(open, close - open + 1);
        if (is_timestamp(stamp))
            return stamp;
    }
    return {};
}

/// Reads the text behind the +OK of a greeting.
greeting parse_greeting(std::string_view text);

} // namespace pop3::grammar

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/grammar/greeting.ipp>
#endif
