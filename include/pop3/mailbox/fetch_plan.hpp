// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/maildrop_listing.hpp>
#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pop3 {

/// What to do when nearly all unique-ids are new where nearly all were known (`fetch_errc::unique_ids_changed`).
enum class changed_ids {
    automatic, ///< `stop` if the policy deletes anything, else `fetch`.
    stop,      ///< Fetch nothing.
    fetch,     ///< Fetch all that is unknown: a double beats a loss.
    adopt,     ///< Take all that is unknown for delivered.
};

/// Why a message is left on the server, and not delivered.
enum class skip_reason {
    too_large,  ///< Larger than the policy takes.
    quarantine, ///< Its delivery failed too often, or was rejected for good.
    refused,    ///< The server refused to give it: see `text`. It is tried again in the next run.
    not_kept,   ///< Its delivery failed: see `error`. It is tried again in the next run.
    later,      ///< There was no time left for it, or the session ended before it.
};

/// What a plan rests on, beside the policy.
struct fetch_terms {
    /// Whose maildrop it is.
    std::string_view account;
    /// The time that ages are counted to.
    std::chrono::sys_seconds now{};
    /// What to do if nearly all unique-ids are new.
    changed_ids changed = changed_ids::automatic;
    /// How often the delivery of a message may fail before it is in quarantine.
    std::uint32_t attempts = 5;
    /// When the run began, if this is not its first session: what has failed since is not tried again.
    std::optional<std::chrono::sys_seconds> run_began;
    /// How long a message must be missing before it is forgotten.
    std::chrono::seconds forget_after = std::chrono::days(30);
};

/// What to do in a session: which messages to fetch, to delete, to leave. It is made of what the server lists, of what is known
/// from before, and of the policy, and of nothing else (FETCH rules 6 to 8).
struct fetch_plan {
    /// A message, by its row in the `maildrop_listing`.
    using row_type = maildrop_listing::row_type;

    /// A message to fetch.
    struct wanted {
        /// Which.
        row_type row = 0;
        /// Its header only.
        bool headers = false;
        /// Delete it when it is delivered and recorded.
        bool then_delete = false;
        /// It is known, but not with this size.
        bool changed = false;

        friend bool operator==(const wanted&, const wanted&) = default;
    };

    /// A message to leave on the server.
    struct left {
        /// Which.
        row_type row = 0;
        /// For what reason.
        skip_reason why = skip_reason::too_large;

        friend bool operator==(const left&, const left&) = default;
    };

    /// In the order of the listing.
    std::vector<wanted> fetch;
    /// Delivered before: deleted without being fetched.
    std::vector<row_type> remove;
    std::vector<left> skipped;
    /// What the listing says: to be appended before anything is fetched. Their keys are in the listing and in the index.
    std::vector<seen_record> records;
    /// How many messages were delivered before, and are still there.
    std::size_t delivered_before = 0;
    /// How many known messages have another size than before, on a server whose sizes say nothing.
    std::size_t tolerated_sizes = 0;
    /// Nearly all is unknown where nearly all was known before.
    bool ids_changed = false;
    /// That ends it: nothing is to be done.
    bool stop = false;
};

/// Makes a plan. `listing` is complete: both listings were read to their dots.
fetch_plan make_fetch_plan(const maildrop_listing& listing, const seen_index& seen,
                           const fetch_policy& policy, const fetch_terms& terms);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_plan.ipp>
#endif
