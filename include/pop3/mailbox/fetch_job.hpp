// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/delivery.hpp>
#include <pop3/flow.hpp>
#include <pop3/lenient.hpp>
#include <pop3/listing.hpp>
#include <pop3/mailbox/erased.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_plan.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/maildrop_listing.hpp>
#include <pop3/mailbox/octets_digest.hpp>
#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>
#include <pop3/message_number.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/update.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace pop3::detail {

/// What one session fetches, without I/O over the network: it is told what the server lists, sends and answers, and says what to
/// ask for. Its order is what keeps mail from being lost: deliver, commit, record, and only then delete.
class fetch_job {
public:
    fetch_job(std::shared_ptr<any_seen_store> store, std::shared_ptr<any_mail_delivery> delivery,
              const fetch_policy& policy, fetch_options options);

    fetch_job(const fetch_job&) = delete;
    fetch_job& operator=(const fetch_job&) = delete;

    /// Drops what has not been committed.
    ~fetch_job();

    // ---- Before anything is sent

    /// It belongs to a run that began then, and is not its first session: what has failed in that is left for the next run.
    void continues(std::chrono::sys_seconds began) noexcept
    {
        run_began_ = began;
    }

    /// Opens the store. An error is in the report.
    std::error_code open();

    // ---- The listing

    flow list(const listing_line<unique_id_view>& line);
    flow list(const listing_line<scan_listing>& line);

    /// Both were read to their dots, or refused. Makes the plan; false if there is nothing to do but QUIT.
    bool listed(const reply<listing_delivery>& unique_ids, const reply<listing_delivery>& sizes);

    // ---- The messages

    using item = std::uint32_t; // of the plan

    /// Whether there is another message to ask for, as things stand.
    bool wants_more();

    /// The next one.
    item next() const noexcept;

    /// It was asked for.
    void asked() noexcept;

    message_number number(item i) const noexcept;
    bool headers(item i) const noexcept;

    /// A piece of it.
    flow piece(item i, std::span<const char> octets);

    /// It came whole, or was refused. Commits and records what is due.
    flow answered(item i, const reply<delivery>& said);

    /// The last of them came; more may be wanted when these are committed. False if there is nothing to wait for.
    bool must_wait_for_commit();

    /// `done` is to be called then.
    void begin_commit(commit_callback done);

    /// How long a session may be left alone meanwhile.
    std::chrono::seconds keep_alive() const noexcept
    {
        return options_.keep_alive > std::chrono::seconds(0) ? options_.keep_alive
                                                             : std::chrono::hours(24 * 365);
    }

    /// What became of them.
    void committed(std::error_code ec, std::span<const kept> outcomes);

    /// No more come. Commits and records the rest.
    void settle();

    // ---- The deletions

    /// What is to be deleted, each recorded as such.
    std::vector<message_number> deletions();

    void deleted(std::size_t index, const reply<void>& said);

    // ---- The end

    /// What the server said to QUIT, or that it did not.
    void ended(pop3::deletions outcome, const refusal& why);

    /// The session broke, or something else did.
    void fail(std::error_code ec);

    /// The session is not to be used any more: not even for QUIT.
    bool must_close() const noexcept;

    fetch_report take_report();

private:
    using row_type = maildrop_listing::row_type;

    std::chrono::sys_seconds now() const;
    bool knows_unique_ids() const;
    seen_key key(row_type row) const noexcept;
    const fetch_plan::wanted& wanted(item i) const noexcept;

    bool begin(item i);
    flow go_on();
    void recognise(item i, const std::string& digest);
    void fail_message(item i, skip_reason why, std::error_code ec, std::string text);
    void forget_message();
    void skip(row_type row, skip_reason why, std::uint32_t attempts = 0, std::error_code ec = {},
              std::string text = {});
    bool commit();
    bool record_batch(std::error_code ec, std::span<const kept> outcomes);
    void record(item i, kept outcome, seen_key key, std::vector<seen_record>& records);
    seen_record make_record(row_type row, seen_key key, seen_state state) const;
    bool append(std::span<const seen_record> records);

    static bool is_its_own(std::error_code ec) noexcept;

    struct pending {
        item which;
        std::uint64_t octets;
        std::string digest; // of a message without a unique-id
    };

    std::shared_ptr<any_seen_store> store_;
    std::shared_ptr<any_mail_delivery> delivery_;
    fetch_policy policy_;
    fetch_options options_;
    fetch_report report_;
    maildrop_listing listing_;
    seen_index* index_ = nullptr;
    fetch_plan plan_;
    std::vector<pending> pending_;    // to be committed
    std::vector<pending> committing_; // being committed
    std::vector<row_type> to_delete_;
    std::vector<row_type> marked_;
    fetch_progress progress_;
    std::chrono::sys_seconds begun_;
    std::optional<std::chrono::sys_seconds> run_began_;
    octets_digest digest_;
    std::error_code message_error_; // of the message that comes
    std::uint64_t message_octets_ = 0;
    std::uint64_t pending_octets_ = 0;
    item asked_ = 0;
    item answered_ = 0;
    bool arriving_ = false;
    bool commit_due_ = false;  // nothing more is asked for before that
    bool stopped_ = false;     // nothing more is asked for
    bool broken_ = false;      // the session is to be closed
    bool disk_failed_ = false; // nothing more is committed or recorded
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_job.ipp>
#include <pop3/mailbox/fetch_job_commit.ipp>
#include <pop3/mailbox/fetch_job_messages.ipp>
#endif
