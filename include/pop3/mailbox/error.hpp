// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <system_error>
#include <type_traits>

namespace pop3 {

/// What keeps mail from being fetched, beside errors of the session (`errc`, the system's, TLS) and of the disk (the system's).
/// In each case: nothing was deleted that is not delivered and recorded.
enum class fetch_errc {
    /// Another process, or another object of this one, has the seen store open. Wait for it, or give each its own.
    store_locked = 1,
    /// The file is no seen store: it begins with something else. Give the path of a file of its own.
    not_a_store,
    /// The seen store is of a newer version than this library knows. It was not touched. Update the program.
    store_too_new,
    /// A write to the seen store failed before, so nobody knows what of it is on the disk. Open it again.
    store_failed,
    /// A fetch of this account is under way. Wait for it.
    account_in_use,
    /// The server does not know UIDL, so nobody can tell which messages were delivered before. Use a policy that
    /// deletes all that is delivered, or another server.
    no_unique_ids,
    /// Nearly all that the server lists is unknown, where nearly all was known before: it has new unique-ids for old
    /// messages, or this is another maildrop. Nothing was fetched or deleted. Say in `fetch_options::changed_ids` what
    /// to do: fetch all again, or take them for delivered.
    unique_ids_changed,
    /// The server lists more than `fetch_options::listed_messages`. Raise it if the server is to be trusted.
    listed_messages_limit,
    /// The delivery does not want this message. It is that message's error alone, and tried again in the next runs.
    message_refused,
    /// The delivery will never want this message: it is in quarantine.
    message_rejected,
    /// The policy asks for what cannot be: see where it was made.
    invalid_policy,
    /// There was an error in the mbox, or in the directory, that only a person can mend: what is there is no mailbox.
    not_a_mailbox,
    /// Another program has the mailbox locked. Wait for it.
    mailbox_locked,
    /// The server refused the connection or the login. Why is in `fetch_report::refused`.
    login_refused,
    /// Other fetches could not reach this host, so this one was not begun (`fetch_all_options::host_failures`).
    host_given_up,
};

/// The category of `fetch_errc`; its name is "pop3.fetch".
const std::error_category& fetch_category() noexcept;

/// Makes a `std::error_code` of it; so does the conversion.
inline std::error_code make_error_code(fetch_errc e) noexcept
{
    return {static_cast<int>(e), fetch_category()};
}

} // namespace pop3

template <>
struct std::is_error_code_enum<pop3::fetch_errc> : std::true_type {};

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/error.ipp>
#endif
