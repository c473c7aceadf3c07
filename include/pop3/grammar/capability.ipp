// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/config.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/grammar/capability.hpp>
#include <pop3/grammar/decimal.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace pop3::grammar::detail {

/// "180 USER" or "180": a number that may differ per user.
inline bool parse_per_user(std::string_view rest, bool& per_user) noexcept
{
    const auto word = take_word(rest);
    per_user = is_keyword(word, "USER");
    return (word.empty() || per_user) && rest.empty();
}

inline bool parse_login_delay(std::string_view rest, capabilities& into)
{
    const auto seconds = decimal<std::uint32_t>(take_word(rest));
    capabilities::login_delay_t value;
    if (!seconds || !parse_per_user(rest, value.per_user))
        return false;
    value.delay = std::chrono::seconds(*seconds);
    into.login_delay = value;
    return true;
}

inline bool parse_expire(std::string_view rest, capabilities& into)
{
    const auto word = take_word(rest);
    capabilities::expire_t value;
    value.days = decimal<std::uint32_t>(word);
    if ((!value.days && !is_keyword(word, "NEVER")) || !parse_per_user(rest, value.per_user))
        return false;
    into.expire = value;
    return true;
}

inline bool parse_sasl(std::string_view rest, capabilities& into)
{
    while (!rest.empty()) {
        std::string name(take_word(rest));
        std::transform(name.begin(), name.end(), name.begin(), to_upper);
        into.sasl.push_back(std::move(name));
    }
    return true;
}

inline bool parse_utf8(std::string_view rest, capabilities& into)
{
    capabilities::utf8_t value;
    if (!parse_per_user(rest, value.user))
        return false;
    into.utf8 = value;
    return true;
}

inline bool parse_implementation(std::string_view rest, capabilities& into)
{
    into.implementation = std::string(rest);
    return true;
}

} // namespace pop3::grammar::detail

namespace pop3::grammar {

POP3_DECL void parse_capability(std::string_view line, capabilities& into)
{
    struct flag {
        std::string_view name;
        bool capabilities::* member;
    };
    constexpr flag flags[] = {
        {"TOP", &capabilities::top},
        {"USER", &capabilities::user},
        {"RESP-CODES", &capabilities::resp_codes},
        {"AUTH-RESP-CODE", &capabilities::auth_resp_code},
        {"PIPELINING", &capabilities::pipelining},
        {"UIDL", &capabilities::uidl},
        {"STLS", &capabilities::stls},
        {"LANG", &capabilities::lang},
    };
    struct value {
        std::string_view name;
        bool (*parse)(std::string_view, capabilities&);
    };
    constexpr value values[] = {
        {"SASL", detail::parse_sasl},
        {"LOGIN-DELAY", detail::parse_login_delay},
        {"EXPIRE", detail::parse_expire},
        {"UTF8", detail::parse_utf8},
        {"IMPLEMENTATION", detail::parse_implementation},
    };

    auto rest = line;
    const auto tag = take_word(rest);
    for (const auto& [name, member] : flags) {
        if (is_keyword(tag, name) && rest.empty()) {
            into.*member = true;
            return;
        }
    }
    for (const auto& [name, parse] : values)
        if (is_keyword(tag, name) && parse(rest, into))
            return;
    into.other.emplace_back(line);
}

} // namespace pop3::grammar
