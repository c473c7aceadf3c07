// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>

#include <concepts>
#include <span>
#include <string_view>
#include <system_error>

namespace pop3 {

/// A seen store: it remembers what was delivered, over runs and crashes. `seen_file` is one; a user's database can be another.
///
///     s.open(account, ec)     reads what is known of the account. The index is the store's, and stays valid while that lives.
///                             Null after an error; then nothing is fetched.
///     s.append(records, ec)   makes the records durable, all or a part from the front, and takes those that are durable into
///                             the index. It returns when they are. After an error nothing is deleted.
///
/// All records of one call are of one account.
template <class S>
concept seen_store =
    requires(S& s, std::string_view account, std::span<const seen_record> records, std::error_code& ec) {
        { s.open(account, ec) } -> std::same_as<seen_index*>;
        { s.append(records, ec) } -> std::same_as<void>;
    };

} // namespace pop3
