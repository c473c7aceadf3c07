// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/base64.hpp>
#include <pop3/proxy/address.hpp>
#include <pop3/proxy/http_negotiation.hpp>
#include <pop3/secret.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

namespace http {

inline bool is_in_authority(char c) noexcept
{
    return c > ' ' && c < 0x7f;
}

inline void append(wiped_octets& to, std::string_view text)
{
    to.insert(to.end(), text.begin(), text.end());
}

} // namespace http

POP3_DECL bool http_negotiation::can_say(const proxy_address& with, const proxy_target& target) noexcept
{
    if (target.host.empty() || !std::all_of(target.host.begin(), target.host.end(), http::is_in_authority))
        return false;
    const auto& login = with.login();
    return !login || (login->name().find(':') == std::string::npos && !grammar::has_control(login->name()) &&
                      !grammar::has_control(login->secret().expose()));
}

POP3_DECL http_negotiation::http_negotiation(const proxy_address& with, const proxy_target& target)
{
    const bool bracketed = target.host.find(':') != std::string::npos;
    auto authority = bracketed ? '[' + target.host + ']' : target.host;
    authority += ':' + std::to_string(target.port);
    wiped_octets request;
    http::append(request, "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n");
    if (const auto& login = with.login()) {
        wiped_octets pair;
        http::append(pair, login->name());
        pair.push_back(':');
        http::append(pair, login->secret().expose());
        http::append(request, "Proxy-Authorization: Basic ");
        grammar::base64_encode({pair.data(), pair.size()}, request);
        http::append(request, "\r\n");
    }
    http::append(request, "\r\n");
    say(std::move(request));
}

POP3_DECL std::error_code http_negotiation::receive(std::string_view octets)
{
    for (const char c : octets)
        if (const auto ec = take(c))
            return ec;
    return {};
}

POP3_DECL std::error_code http_negotiation::take(char c)
{
    if (++received_ > most)
        return errc::proxy_malformed;
    // A line that ends in LF alone would leave its end in doubt.
    const bool in_line_end = matched_ % 2 == 1;
    if ((c == '\n') != in_line_end)
        return errc::proxy_malformed;
    if (c == '\r' || c == '\n') {
        in_status_ = false;
        ++matched_;
        return matched_ == 4 ? judge() : std::error_code();
    }
    matched_ = 0;
    if (!in_status_)
        return {};
    status_ += c;
    // What speaks another protocol may wait for more than it has been told.
    return is_status_line() ? std::error_code() : errc::proxy_malformed;
}

/// Whether it is one so far (RFC 9112, section 4).
POP3_DECL bool http_negotiation::is_status_line() const noexcept
{
    constexpr std::string_view form = "HTTP/1.0 000 ";
    const auto fits = [](char c, char like) {
        return like == '0' ? c >= '0' && c <= '9' : c == like;
    };
    const auto n = (std::min)(status_.size(), form.size());
    return std::equal(status_.begin(), status_.begin() + static_cast<std::ptrdiff_t>(n), form.begin(), fits);
}

POP3_DECL std::error_code http_negotiation::judge()
{
    constexpr std::size_t code_at = 9;
    constexpr std::size_t code_end = 12;
    constexpr std::size_t most_said = 200;
    if (status_.size() < code_end)
        return errc::proxy_malformed;
    if (status_[code_at] == '2')
        return {};
    if (status_[code_at] == '1' && status_.compare(code_at, 3, "101") != 0) {
        // Another one follows (RFC 9110, section 15.2).
        status_.clear();
        in_status_ = true;
        matched_ = 0;
        return {};
    }
    said_ = status_.substr(code_at, most_said);
    return said_.starts_with("407") ? errc::proxy_authentication : errc::proxy_refused;
}

POP3_DECL boxed<negotiation> negotiate_http(const proxy_address& with, const proxy_target& target)
{
    if (!http_negotiation::can_say(with, target))
        return nullptr;
    return boxed<negotiation>(new http_negotiation(with, target));
}

} // namespace pop3::detail
