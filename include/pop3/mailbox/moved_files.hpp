// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

namespace pop3::detail {

/// Finds files that were delivered to one folder, and may have been moved to another since, where something stands behind
/// their names: what a reader of mail does in a Maildir. Most messages are new, so nothing is listed for them but once.
class moved_files {
public:
    explicit moved_files(file_system& files) : files_(files)
    {
    }

    /// Where a file is that was delivered as `name`; empty if nowhere.
    std::string find(const std::string& name, const std::string& delivered_to, const std::string& moved_to,
                     std::error_code& ec);

    /// A file has this name now.
    void add(const std::string& name);

    /// What was listed may have changed since.
    void forget() noexcept;

private:
    void look(const std::string& delivered_to, const std::string& moved_to, std::error_code& ec);
    void list(const std::string& moved_to, std::error_code& ec);

    file_system& files_;
    std::unordered_set<std::size_t> known_; // hashes of names: a maildrop may have millions
    std::unordered_map<std::string, std::string> moved_;
    bool looked_ = false;
};

/// The name that a file in cur/ was delivered as: readers write flags behind it, and some a size.
std::string_view delivered_as(std::string_view name) noexcept;

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/moved_files.ipp>
#endif
