// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/capa.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/user.hpp>
#include <pop3/completion.hpp>
#include <pop3/greeting.hpp>
#include <pop3/password.hpp>
#include <pop3/session/awaiting_password.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/handle.hpp>
#include <pop3/session/transaction.hpp>
#include <pop3/state.hpp>
#include <pop3/stream.hpp>

#include <string_view>
#include <utility>

namespace pop3 {

/// AUTHORIZATION: the server has greeted, and wants to know who you are (RFC 1939, section 4). Made by
/// `async_connect`, or by `async_greet` over a stream of your own.
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`.
template <class Stream>
class [[nodiscard("its destructor closes the connection")]] session<authorization, Stream>
    : public session_handle<authorization, Stream> {
public:
    session() = default;

    /// What the server said first. Empty for an empty session.
    pop3::greeting greeting() const
    {
        return this->connection_ ? this->connection_->greeting : pop3::greeting();
    }

    /// Logs in with USER and PASS (RFC 1939, section 7), under one deadline. Both are checked before anything is
    /// sent, and PASS is sent only after USER was accepted.
    ///
    ///     C: USER mrose
    ///     S: +OK
    ///     C: PASS secret
    ///     S: +OK maildrop locked and ready
    ///
    /// State: AUTHORIZATION -> TRANSACTION; after a refusal of either AUTHORIZATION, so that another password can
    /// be tried on the same connection.
    /// credentials: copied. Sent over a secure stream, or one of `allow_cleartext`, only.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<authorization, Stream>>)`.
    template <class Token = default_token>
        requires may_carry_secrets<Stream>
    auto async_login(const password& credentials, Token&& token = {}) &&
    {
        using finish = detail::leave<session<transaction, Stream>, session>;
        return this->start(std::move(this->connection_), command::login(credentials), finish(),
                           std::forward<Token>(token));
    }

    /// USER: names the mailbox (RFC 1939, section 7).
    ///
    ///     C: USER mrose
    ///     S: +OK
    ///
    /// State: AUTHORIZATION -> awaiting PASS; after a refusal AUTHORIZATION.
    /// name: copied. Octets from 0x80 are sent as they are.
    /// Completion signature:
    /// `void(std::error_code, reply<session<awaiting_password, Stream>, session<authorization, Stream>>)`.
    template <class Token = default_token>
    auto async_user(std::string_view name, Token&& token = {}) &&
    {
        return std::move(*this).async_execute(command::user(name), std::forward<Token>(token));
    }

    /// CAPA: what the server can do (RFC 2449, section 5).
    ///
    ///     C: CAPA
    ///     S: +OK Capability list follows
    ///     S: TOP
    ///     S: USER
    ///     S: .
    ///
    /// State: AUTHORIZATION -> AUTHORIZATION. An old server refuses; the session is not the worse for it.
    /// Completion signature: `void(std::error_code, reply<capabilities>)`.
    /// Limits: `limits::capabilities`, `limits::response_line`.
    template <class Token = default_token>
    auto async_capa(Token&& token = {})
    {
        return this->async_execute(command::capa(), std::forward<Token>(token));
    }

    /// QUIT: ends the session before the login (RFC 1939, section 6). There is no UPDATE.
    ///
    ///     C: QUIT
    ///     S: +OK dewey POP3 server signing off
    ///
    /// State: AUTHORIZATION -> closed.
    /// Completion signature: `void(std::error_code, reply<closed, session<authorization, Stream>>)`.
    template <class Token = default_token>
    auto async_quit(Token&& token = {}) &&
    {
        return this->start(std::move(this->connection_), command::exchange<command::quit>(command::quit()),
                           detail::quit_at_once<session>(), std::forward<Token>(token));
    }

    // clang-format off
    template <class... T> requires(!may_carry_secrets<Stream>) auto async_login(T&&...) && = delete; // the password would be sent in clear text on this stream: connect with TLS, or with pop3::allow_cleartext
    auto async_login(std::string_view, std::string_view, auto&&...) && = delete; // write async_login(pop3::password{name, secret})
    auto async_login(auto&&...) & = delete; // the login consumes the session: write std::move(s).async_login(...)
    auto async_user(auto&&...) & = delete; // USER consumes the session: write std::move(s).async_user(...)
    auto async_quit(auto&&...) & = delete; // QUIT consumes the session: write std::move(s).async_quit()
    auto async_pass(auto&&...) = delete; // PASS comes after USER (RFC 1939 s.7): finish async_user() first, or call async_login()
    auto async_stat(auto&&...) = delete; // STAT is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_list(auto&&...) = delete; // LIST is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_uidl(auto&&...) = delete; // UIDL is a TRANSACTION command (RFC 1939 s.7): finish async_login() first
    auto async_retr(auto&&...) = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_top(auto&&...) = delete;  // TOP is a TRANSACTION command (RFC 1939 s.7): finish async_login() first
    auto async_dele(auto&&...) = delete; // DELE is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_rset(auto&&...) = delete; // RSET is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_noop(auto&&...) = delete; // NOOP is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_last(auto&&...) = delete; // LAST is a TRANSACTION command (RFC 1460 s.5): finish async_login() first
    // clang-format on

private:
    friend detail::session_access;
    using session_handle<authorization, Stream>::session_handle;
};

} // namespace pop3
