// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/pass.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/single.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/secret.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/handle.hpp>
#include <pop3/session/transaction.hpp>
#include <pop3/state.hpp>
#include <pop3/stream.hpp>

#include <string_view>
#include <utility>

namespace pop3 {

/// USER was accepted; PASS or QUIT must follow (RFC 1939, section 7). That it was accepted says nothing about
/// whether there is such a mailbox.
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`.
template <class Stream>
class [[nodiscard("its destructor closes the connection")]] session<awaiting_password, Stream>
    : public session_handle<awaiting_password, Stream> {
public:
    session() = default;

    /// PASS: shows the password, and logs in (RFC 1939, section 7).
    ///
    ///     C: PASS secret
    ///     S: +OK maildrop locked and ready
    ///
    /// State: AUTHORIZATION -> TRANSACTION; after a refusal AUTHORIZATION, from USER on.
    /// password: copied; spaces are a part of it. Sent over a secure stream, or one of `allow_cleartext`, only.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<authorization, Stream>>)`.
    template <detail::completed_with<reply<session<transaction, Stream>, session<authorization, Stream>>>
                  Token = default_token>
        requires may_carry_secrets<Stream>
    auto async_pass(std::string_view password, Token&& token = {}) &&
    {
        return std::move(*this).async_execute(command::pass(secret(password)), std::forward<Token>(token));
    }

    /// QUIT: ends the session before the login (RFC 1939, section 6). There is no UPDATE.
    ///
    ///     C: QUIT
    ///     S: +OK dewey POP3 server signing off
    ///
    /// State: AUTHORIZATION -> closed.
    /// Completion signature: `void(std::error_code, reply<closed, session<awaiting_password, Stream>>)`.
    template <class Token = default_token>
    auto async_quit(Token&& token = {}) &&
    {
        return this->start(std::move(this->connection_), command::single<command::quit>(command::quit()),
                           detail::quit_at_once<session>(), std::forward<Token>(token));
    }

    // clang-format off
    detail::awaited<session<transaction, Stream>> async_pass(...) const&& requires(may_carry_secrets<Stream>) POP3_DELETED("wanted: a password, and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>");
    detail::awaited<session<transaction, Stream>> async_pass(...) const&& requires(!may_carry_secrets<Stream>) POP3_DELETED("PASS shows the password in clear text on this stream: connect with TLS, or with pop3::allow_cleartext");
    detail::awaited<session<transaction, Stream>> async_pass(...) const& POP3_DELETED("PASS consumes the session: write std::move(s).async_pass(...)");
    detail::awaited<closed> async_quit(...) const& POP3_DELETED("QUIT consumes the session: write std::move(s).async_quit()");
    auto async_stat(...) const = delete; // STAT is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_list(...) const = delete; // LIST is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_uidl(...) const = delete; // UIDL is a TRANSACTION command (RFC 1939 s.7): finish async_pass() first
    auto async_retr(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_top(...) const = delete;  // TOP is a TRANSACTION command (RFC 1939 s.7): finish async_pass() first
    auto async_receive(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_pipeline(...) const = delete; // pipelines are for TRANSACTION: finish async_pass() first
    auto async_dele(...) const = delete; // DELE is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_rset(...) const = delete; // RSET is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_noop(...) const = delete; // NOOP is a TRANSACTION command (RFC 1939 s.5): finish async_pass() first
    auto async_last(...) const = delete; // LAST is a TRANSACTION command (RFC 1460 s.5): finish async_pass() first
    auto async_user(...) const = delete; // USER was accepted already: async_pass() or async_quit() must follow (RFC 1939 s.7)
    auto async_login(...) const = delete; // USER was accepted already: async_pass() or async_quit() must follow (RFC 1939 s.7)
    auto async_capa(...) const = delete; // after USER comes PASS or QUIT (RFC 1939 s.7): send CAPA before async_user()
    auto async_apop(...) const = delete; // USER was accepted already: async_pass() or async_quit() must follow (RFC 1939 s.7)
    auto async_auth(...) const = delete; // USER was accepted already: async_pass() or async_quit() must follow (RFC 1939 s.7)
    auto async_stls(...) const = delete; // after USER comes PASS or QUIT (RFC 1939 s.7): send STLS before async_user()
    auto async_utf8(...) const = delete; // after USER comes PASS or QUIT (RFC 1939 s.7): send UTF8 before async_user()
    auto async_lang(...) const = delete; // after USER comes PASS or QUIT (RFC 1939 s.7): send LANG before async_user()
    // clang-format on

private:
    friend detail::session_access;
    using session_handle<awaiting_password, Stream>::session_handle;
};

} // namespace pop3
