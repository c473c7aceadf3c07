// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/connect.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/error.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/pipelining.hpp>
#include <pop3/reply.hpp>
#include <pop3/security.hpp>
#include <pop3/session.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/token_provider.hpp>
#include <pop3/url.hpp>

#include <asio/any_io_executor.hpp>

#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3 {

/// A maildrop, and how to get in: what a fetch needs that connects and logs in by itself.
///
///     pop3::tls_context tls;
///     pop3::mail_account mrose(tls, pop3::parse_url("pop://mrose@pop.example.org"), pop3::password("mrose", secret));
///     auto report = co_await pop3::async_fetch(executor, mrose, seen, inbox, pop3::keep_on_server());
class mail_account {
public:
    using session_type = session<transaction, tls_stream>;
    using credentials_type = std::variant<password, access_token, token_provider>;

    /// tls: TLS from the first octet. It is shared, and need not outlive the call.
    /// where: the server. If it names a mechanism, that is demanded (`login_options::mechanism`). credentials: a `password`, an
    /// `access_token`, or a `token_provider`, which is asked before each session.
    mail_account(const tls_context& tls, url where, credentials_type credentials)
        : mail_account(stls(tls), false, std::move(where), std::move(credentials))
    {
    }

    /// The same with STLS.
    mail_account(stls how, url where, credentials_type credentials)
        : mail_account(std::move(how), true, std::move(where), std::move(credentials))
    {
    }

    /// What can be chosen beside that. `connect.pipelining` and `connect.port` count, too.
    connect_options connect;
    login_options login;

    const url& where() const noexcept
    {
        return where_;
    }

    /// "mrose@pop.example.org": what a seen store knows it by. The kind of security is no part of it.
    std::string name() const
    {
        const auto& user =
            std::visit([](const auto& c) -> const std::string& { return c.name(); }, credentials_);
        return detail::make_account(user, where_.host, connect.port == 0 ? where_.port : connect.port);
    }

    /// Connects and logs in.
    /// how: with `never`, nothing is sent ahead of replies, whatever `connect` says.
    /// Completion signature: `void(std::error_code, reply<session<transaction, tls_stream>>)`. A refusal is the greeting's, or that of
    /// the login; the connection is closed then.
    /// Errors, cancellation, limits: as of `async_connect` and `async_login`.
    template <detail::completed_with<reply<session_type>> Token = default_token>
    auto async_open(const asio::any_io_executor& executor, pipelining how, Token&& token = {}) const;

private:
    class opening;

    mail_account(stls how, bool in_clear_first, url where, credentials_type credentials)
        : login(where.auth), stls_(std::move(how)), in_clear_first_(in_clear_first), where_(std::move(where)),
          credentials_(std::move(credentials))
    {
    }

    stls stls_;
    bool in_clear_first_;
    url where_;
    credentials_type credentials_;
};

/// Connects, and then logs in.
class mail_account::opening {
    using greeted = session<authorization, tls_stream>;

public:
    opening(mail_account account, asio::any_io_executor executor)
        : account_(std::move(account)), executor_(std::move(executor))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        const auto& a = account_;
        if (a.in_clear_first_)
            pop3::async_connect(executor_, a.stls_, a.where_, a.connect, std::move(self));
        else
            pop3::async_connect(executor_, a.stls_.context(), a.where_, a.connect, std::move(self));
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<greeted> said)
    {
        if (ec)
            return self.complete(ec, reply<session_type>(detail::failed_at(said.verb(), said)));
        if (!said)
            return self.complete({}, reply<session_type>(std::move(said).error()));
        std::visit(
            [&](const auto& credentials) {
                (*std::move(said)).async_login(credentials, account_.login, std::move(self));
            },
            account_.credentials_);
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<session_type, greeted> said)
    {
        if (ec)
            return self.complete(ec, reply<session_type>(detail::failed_at(said.verb(), said)));
        if (!said)
            return self.complete({}, reply<session_type>(std::move(said).error()));
        self.complete({}, reply<session_type>(*std::move(said)));
    }

private:
    mail_account account_;
    asio::any_io_executor executor_;
};

template <detail::completed_with<reply<mail_account::session_type>> Token>
auto mail_account::async_open(const asio::any_io_executor& executor, pipelining how, Token&& token) const
{
    auto account = *this;
    if (how == pipelining::never)
        account.connect.pipelining = how;
    const auto home = detail::one_at_a_time(executor);
    return detail::compose<Token, void(std::error_code, reply<session_type>)>(
        opening(std::move(account), home), token, home);
}

} // namespace pop3
