// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_plan.hpp>
#include <pop3/message_number.hpp>
#include <pop3/refusal.hpp>
#include <pop3/session/update.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace pop3 {

/// A message that is left on the server, and was not delivered in this run.
struct skipped_message {
    /// In the session of this run.
    message_number number = 0;
    /// As the server gives it: untrusted input. Empty if there is none that can be read.
    std::string unique_id;
    /// As listed.
    std::uint64_t octets = unknown_octets;
    skip_reason why = skip_reason::later;
    /// How often its delivery failed, over all runs.
    std::uint32_t attempts = 0;
    /// Why its delivery failed.
    std::error_code error;
    /// What the server said when it refused it: untrusted input.
    std::string text;
};

/// What became of a fetch. It says the truth also beside an error: what is counted as fetched is delivered and recorded.
struct fetch_report {
    /// The account, as the seen store knows it.
    std::string account;
    /// Messages that the server lists.
    std::size_t listed = 0;
    /// Messages that were delivered and recorded in this run, and their octets.
    std::size_t fetched = 0;
    std::uint64_t octets = 0;
    /// Messages that were fetched again, and found delivered.
    std::size_t fetched_again = 0;
    /// Messages that had been delivered before, and are still there.
    std::size_t delivered_before = 0;
    /// Messages that are left on the server for a reason: those that stand in `skipped`, and more if there are too many
    /// (`fetch_options::reported`).
    std::size_t left = 0;
    std::vector<skipped_message> skipped;
    /// Messages that were deleted, as the server confirmed.
    std::size_t deleted = 0;
    /// Messages that are to be deleted, and may have been: the next session will see.
    std::size_t wanted_deletions = 0;
    /// Messages that the server refused to delete.
    std::size_t undeletable = 0;
    /// What the server said to QUIT; nothing if it was not sent.
    std::optional<deletions> outcome;
    /// What the server said when it refused a listing, or to carry out the deletions.
    std::optional<pop3::refusal> refused;
    /// Nearly all unique-ids are new where nearly all were known before.
    bool unique_ids_changed = false;
    /// The seen store was damaged. What could be read of it is used; the damaged file is kept under this name.
    std::string damaged_store;
    /// What was tolerated: numbers that the server lists twice, lines of its listings that cannot be read, sizes that are not what
    /// they were before.
    std::size_t doubled_numbers = 0;
    std::size_t unreadable_lines = 0;
    std::size_t changed_sizes = 0;
    /// Sessions that there were.
    std::size_t sessions = 0;
    /// Messages that were not asked for, since the session had reached a bound of `fetch_options`.
    std::size_t unasked = 0;
    /// `fetch_options::on_progress` ended it.
    bool stopped = false;
    /// The server announces PIPELINING, and cannot do it: what was left was fetched one by one.
    bool one_by_one = false;
    /// Why it ended early, if so; also what the operation completes with.
    std::error_code error;
    /// Where that was, for people, of a fetch that connects: "pop.example.org:995 (192.0.2.1)", or a command. Empty if it is not known.
    std::string failed_at;

    /// Makes it the report of one more session: what was done is summed up, of what is left the last one is right.
    void add(fetch_report of_session);
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_report.ipp>
#endif
