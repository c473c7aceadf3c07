// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/throw_error.hpp>
#include <pop3/url.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

namespace detail::urls {

// The vocabulary stands below the grammar, so it has its own few words for characters.

constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr bool is_alnum(char c) noexcept
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr char to_lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char to_upper(char c) noexcept
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// The value of a hexadecimal digit, -1 if it is none.
constexpr int hex_digit(char c) noexcept
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// `lower` must be in lower case.
constexpr bool starts_with(std::string_view text, std::string_view lower) noexcept
{
    return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(),
                                                     [](char a, char b) { return a == to_lower(b); });
}

/// A host in lower case. The name of a zone is that of an interface, in which the case may matter.
inline void lower_host(std::string& host)
{
    const auto zone = host.begin() + static_cast<std::ptrdiff_t>((std::min)(host.find('%'), host.size()));
    std::transform(host.begin(), zone, host.begin(), to_lower);
}

/// What may stand in a user or mechanism name as it is: `achar` of RFC 2384, section 8, without the escapes.
constexpr bool is_achar(char c) noexcept
{
    return is_alnum(c) || std::string_view("$-_.+!*'(),&=~").find(c) != std::string_view::npos;
}

constexpr bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// What may stand in the name of a zone as it is: `unreserved` of RFC 3986.
constexpr bool is_unreserved(char c) noexcept
{
    return is_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

/// Undoes percent-encoding. False if `text` has what must not be there, escaped or not.
inline bool decode(std::string_view text, bool (*may_stand)(char) noexcept, std::string& into)
{
    for (std::size_t i = 0; i != text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
            const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0)
                return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
            // It would end a command, or begin another.
            if (is_control(c))
                return false;
        } else if (!may_stand(c)) {
            return false;
        }
        into += c;
    }
    return true;
}

inline void encode(std::string_view text, bool (*may_stand)(char) noexcept, std::string& into)
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        if (may_stand(c)) {
            into += c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            into += {'%', digits[octet >> 4], digits[octet & 15]};
        }
    }
}

/// "SCRAM-SHA-256" (RFC 4422, section 3.1, "_" included), "+APOP", "*", or nothing.
constexpr bool is_auth(std::string_view name) noexcept
{
    if (name.empty() || name == "*")
        return true;
    if (name.starts_with('+'))
        name.remove_prefix(1);
    return !name.empty() && name.size() <= 20 && std::all_of(name.begin(), name.end(), [](char c) {
        return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
}

/// "192.0.2.1": four numbers up to 255.
constexpr bool is_ipv4(std::string_view text) noexcept
{
    for (int part = 0; part != 4; ++part) {
        unsigned value = 0;
        std::size_t digits = 0;
        while (digits != text.size() && digits != 4 && is_digit(text[digits]))
            value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
        if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text.front() == '0'))
            return false;
        text.remove_prefix(digits);
        if (part == 3)
            return text.empty();
        if (!text.starts_with('.'))
            return false;
        text.remove_prefix(1);
    }
    return false;
}

/// "2001:db8::1", "::ffff:192.0.2.1": eight groups, or fewer with one "::" (RFC 3986, section 3.2.2).
constexpr bool is_ipv6(std::string_view text) noexcept
{
    int groups = 0;
    bool elided = false;
    if (text.starts_with("::")) {
        elided = true;
        text.remove_prefix(2);
        if (text.empty())
            return true;
    }
    for (;;) {
        std::size_t digits = 0;
        while (digits != text.size() && digits != 5 && hex_digit(text[digits]) >= 0)
            ++digits;
        if (digits != text.size() && text[digits] == '.') {
            groups += 2;
            return is_ipv4(text) && (elided ? groups < 8 : groups == 8);
        }
        if (digits == 0 || digits > 4)
            return false;
        ++groups;
        text.remove_prefix(digits);
        if (text.starts_with("::")) {
            if (elided)
                return false;
            elided = true;
            text.remove_prefix(2);
            if (text.empty())
                return groups < 8;
        } else if (text.starts_with(':')) {
            text.remove_prefix(1);
        } else {
            return text.empty() && (elided ? groups < 8 : groups == 8);
        }
    }
}

/// "fe80::/10" (RFC 4291, section 2.5.6): the same address may be in use in several zones.
constexpr bool is_link_local(std::string_view ipv6) noexcept
{
    return ipv6.find(':') == 4 && starts_with(ipv6, "fe") &&
           std::string_view("89abAB").find(ipv6[2]) != std::string_view::npos;
}

/// What stands between the brackets: an IPv6 address, perhaps with "%25" and a zone behind it (RFC 6874, section 2).
inline bool parse_ipv6(std::string_view text, std::string& into)
{
    const auto escape = text.find('%');
    const auto address = text.substr(0, escape);
    into = address;
    if (!is_ipv6(address))
        return false;
    if (escape == std::string_view::npos)
        return true;
    const auto zone = text.substr(escape);
    if (!zone.starts_with("%25") || zone.size() == 3 || !is_link_local(address))
        return false;
    into += '%';
    return decode(zone.substr(3), is_unreserved, into);
}

/// What is meant well, and common, but in no standard.
constexpr bool has_invented_scheme(std::string_view text) noexcept
{
    return starts_with(text, "pops:") || starts_with(text, "pop3:") || starts_with(text, "pop3s:");
}

/// Labels of letters, digits, "-" and "_" with dots between (and perhaps one behind); IPv4 addresses are such as well.
/// RFC 1738 has no "_", but networks do.
constexpr bool is_host_name(std::string_view text) noexcept
{
    if (text.empty() || text.size() > 255)
        return false;
    char before = '.';
    for (const char c : text) {
        // A label is not empty, and does not begin with "-": a program that is called with it may take it for an
        // option.
        if (before == '.' ? !is_alnum(c) && c != '_' : !is_alnum(c) && c != '_' && c != '-' && c != '.')
            return false;
        before = c;
    }
    // Or resolvers make an address of "127.1", each its own.
    const auto last = text.substr(text.rfind('.') + 1);
    return last.empty() || !std::all_of(last.begin(), last.end(), is_digit) || is_ipv4(text);
}

inline bool parse(std::string_view text, url& into)
{
    constexpr std::string_view scheme = "pop://";
    if (!starts_with(text, scheme))
        return false;
    text.remove_prefix(scheme.size());
    if (text.ends_with('/'))
        text.remove_suffix(1);

    // An "@" in a name is written %40, so there is but one: two programs must not disagree on which it is.
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        auto user = text.substr(0, at);
        text.remove_prefix(at + 1);
        if (const auto end = user.find(';'); end != std::string_view::npos) {
            constexpr std::string_view parameter = ";auth=";
            auto name = user.substr(end);
            if (!starts_with(name, parameter))
                return false;
            name.remove_prefix(parameter.size());
            user = user.substr(0, end);
            // A "+" or "*" that is escaped means the same: no name has one, and programs escape more than they must.
            if (name.empty() || !decode(name, is_achar, into.auth))
                return false;
            std::transform(into.auth.begin(), into.auth.end(), into.auth.begin(), to_upper);
            if (!is_auth(into.auth))
                return false;
        }
        if (user.empty() || !decode(user, is_achar, into.user))
            return false;
    }

    auto host = text.substr(0, text.find(':'));
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos)
            return false;
        host = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        if (!parse_ipv6(host, into.host))
            return false;
    } else {
        text.remove_prefix(host.size());
        into.host = host;
        if (!is_host_name(host))
            return false;
    }
    lower_host(into.host);

    if (text.empty())
        return true;
    if (!text.starts_with(':'))
        return false;
    text.remove_prefix(1);
    const auto end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, into.port);
    return error == std::errc() && stop == end && into.port != 0;
}

} // namespace detail::urls

POP3_DECL url::url(std::string_view host_, std::uint16_t port_, std::string_view user_,
                   std::string_view auth_)
    : user(user_), auth(auth_), host(host_), port(port_)
{
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    detail::urls::lower_host(host);
    std::transform(auth.begin(), auth.end(), auth.begin(), detail::urls::to_upper);
}

POP3_DECL url parse_url(std::string_view text, std::error_code& ec)
{
    url result;
    ec.clear();
    if (detail::urls::parse(text, result))
        return result;
    ec = detail::urls::has_invented_scheme(text) ? errc::unsupported_scheme : errc::invalid_url;
    return {};
}

POP3_DECL url parse_url(std::string_view text)
{
    std::error_code ec;
    auto result = parse_url(text, ec);
    if (ec)
        detail::throw_error(ec);
    return result;
}

POP3_DECL std::string to_string(const url& u)
{
    // Its members may have been set since.
    const url meant(u.host, u.port, u.user, u.auth);
    std::string text = "pop://";
    if (!meant.user.empty()) {
        detail::urls::encode(meant.user, detail::urls::is_achar, text);
        if (!meant.auth.empty())
            text.append(";AUTH=").append(meant.auth);
        text += '@';
    }
    if (meant.host.find(':') != std::string::npos) {
        const auto zone = (std::min)(meant.host.find('%'), meant.host.size());
        text.append("[").append(meant.host, 0, zone);
        if (zone != meant.host.size()) {
            text += "%25";
            detail::urls::encode(std::string_view(meant.host).substr(zone + 1), detail::urls::is_unreserved,
                                 text);
        }
        text += ']';
    } else {
        text += meant.host;
    }
    if (meant.port != 0)
        text.append(":").append(std::to_string(meant.port));

    // What cannot be written would read as another URL, or as none.
    std::error_code ec;
    if (parse_url(text, ec) != meant || ec)
        detail::throw_error(errc::invalid_url);
    return text;
}

} // namespace pop3
