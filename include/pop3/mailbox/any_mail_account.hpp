// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/any_stream.hpp>
#include <pop3/connect_any.hpp>
#include <pop3/mailbox/basic_mail_account.hpp>
#include <pop3/security.hpp>
#include <pop3/url.hpp>

#include <asio/any_io_executor.hpp>

#include <utility>

namespace pop3 {

namespace detail {

/// As a `security` says.
struct by_security {
    using stream_type = any_stream;

    template <class Handler>
    void connect(const asio::any_io_executor& executor, const url& where, const connect_options& options,
                 Handler handler) const
    {
        pop3::async_connect(executor, how, where, options, std::move(handler));
    }

    security how;
};

} // namespace detail

/// A maildrop, and how to get in, where the kind of security is known at run time only. (Not part of mailbox.hpp: who needs it
/// compiles it.)
///
///     const pop3::security how(pop3::parse_security(config.security).value(), tls);
///     pop3::any_mail_account mrose(how, pop3::parse_url(config.url), pop3::password("mrose", secret));
///     auto report = co_await pop3::async_fetch(executor, mrose, seen, inbox, pop3::keep_on_server());
///
/// Without TLS, where cleartext was not allowed, the login uses what shows no secret, or fails with
/// `errc::no_shared_mechanism`.
class any_mail_account : public basic_mail_account<detail::by_security> {
public:
    /// where, credentials: as of `mail_account`.
    any_mail_account(security how, url where, credentials_type credentials)
        : basic_mail_account({std::move(how)}, std::move(where), std::move(credentials))
    {
    }
};

} // namespace pop3
