// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/completion.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/runs_on.hpp>
#include <pop3/mailbox/erased.hpp>
#include <pop3/mailbox/fetch_job.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/fetch_run.hpp>
#include <pop3/mailbox/fetch_session.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/opens_mailbox.hpp>
#include <pop3/mailbox/seen_store.hpp>
#include <pop3/session.hpp>

#include <asio/any_io_executor.hpp>

#include <concepts>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3 {

/// Fetches what is new, delivers it, remembers it, deletes what the policy says, and ends the session with QUIT. No message is
/// lost, whatever breaks on the way, and none is delivered twice if the delivery knows what it has (`maildir`):
/// each is delivered and durable before it is recorded, and recorded before it is deleted.
///
///     C: UIDL
///     C: LIST
///     S: +OK ...
///     C: RETR 7
///     C: RETR 8
///     S: +OK ...
///     C: DELE 7
///     C: DELE 8
///     C: QUIT
///
///     pop3::seen_file seen("state/mrose.seen");
///     pop3::maildir inbox("Mail/inbox");
///     auto report = co_await pop3::async_fetch(std::move(mailbox), seen, inbox,
///                                              pop3::delete_after(std::chrono::days(14)));
///     std::cout << report.fetched << " new, " << report.left << " left\n";
///
/// State: TRANSACTION -> UPDATE, and the connection is closed.
/// mailbox: logged in, with nothing marked for deletion. It is consumed.
/// seen: what was delivered before (`seen_store`): `seen_file`, or one of your own. delivery: where the messages go
/// (`mail_delivery`). Both are used on the executor of the session, which waits for the disk, and must live until the operation
/// completes. policy: what to fetch and to delete (`fetch_policy`). options: see there.
/// Completion signature: `void(std::error_code, fetch_report)`. The report says the truth also beside an error, which stands in
/// it too. (The default token throws the error, and drops the report: `asio::redirect_error(asio::use_awaitable, ec)` keeps
/// both.)
/// Errors: those of the session, of the disk, and `fetch_errc`. What came whole before an error is delivered and recorded, and
/// nothing is deleted in that session. A message that cannot be had or delivered is no error, but a row of the report.
/// Cancellation: `asio::cancellation_type::terminal` ends the session at once. To end it in order, return `flow::drain` from
/// `fetch_options::on_progress`.
/// Limits: `limits::pipeline_commands`, `limits::streamed_octets`, and those of `fetch_options`.
template <class Stream, seen_store Store, mail_delivery Delivery,
          detail::completed_with<fetch_report> Token = default_token>
auto async_fetch(session<transaction, Stream> mailbox, Store& seen, Delivery& delivery,
                 const fetch_policy& policy, fetch_options options, Token&& token = {})
{
    const asio::any_io_executor executor = mailbox.get_executor();
    if (options.account.empty())
        options.account = mailbox.account();
    auto job = std::make_unique<detail::fetch_job>(
        std::make_shared<detail::seen_store_ref<Store>>(seen),
        std::make_shared<detail::mail_delivery_ref<Delivery>>(delivery), policy, std::move(options));
    return detail::compose<Token, void(std::error_code, fetch_report)>(
        detail::fetch_session<Stream>(std::move(mailbox), std::move(job)), token, executor);
}

/// The same with the options as they are by default.
template <class Stream, seen_store Store, mail_delivery Delivery,
          detail::completed_with<fetch_report> Token = default_token>
    requires(!std::same_as<std::remove_cvref_t<Token>, fetch_options>)
auto async_fetch(session<transaction, Stream> mailbox, Store& seen, Delivery& delivery,
                 const fetch_policy& policy, Token&& token = {})
{
    return pop3::async_fetch(std::move(mailbox), seen, delivery, policy, fetch_options(),
                             std::forward<Token>(token));
}

/// Fetches an account: connects, logs in, fetches, and does so again until nothing is left that it can fetch now.
///
///     pop3::mail_account mrose(tls, pop3::parse_url("pop://mrose@pop.example.org"), pop3::password("mrose", secret));
///     auto report = co_await pop3::async_fetch(executor, mrose, seen, inbox, pop3::keep_on_server());
///
/// There is another session
/// - when one has reached `fetch_options::session_messages`, `session_octets` or `session_time`,
/// - without sending ahead, when a server announced PIPELINING and mixed up its replies (`fetch_report::one_by_one`),
/// - after a while, when the connection failed or was lost, or the server said that it will do later: `fetch_options::retry`,
/// - to look for more, if `fetch_options::look_again` is set.
///
/// State: none -> UPDATE, and the connection is closed.
/// executor: what it runs on. account: how to get in; copied. `mail_account`, or one of your own (`opens_mailbox`).
/// seen, delivery, policy, options, completion, cancellation: as above. The report is of all sessions together: sums of what was done,
/// and of what is left what the last one says.
/// Errors: as above, and those of connecting and of the login; `fetch_errc::login_refused`: what the server said is in
/// `fetch_report::refused`.
template <opens_mailbox Account, seen_store Store, mail_delivery Delivery,
          detail::completed_with<fetch_report> Token = default_token>
auto async_fetch(const asio::any_io_executor& executor, Account account, Store& seen, Delivery& delivery,
                 const fetch_policy& policy, fetch_options options, Token&& token = {})
{
    if (options.account.empty())
        options.account = account.name();
    const auto home = detail::one_at_a_time(executor);
    return detail::compose<Token, void(std::error_code, fetch_report)>(
        detail::fetch_run<Account>(
            home, std::move(account), std::make_shared<detail::seen_store_ref<Store>>(seen),
            std::make_shared<detail::mail_delivery_ref<Delivery>>(delivery), policy, std::move(options)),
        token, home);
}

/// The same with the options as they are by default.
template <opens_mailbox Account, seen_store Store, mail_delivery Delivery,
          detail::completed_with<fetch_report> Token = default_token>
    requires(!std::same_as<std::remove_cvref_t<Token>, fetch_options>)
auto async_fetch(const asio::any_io_executor& executor, Account account, Store& seen, Delivery& delivery,
                 const fetch_policy& policy, Token&& token = {})
{
    return pop3::async_fetch(executor, std::move(account), seen, delivery, policy, fetch_options(),
                             std::forward<Token>(token));
}

} // namespace pop3
