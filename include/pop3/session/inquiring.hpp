// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/capa.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/completion.hpp>
#include <pop3/session/handle.hpp>

#include <string_view>
#include <utility>

namespace pop3 {

/// What can be asked before the login and after it: in AUTHORIZATION and in TRANSACTION.
template <class State, class Stream>
class inquiring_session : public session_handle<State, Stream> {
public:
    /// CAPA: what the server can do (RFC 2449, section 5).
    ///
    ///     C: CAPA
    ///     S: +OK Capability list follows
    ///     S: TOP
    ///     S: USER
    ///     S: .
    ///
    /// State: stays. After the login the server may be able to do other things. An old server refuses; the session is not
    /// the worse for it.
    /// Completion signature: `void(std::error_code, reply<capabilities>)`.
    /// Limits: `limits::capabilities`, `limits::response_line`.
    template <detail::completed_with<reply<pop3::capabilities>> Token = default_token>
    auto async_capa(Token&& token = {})
    {
        return this->async_execute(command::capa(), std::forward<Token>(token));
    }

    /// LANG: the languages in which the server can answer (RFC 6856, section 3).
    ///
    ///     C: LANG
    ///     S: +OK Language listing follows:
    ///     S: en English
    ///     S: de Deutsch
    ///     S: .
    ///
    /// State: stays.
    /// Completion signature: `void(std::error_code, reply<std::vector<language>>)`.
    /// Limits: `limits::languages`, `limits::response_line`.
    template <detail::no_text Token = default_token>
    auto async_lang(Token&& token = {})
    {
        return this->async_execute(command::lang_list(), std::forward<Token>(token));
    }

    /// LANG tag: the language in which the server answers from here on (RFC 6856, section 3).
    ///
    ///     C: LANG de
    ///     S: +OK de Ab hier auf Deutsch
    ///
    /// State: stays.
    /// range: a language range (RFC 4647) such as "de" or "en-GB"; "*" for the server's own choice.
    /// Completion signature: `void(std::error_code, reply<language>)`.
    template <class Token = default_token>
    auto async_lang(std::string_view range, Token&& token = {})
    {
        return this->async_execute(command::lang(range), std::forward<Token>(token));
    }

protected:
    using session_handle<State, Stream>::session_handle;
};

} // namespace pop3
