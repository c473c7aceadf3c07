// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>
#include <pop3/mailbox/seen_store.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3 {

// What other programs have fetched: who comes from one of them need not fetch it all again.
//
//     const auto found = pop3::read_fetchmail_ids(text);
//     for (const auto& a : found.accounts)
//         if (a.user == "mrose" && a.host == "pop.example.org")
//             pop3::import_seen(store, "mrose@pop.example.org", a, ec);

/// A message that another program has fetched.
struct foreign_message {
    /// As that program has it.
    std::string unique_id;
    /// When it was fetched; nothing if the file does not say, or says what cannot be.
    std::optional<std::chrono::sys_seconds> time;
    /// `headers` if the program has fetched no more of it, else `delivered`.
    seen_state state = seen_state::delivered;
};

/// The messages of one account of another program.
struct foreign_account {
    /// As the file has them; empty if it does not say.
    std::string user;
    std::string host;
    std::vector<foreign_message> messages;
};

/// What a file of another program says.
struct foreign_seen {
    /// Of whom it says something.
    std::vector<foreign_account> accounts;
    /// The lines that cannot be read, counted from 1. What they are about is fetched again.
    std::vector<std::size_t> unreadable;
};

/// Reads a file of mpop's (`~/.mpop_uidls/USER_at_HOST`), of 1.4.22 and older (without times) or newer. Where an account does not
/// have as many lines as its first one announces, that line is among those that cannot be read.
foreign_seen read_mpop_uidls(std::string_view text);

/// Reads a file of getmail's (`~/.getmail/oldmail-HOST-PORT-USER`). There is one account in it, which is only named in the name of
/// the file. getmail writes "-" for each "/" in a unique-id: such messages are fetched again.
foreign_seen read_getmail_oldmail(std::string_view text);

/// Reads fetchmail's file (`~/.fetchids`). It has no times.
foreign_seen read_fetchmail_ids(std::string_view text);

/// Reads a file of Thunderbird's (`popstate.dat`). A message of which it has only the header is known as that.
foreign_seen read_thunderbird_popstate(std::string_view text);

namespace detail {

/// The records of those messages from `at` on that the index does not know, some thousands at most; sets `at` to the next.
std::vector<seen_record> import_records(std::string_view account, const foreign_account& from,
                                        const seen_index& known, std::chrono::sys_seconds now,
                                        std::size_t& at);

} // namespace detail

/// Records what another program has fetched as delivered, under the account that fetches use (`user@host:port`, or as the user
/// calls it). What the store knows already stays as it is. Of what has no time, or one that is still to come, the time is `now`: nothing
/// is deleted for its age before that has passed. Gives the number of messages recorded, some of which may be after an error;
/// it can be done again.
template <seen_store Store>
std::size_t import_seen(
    Store& store, std::string_view account, const foreign_account& from, std::error_code& ec,
    std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))
{
    const seen_index* const known = store.open(account, ec);
    if (!ec && known->in_use)
        ec = fetch_errc::account_in_use;
    std::size_t recorded = 0;
    for (std::size_t at = 0; !ec && at != from.messages.size();) {
        const auto records = detail::import_records(account, from, *known, now, at);
        if (!records.empty())
            store.append(records, ec);
        if (!ec)
            recorded += records.size();
    }
    return recorded;
}

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/seen_import.ipp>
#endif
