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
#include <pop3/session.hpp>
#include <pop3/session/open_context.hpp>
#include <pop3/token_provider.hpp>
#include <pop3/url.hpp>

#include <asio/any_io_executor.hpp>

#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3 {

/// What `mail_account` and `any_mail_account` have in common: a maildrop, and how to get in.
/// How: has a `stream_type`, and `connect(executor, where, options, handler)`.
template <class How>
class basic_mail_account {
    class opening;

public:
    /// What it opens.
    using session_type = session<transaction, typename How::stream_type>;
    /// How to log in.
    using credentials_type = std::variant<password, access_token, token_provider>;

    /// What can be chosen beside that. `connect.pipelining` and `connect.port` count, too.
    connect_options connect;
    /// If the URL names a mechanism, that is demanded here.
    login_options login;

    /// The server, as it was given.
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
    /// Completion signature: `void(std::error_code, reply<session_type>)`. A refusal is the greeting's, or that of
    /// the login; the connection is closed then.
    /// Errors, cancellation, limits: as of `async_connect` and `async_login`.
    template <detail::completed_with<reply<session_type>> Token = default_token>
    auto async_open(const asio::any_io_executor& executor, pipelining how, Token&& token = {}) const
    {
        auto account = *this;
        if (how == pipelining::never)
            account.connect.pipelining = how;
        const auto home = detail::one_at_a_time(executor);
        return detail::compose<Token, void(std::error_code, reply<session_type>)>(
            opening(std::move(account), home), token, home);
    }

protected:
    basic_mail_account(How how, url where, credentials_type credentials)
        : login(where.auth), how_(std::move(how)), where_(std::move(where)),
          credentials_(std::move(credentials))
    {
    }

private:
    How how_;
    url where_;
    credentials_type credentials_;
};

/// Connects, and then logs in.
template <class How>
class basic_mail_account<How>::opening {
    using greeted = session<authorization, typename How::stream_type>;

public:
    opening(basic_mail_account account, asio::any_io_executor executor)
        : account_(std::move(account)), executor_(std::move(executor))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        account_.how_.connect(executor_, account_.where_, account_.connect, std::move(self));
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
    basic_mail_account account_;
    asio::any_io_executor executor_;
};

} // namespace pop3
