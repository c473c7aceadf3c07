// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/receive.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/first_buffer.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/handle.hpp>
#include <pop3/state.hpp>

#include <asio/buffer.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace pop3 {

/// TRANSACTION, while a message comes that the user reads piece by piece, at the pace of what becomes of it: nothing is read
/// ahead, so that the server waits for a slow reader. It models Asio's AsyncReadStream until the end of the message,
/// dot-stuffing undone; `async_finish` gives the session back for other commands.
///
///     auto body = co_await std::move(mailbox).async_receive(1);
///     std::array<char, 4096> piece;
///     for (;;) {
///         auto [ec, n] = co_await body.async_read_some(asio::buffer(piece), as_tuple);
///         if (ec == asio::error::eof)
///             break;                       // that was the whole message
///         ...
///     }
///     mailbox = co_await std::move(body).async_finish();
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`. Each operation has a deadline of its own
/// (`limits::operation_time`): between them the user may take as long as the server allows.
template <class Stream>
class [[nodiscard("its destructor closes the connection, and deletes nothing")]] session<receiving, Stream>
    : public session_handle<receiving, Stream> {
public:
    session() = default;

    /// Reads some of the message: what there is, at most what there is room for. Waits if there is nothing.
    ///
    /// State: stays.
    /// buffers: where to; must live until the operation completes. Into the first that is not empty.
    /// Completion signature: `void(std::error_code, std::size_t)`: how many octets were read, at least one.
    /// Errors: `asio::error::eof`: the message has ended, and all of it was read; the session lives, call `async_finish`. Any
    /// other one that is fatal: the message is not whole (`errc::connection_closed`, ...).
    /// Limits: `limits::streamed_octets`, for the whole message.
    template <class MutableBuffers, class Token = default_token>
    auto async_read_some(const MutableBuffers& buffers, Token&& token = {})
    {
        const auto first = detail::first_buffer<asio::mutable_buffer>(buffers);
        const std::span<char> room(static_cast<char*>(first.data()), first.size());
        return this->start(this->connection_, command::receive_piece(body(), room), detail::piece_received(),
                           std::forward<Token>(token));
    }

    /// Ends it: what was not read of the message is read and dropped.
    ///
    /// State: receiving -> TRANSACTION.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<receiving, Stream>>)`. It is never refused.
    /// Errors: `errc::drained_octets_limit` if the rest is larger than that limit. To end it at once destroy the
    /// session: that closes the connection.
    template <class Token = default_token>
    auto async_finish(Token&& token = {}) &&
    {
        auto* const rest = body();
        return this->start(std::move(this->connection_), command::drain_body(rest),
                           detail::leave<session<transaction, Stream>, session>(),
                           std::forward<Token>(token));
    }

    // clang-format off
    detail::awaited<session<transaction, Stream>> async_finish(...) const& POP3_DELETED("it consumes the session: write std::move(s).async_finish()");
    auto async_stat(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_list(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_uidl(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_retr(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_top(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_receive(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_pipeline(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_dele(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_rset(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_noop(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_last(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_capa(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_lang(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    auto async_quit(...) const = delete; // a message is being received: mailbox = co_await std::move(s).async_finish() first
    // clang-format on

private:
    friend detail::session_access;
    using session_handle<receiving, Stream>::session_handle;

    /// An empty session has none, and its operations do not get as far as to need it.
    command::received_body* body() noexcept
    {
        return this->connection_ ? &this->connection_->body : nullptr;
    }
};

} // namespace pop3
