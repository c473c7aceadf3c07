// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/message_number.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3 {

/// A message of a batch.
struct batch_message {
    /// Whose it is: `fetch_options::account`, or the one that was made for it.
    std::string account;
    /// As the server gives it: untrusted input. Empty if the server has none for it that can be read.
    std::string unique_id;
    /// From 1: which it is of those with this unique-id, where a server gives it twice.
    std::uint32_t ordinal = 1;
    message_number number = 0;
    /// It is the header alone.
    bool headers = false;
    /// All of it: lines end in CRLF, dot-stuffing is undone.
    std::string octets;
};

/// Delivers whole messages, a batch at a time, to a function of yours: a transaction of a database.
///
///     pop3::batch_delivery database([&](std::vector<pop3::batch_message> batch, pop3::commit_callback done) {
///         asio::post(pool, [&, batch = std::move(batch), done] {
///             try {
///                 insert(batch); // BEGIN … COMMIT
///                 done({}, std::vector(batch.size(), pop3::kept::yes));
///             } catch (const std::exception&) {
///                 done(std::make_error_code(std::errc::io_error), {});
///             }
///         });
///     });
///     pop3::seen_memory none; // the database knows what it has
///     auto report = co_await pop3::async_fetch(std::move(mailbox), none, database, pop3::delete_after_delivery());
///
/// The function calls back when the transaction is durable, at once or later, from any thread, and says of each message what became
/// of it. Only then is it recorded and deleted. If the process ends in between, or the callback has an error, the messages come
/// again: have a unique key of account, unique-id, ordinal and octets (a server may give a unique-id again, to another message), and
/// say `kept::already`. If it throws, that is an error, `errc::function_threw`.
///
/// A batch is in memory: `fetch_options::batch_messages` or `batch_octets` of them, and what was on its way by then. A message of
/// more than `most_octets` is not delivered (`std::errc::file_too_large`); it stays on the server, and is in the report.
class batch_delivery {
public:
    /// What takes a batch, and calls `done` when it is durable.
    using function = std::function<void(std::vector<batch_message> batch, commit_callback done)>;

    /// most_octets: of a message.
    explicit batch_delivery(function commit, std::size_t most_octets = 64u << 20)
        : function_(std::move(commit)), most_octets_(most_octets)
    {
    }

    void begin(const arriving_message& m, std::error_code& ec);
    void write(std::span<const char> piece, std::error_code& ec);
    void end(std::error_code& ec);
    void discard();
    void async_commit(commit_callback done);

private:
    function function_;
    std::size_t most_octets_;
    batch_message arriving_;
    std::vector<batch_message> batch_;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/batch_delivery.ipp>
#endif
