// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

/// A seen store that forgets when it is destroyed: for tests, and for a program that fetches again and again while it runs. A
/// program that deletes nothing gets all messages again with each start.
class seen_memory {
public:
    seen_index* open(std::string_view account, std::error_code& ec)
    {
        ec.clear();
        return &accounts_[std::string(account)];
    }

    void append(std::span<const seen_record> records, std::error_code& ec)
    {
        ec.clear();
        for (const auto& r : records)
            accounts_[std::string(r.account)].apply(r);
    }

private:
    std::map<std::string, seen_index> accounts_;
};

} // namespace pop3
