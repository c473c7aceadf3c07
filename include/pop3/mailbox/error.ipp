// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/error.hpp>

#include <string>
#include <system_error>

namespace pop3 {

namespace detail {

class fetch_error_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3.fetch";
    }

    std::string message(int value) const override
    {
        return text(value);
    }

private:
    static const char* text(int value) noexcept
    {
        switch (static_cast<fetch_errc>(value)) {
        case fetch_errc::store_locked:
            return "the seen store is in use by another process";
        case fetch_errc::not_a_store:
            return "the file is no seen store";
        case fetch_errc::store_too_new:
            return "the seen store is of a newer version of this library";
        case fetch_errc::store_failed:
            return "writing to the seen store has failed before";
        case fetch_errc::account_in_use:
            return "a fetch of this account is under way";
        case fetch_errc::no_unique_ids:
            return "the server has no unique-ids (UIDL), which this policy needs";
        case fetch_errc::unique_ids_changed:
            return "nearly all unique-ids are new where nearly all were known: see "
                   "fetch_options::changed_ids";
        case fetch_errc::listed_messages_limit:
            return "the server lists more messages than fetch_options::listed_messages";
        case fetch_errc::message_refused:
            return "the delivery does not want this message now";
        case fetch_errc::message_rejected:
            return "the delivery will never want this message";
        case fetch_errc::invalid_policy:
            return "the policy has an age below zero";
        case fetch_errc::not_a_mailbox:
            return "what is there is no mailbox";
        case fetch_errc::mailbox_locked:
            return "the mailbox is locked by another program";
        case fetch_errc::login_refused:
            return "the server refused the login";
        case fetch_errc::host_given_up:
            return "the host was not reached by other fetches, and is left alone in this run";
        }
        return "unknown error";
    }
};

} // namespace detail

POP3_DECL const std::error_category& fetch_category() noexcept
{
    static const detail::fetch_error_category instance;
    return instance;
}

} // namespace pop3
