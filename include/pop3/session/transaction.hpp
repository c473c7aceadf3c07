// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/dele.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/rset.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/completion.hpp>
#include <pop3/message_number.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/inquiring.hpp>
#include <pop3/session/update.hpp>
#include <pop3/state.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace pop3 {

namespace detail {

/// Keeps `async_list(1)` and `async_list(token)` apart.
template <class Token>
concept no_number = token_like<Token> && !std::convertible_to<Token, message_number>;

} // namespace detail

/// TRANSACTION: logged in, the maildrop is locked for this session (RFC 1939, section 5). Messages have numbers
/// from 1, which hold until the session ends. Those marked as deleted leave gaps: no listing is a sequence.
///
/// Nothing is deleted before `async_quit`. A session that ends otherwise changes nothing.
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`; each operation names only what is
/// its own.
template <class Stream>
class [[nodiscard("its destructor closes the connection, and deletes nothing")]] session<transaction, Stream>
    : public inquiring_session<transaction, Stream> {
public:
    session() = default;

    /// STAT: how many messages there are, and their size (RFC 1939, section 5).
    ///
    ///     C: STAT
    ///     S: +OK 2 320
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<drop_listing>)`.
    template <class Token = default_token>
    auto async_stat(Token&& token = {})
    {
        return this->async_execute(command::stat(), std::forward<Token>(token));
    }

    /// LIST: number and size of every message not marked as deleted (RFC 1939, section 5).
    ///
    ///     C: LIST
    ///     S: +OK 2 messages (320 octets)
    ///     S: 1 120
    ///     S: 3 200
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<std::vector<scan_listing>>)`.
    /// Limits: `limits::listing_entries`, `limits::response_line`.
    template <detail::no_number Token = default_token>
    auto async_list(Token&& token = {})
    {
        return this->async_execute(command::list(), std::forward<Token>(token));
    }

    /// LIST msg: number and size of one message (RFC 1939, section 5).
    ///
    ///     C: LIST 2
    ///     S: +OK 2 200
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<scan_listing>)`.
    template <class Token = default_token>
    auto async_list(message_number number, Token&& token = {})
    {
        return this->async_execute(command::list_one(number), std::forward<Token>(token));
    }

    /// UIDL: number and unique-id of every message not marked as deleted (RFC 1939, section 7).
    ///
    ///     C: UIDL
    ///     S: +OK
    ///     S: 1 whqtswO00WBw418f9t5JxYwZ
    ///     S: 2 QhdPYR:00WBw1Ph7x7
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers: one that has it not refuses.
    /// Completion signature: `void(std::error_code, reply<std::vector<unique_id_listing>>)`. Identical copies of a
    /// message may have the same unique-id.
    /// Limits: `limits::listing_entries`, `limits::unique_id`, `limits::response_line`.
    template <detail::no_number Token = default_token>
    auto async_uidl(Token&& token = {})
    {
        return this->async_execute(command::uidl(), std::forward<Token>(token));
    }

    /// UIDL msg: number and unique-id of one message (RFC 1939, section 7).
    ///
    ///     C: UIDL 2
    ///     S: +OK 2 QhdPYR:00WBw1Ph7x7
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<unique_id_listing>)`.
    template <class Token = default_token>
    auto async_uidl(message_number number, Token&& token = {})
    {
        return this->async_execute(command::uidl_one(number), std::forward<Token>(token));
    }

    /// RETR msg: a whole message, into memory (RFC 1939, section 5).
    ///
    ///     C: RETR 1
    ///     S: +OK 120 octets
    ///     S: <the message>
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<message>)`.
    /// Errors: `errc::message_octets_limit`; `errc::connection_closed` or `errc::connection_truncated` if the
    /// connection ends before the message does: a part of a message is never passed for the whole.
    /// Limits: `limits::message_octets`.
    template <class Token = default_token>
    auto async_retr(message_number number, Token&& token = {})
    {
        return this->async_execute(command::retr(number), std::forward<Token>(token));
    }

    /// TOP msg n: the header of a message, and the first lines of its body (RFC 1939, section 7).
    ///
    ///     C: TOP 1 10
    ///     S: +OK
    ///     S: <header, empty line, 10 lines of the body>
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers.
    /// number: from 1, not marked as deleted. lines: how many of the body, from 0.
    /// Completion signature: `void(std::error_code, reply<message>)`.
    /// Limits: `limits::message_octets`.
    template <class Token = default_token>
    auto async_top(message_number number, std::uint64_t lines, Token&& token = {})
    {
        return this->async_execute(command::top(number, lines), std::forward<Token>(token));
    }

    /// DELE msg: marks a message as deleted (RFC 1939, section 5). It is removed by `async_quit`, and not before.
    ///
    ///     C: DELE 1
    ///     S: +OK message 1 deleted
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <class Token = default_token>
    auto async_dele(message_number number, Token&& token = {})
    {
        return this->async_execute(command::dele(number), std::forward<Token>(token));
    }

    /// RSET: no message is marked as deleted any more (RFC 1939, section 5).
    ///
    ///     C: RSET
    ///     S: +OK maildrop has 2 messages (320 octets)
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <class Token = default_token>
    auto async_rset(Token&& token = {})
    {
        return this->async_execute(command::rset(), std::forward<Token>(token));
    }

    /// NOOP: nothing but a reply, by which the server sees that the client is still there (RFC 1939, section 5).
    ///
    ///     C: NOOP
    ///     S: +OK
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <class Token = default_token>
    auto async_noop(Token&& token = {})
    {
        return this->async_execute(command::noop(), std::forward<Token>(token));
    }

    /// LAST: the highest number of a message that was accessed (RFC 1460, section 5).
    ///
    ///     C: LAST
    ///     S: +OK 1
    ///
    /// State: TRANSACTION -> TRANSACTION. Removed from POP3 by RFC 1725: most servers refuse it.
    /// Completion signature: `void(std::error_code, reply<std::optional<message_number>>)`; nothing if none was.
    template <class Token = default_token>
    auto async_last(Token&& token = {})
    {
        return this->async_execute(command::last(), std::forward<Token>(token));
    }

    /// QUIT: removes the messages marked as deleted, and ends the session (RFC 1939, section 6).
    ///
    ///     C: QUIT
    ///     S: +OK dewey POP3 server signing off
    ///
    /// State: TRANSACTION -> UPDATE, and the connection is closed, TLS in order (`limits::shutdown_time`).
    /// Completion signature: `void(std::error_code, reply<session<update, Stream>, session<transaction, Stream>>)`.
    /// A -ERR is no refusal: the value says `deletions::partly_failed`. If the connection is lost after QUIT was
    /// sent, there is the error, and beside it a value that says `deletions::unknown`. (The default token throws the error;
    /// the deletions are unknown then.) Takes up to `limits::operation_time` and `limits::shutdown_time`.
    template <class Token = default_token>
    auto async_quit(Token&& token = {}) &&
    {
        return this->start(std::move(this->connection_), command::exchange<command::quit>(command::quit()),
                           detail::quit_and_update<Stream>(), std::forward<Token>(token));
    }

    // clang-format off
    auto async_quit(auto&&...) & = delete; // QUIT consumes the session: write std::move(s).async_quit()
    auto async_login(auto&&...) = delete; // this session is logged in: for another user connect again
    auto async_user(auto&&...) = delete; // USER is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_pass(auto&&...) = delete; // PASS is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_apop(auto&&...) = delete; // APOP is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_auth(auto&&...) = delete; // AUTH is an AUTHORIZATION command (RFC 5034 s.4): this session is logged in
    auto async_stls(auto&&...) = delete; // STLS is an AUTHORIZATION command (RFC 2595 s.4): TLS must come before the login
    auto async_utf8(auto&&...) = delete; // UTF8 is an AUTHORIZATION command (RFC 6856 s.2): send it before the login
    // clang-format on

private:
    friend detail::session_access;
    using inquiring_session<transaction, Stream>::inquiring_session;
};

} // namespace pop3
