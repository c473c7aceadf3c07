// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/moved_files.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

POP3_DECL std::string_view delivered_as(std::string_view name) noexcept
{
    return name.substr(0, name.find_first_of(":;!,"));
}

POP3_DECL void moved_files::add(const std::string& name)
{
    known_.insert(std::hash<std::string_view>()(name));
}

POP3_DECL void moved_files::forget() noexcept
{
    moved_.clear();
}

POP3_DECL std::string moved_files::find(const std::string& name, const std::string& delivered_to,
                                        const std::string& moved_to, std::error_code& ec)
{
    ec.clear();
    if (!looked_)
        look(delivered_to, moved_to, ec);
    if (ec || !known_.contains(std::hash<std::string_view>()(name)))
        return {};
    // A file may be moved while this looks, but in one direction only: so the folder that it comes from is looked at first.
    auto path = delivered_to + '/' + name;
    if (detail::size_of(files_, path, ec) || ec)
        return ec ? std::string() : path;
    // What was listed for a message before may be too old for this one.
    bool is_fresh = false;
    while (!ec) {
        if (const auto found = moved_.find(name); found != moved_.end())
            return moved_to + '/' + found->second;
        if (is_fresh)
            break;
        list(moved_to, ec);
        is_fresh = true;
    }
    return {};
}

POP3_DECL void moved_files::look(const std::string& delivered_to, const std::string& moved_to,
                                 std::error_code& ec)
{
    for (const auto* folder : {&delivered_to, &moved_to}) {
        for (const auto& entry : detail::list(files_, *folder, ec))
            known_.insert(std::hash<std::string_view>()(delivered_as(entry)));
        if (ec)
            return;
    }
    looked_ = true;
}

POP3_DECL void moved_files::list(const std::string& moved_to, std::error_code& ec)
{
    moved_.clear();
    for (auto& entry : detail::list(files_, moved_to, ec)) {
        std::string name(delivered_as(entry));
        moved_.insert_or_assign(std::move(name), std::move(entry));
    }
}

} // namespace pop3::detail
