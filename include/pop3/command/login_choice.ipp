// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/config.hpp>
#include <pop3/grammar/ascii.hpp>
#include <pop3/login_options.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace pop3::command {

POP3_DECL bool announces(const capabilities& server, std::string_view mechanism)
{
    return std::find(server.sasl.begin(), server.sasl.end(), mechanism) != server.sasl.end();
}

POP3_DECL bool offers(const capabilities& server, const way_in& way, const login_terms& terms)
{
    if (way.name == "+APOP")
        return terms.has_timestamp;
    if (way.name == "USER")
        return server.user || server.sasl.empty();
    return announces(server, way.name);
}

POP3_DECL std::string wanted_way(const login_options& options)
{
    std::string wanted = options.mechanism;
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), grammar::to_upper);
    if (wanted == "*")
        wanted.clear();
    if (wanted == "APOP")
        wanted = "+APOP";
    return wanted;
}

POP3_DECL bool announces_binding(const capabilities& server)
{
    return std::any_of(server.sasl.begin(), server.sasl.end(),
                       [](const std::string& name) { return name.ends_with("-PLUS"); });
}

POP3_DECL const way_in* choose_login(std::span<const way_in> ways, const capabilities& server,
                                     const login_terms& terms, const login_options& options)
{
    const auto wanted = wanted_way(options);
    for (const auto& way : ways) {
        const bool allowed = (!way.reveals_secret || terms.may_reveal) && (!way.binds || terms.can_bind) &&
                             (way.binds || !options.require_channel_binding);
        const bool fits = wanted.empty()
                              ? offers(server, way, terms) && !(way.only_without_tls && terms.secure)
                              : way.name == wanted;
        if (allowed && fits)
            return &way;
    }
    return nullptr;
}

} // namespace pop3::command
