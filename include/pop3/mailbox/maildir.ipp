// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/maildir.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

POP3_DECL maildir::maildir(std::string path, file_system& files, line_ends ends)
    : file_delivery(files, ends), path_(detail::without_slash(std::move(path))), tmp_(path_ + "/tmp"),
      new_(path_ + "/new"), cur_(path_ + "/cur")
{
}

POP3_DECL void maildir::prepare(std::error_code& ec)
{
    for (const auto* folder : {&path_, &tmp_, &new_, &cur_}) {
        detail::make_directory(files(), *folder, ec);
        if (ec)
            return;
    }
    detail::sync_directory(files(), path_, ec);
    if (!ec)
        detail::sync_directory(files(), detail::directory_of(path_), ec);
}

POP3_DECL std::string maildir::name(const arriving_message& m, std::string_view digest, int version)
{
    const auto hash = digest_of_name(m, digest).substr(0, 40);
    if (hash.empty())
        return {};
    auto name = "P3" + hash;
    if (version != 1)
        name.append("-").append(std::to_string(version));
    return name + ".pop3";
}

} // namespace pop3
