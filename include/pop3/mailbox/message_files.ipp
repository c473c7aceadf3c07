// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/message_files.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

POP3_DECL message_files::message_files(std::string path, file_system& files)
    : file_delivery(files, line_ends::crlf), path_(detail::without_slash(std::move(path))),
      part_(path_ + "/.part")
{
}

POP3_DECL void message_files::prepare(std::error_code& ec)
{
    detail::make_directory(files(), path_, ec);
    if (!ec)
        detail::make_directory(files(), part_, ec);
    if (!ec)
        detail::sync_directory(files(), path_, ec);
    if (!ec)
        detail::sync_directory(files(), detail::directory_of(path_), ec);
}

POP3_DECL std::string message_files::name(const arriving_message& m, std::string_view digest, int version)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789_";
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::size_t longest = 200;
    std::string name;
    for (const char c : m.key.unique_id.substr(0, longest)) {
        const auto octet = static_cast<unsigned char>(c);
        if (plain.find(c) != plain.npos)
            name += c;
        else
            name.append(1, '%').append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
    }
    // An encoded name has no '-', so these are other names than those of any unique-id.
    if (name.empty() || m.key.unique_id.size() > longest || name.size() > longest) {
        const auto hash = digest_of_name(m, digest);
        if (hash.empty())
            return {};
        name = "hash-" + hash;
    } else if (m.key.ordinal != 1) {
        name.append("-copy").append(std::to_string(m.key.ordinal));
    }
    if (m.headers)
        name += "-headers";
    if (version != 1)
        name.append("-").append(std::to_string(version));
    return name + ".eml";
}

} // namespace pop3
