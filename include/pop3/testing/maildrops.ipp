// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/maildrops.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3::testing::detail {

/// The text's hash and its place: equal messages differ, and a server that is started again has the same ones.
POP3_TESTING_DECL std::string make_unique_id(std::string_view text, std::size_t place)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a
    for (const char octet : text)
        hash = (hash ^ static_cast<unsigned char>(octet)) * 1099511628211u;
    return std::to_string(hash) + '-' + std::to_string(place);
}

POP3_TESTING_DECL void maildrop::add(std::string text, std::string unique_id)
{
    // A reply cannot end within a line, so the octet counts have to include the line end.
    if (!text.empty() && !text.ends_with("\r\n"))
        text += "\r\n";
    ++delivered;
    if (unique_id.empty())
        unique_id = make_unique_id(text, delivered);
    (locked ? arrived : messages).push_back({std::move(text), std::move(unique_id)});
}

POP3_TESTING_DECL void maildrop::unlock()
{
    locked = false;
    for (message& m : arrived)
        messages.push_back(std::move(m));
    arrived.clear();
}

POP3_TESTING_DECL maildrops make_maildrops(const std::vector<account>& accounts)
{
    maildrops result;
    for (const account& owner : accounts) {
        maildrop& drop = result[owner.name];
        drop.password = owner.password;
        drop.token = owner.token;
        for (std::size_t i = 0; i != owner.messages.size(); ++i)
            drop.add(owner.messages[i], i < owner.unique_ids.size() ? owner.unique_ids[i] : "");
    }
    return result;
}

} // namespace pop3::testing::detail
