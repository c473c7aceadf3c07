// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/connect.hpp>
#include <pop3/mailbox/basic_mail_account.hpp>
#include <pop3/security.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/url.hpp>

#include <asio/any_io_executor.hpp>

#include <utility>

namespace pop3 {

namespace detail {

/// TLS from the first octet, or STLS.
struct tls_or_stls {
    using stream_type = tls_stream;

    template <class Handler>
    void connect(const asio::any_io_executor& executor, const url& where, const connect_options& options,
                 Handler handler) const
    {
        if (in_clear_first)
            pop3::async_connect(executor, how, where, options, std::move(handler));
        else
            pop3::async_connect(executor, how.context(), where, options, std::move(handler));
    }

    stls how;
    bool in_clear_first;
};

} // namespace detail

/// A maildrop, and how to get in: what a fetch needs that connects and logs in by itself. It is over TLS always; where the
/// kind of security is known at run time only, there is `any_mail_account`.
///
///     pop3::tls_context tls;
///     pop3::mail_account mrose(tls, pop3::parse_url("pop://mrose@pop.example.org"), pop3::password("mrose", secret));
///     auto report = co_await pop3::async_fetch(executor, mrose, seen, inbox, pop3::keep_on_server());
class mail_account : public basic_mail_account<detail::tls_or_stls> {
public:
    /// tls: TLS from the first octet. It is shared, and need not outlive the call.
    /// where: the server. If it names a mechanism, that is demanded (`login_options::mechanism`). credentials: a `password`, an
    /// `access_token`, or a `token_provider`, which is asked before each session.
    mail_account(const tls_context& tls, url where, credentials_type credentials)
        : basic_mail_account({stls(tls), false}, std::move(where), std::move(credentials))
    {
    }

    /// The same with STLS.
    mail_account(stls how, url where, credentials_type credentials)
        : basic_mail_account({std::move(how), true}, std::move(where), std::move(credentials))
    {
    }
};

} // namespace pop3
