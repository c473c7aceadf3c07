// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/security.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace pop3 {

POP3_DECL stls::stls(const tls_context& tls, stls_policy policy)
    : tls_(detail::share_new<const tls_context>(tls.share())), policy_(policy)
{
}

POP3_DECL std::optional<security_kind> parse_security(std::string_view text) noexcept
{
    if (text == "tls")
        return security_kind::tls;
    if (text == "stls")
        return security_kind::stls;
    if (text == "without_tls")
        return security_kind::no_tls;
    if (text == "allow_cleartext")
        return security_kind::cleartext;
    return {};
}

} // namespace pop3
