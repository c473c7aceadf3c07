// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/seen_record.hpp>
#include <pop3/message_number.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3 {

/// A message that is about to come.
struct arriving_message {
    /// The account, as the seen store knows it.
    std::string_view account;
    /// The unique-id is empty if the server has none for it that can be read.
    seen_key key;
    message_number number = 0;
    /// As the server listed it: advice, no promise.
    std::uint64_t octets = unknown_octets;
    /// Its header comes alone.
    bool headers = false;
};

/// What became of a message that was delivered.
enum class kept {
    yes,     ///< It is durable.
    already, ///< It is durable, and was before: the same octets had been delivered under this unique-id.
    no,      ///< Not this time. It is tried again in the next runs.
    never,   ///< It will never be. It is in quarantine then.
};

/// How a delivery says what became of its messages when it commits them later. To be called once, from any thread; only the
/// first call counts. After an error nothing is known of any of them.
using commit_callback = std::function<void(std::error_code, std::vector<kept>)>;

/// A delivery that commits without waiting for it: to a database, say.
template <class D>
concept commits_later = requires(D& d, commit_callback done) {
    { d.async_commit(std::move(done)) } -> std::same_as<void>;
};

/// A delivery that has committed when its function returns.
template <class D>
concept commits_at_once = requires(D& d, std::error_code& ec) {
    { d.commit(ec) } -> std::same_as<std::vector<kept>>;
};

/// Where messages go: a Maildir, a database. They come one after the other, each in pieces:
///
///     d.begin(m, ec)        `m` is valid during the call.
///     d.write(piece, ec)    The next octets of it: lines end in CRLF, dot-stuffing is undone.
///     d.end(ec)             That was all of it.
///     d.discard()           That was not all of it: it is forgotten. Also after an error of the three.
///     d.commit(ec)          Makes durable what has ended since the last commit, and says of each message, in order, what became
///                           of it. After an error nothing is known of any of them.
///
/// or, in place of the last, if that takes long:
///
///     d.async_commit(done)  The same, and calls `done` when it is done. No other function is called before that. Meanwhile the
///                           session is kept alive (`fetch_options::keep_alive`).
///
/// An error of `begin`, `write` and `end` that is `fetch_errc::message_refused` or `message_rejected`, `file_too_large` or
/// `filename_too_long` is the message's own: the others come all the same. Any other one (the disk is full, say) ends the
/// fetch, after what had ended before is committed and recorded.
template <class D>
concept mail_delivery =
    requires(D& d, const arriving_message& m, std::span<const char> piece, std::error_code& ec) {
        { d.begin(m, ec) } -> std::same_as<void>;
        { d.write(piece, ec) } -> std::same_as<void>;
        { d.end(ec) } -> std::same_as<void>;
        { d.discard() } -> std::same_as<void>;
    } && (commits_at_once<D> || commits_later<D>);

} // namespace pop3
