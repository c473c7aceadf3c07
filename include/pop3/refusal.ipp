// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/printable.hpp>
#include <pop3/refusal.hpp>
#include <pop3/response_code.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pop3 {

POP3_DECL retry_advice refusal::advice() const noexcept
{
    switch (code_) {
    case response_code::auth:
        return retry_advice::ask_for_credentials;
    case response_code::in_use:
    case response_code::login_delay:
    case response_code::sys_temp:
        return retry_advice::wait;
    case response_code::sys_perm:
        return retry_advice::give_up;
    default:
        return retry_advice::unknown;
    }
}

POP3_DECL std::string to_string(const refusal& r)
{
    std::string text = r.verb().empty() ? std::string("connection") : r.verb();
    text += " refused";
    if (!r.code_text().empty() || !r.text().empty())
        text += ":";
    if (!r.code_text().empty())
        text.append(" [").append(r.code_text()).append("]");
    if (!r.text().empty())
        text.append(" ").append(r.text());
    return printable(std::move(text));
}

POP3_DECL response_code refused::code() const noexcept
{
    return refusal_.code();
}

} // namespace pop3
