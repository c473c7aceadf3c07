// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/completion.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/runs_on.hpp>
#include <pop3/mailbox/fetch_all_options.hpp>
#include <pop3/mailbox/fetch_crowd.hpp>
#include <pop3/mailbox/fetch_task.hpp>

#include <asio/any_io_executor.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3 {

namespace detail {

/// Waits until a crowd has ended.
class fetch_all {
public:
    explicit fetch_all(std::shared_ptr<fetch_crowd> crowd) : crowd_(std::move(crowd))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        if (cancelled_ || !self.cancelled())
            crowd_->go_on();
        // Also if it was asked for just now, in a function of the user's.
        if (self.cancelled() && !cancelled_) {
            cancelled_ = true;
            crowd_->cancel();
        }
        if (crowd_->done())
            return self.complete(crowd_->error(), crowd_->take_summary());
        const auto timer = crowd_->timer();
        timer->async_wait(std::move(self).next());
    }

private:
    std::shared_ptr<fetch_crowd> crowd_;
    bool cancelled_ = false;
};

} // namespace detail

/// Fetches many accounts: so many at a time and on one host, and never two sessions on one account.
///
///     pop3::seen_file seen("state/all.seen");
///     auto next = [&, at = accounts.begin()]() mutable -> std::optional<pop3::fetch_task> {
///         if (at == accounts.end())
///             return {};
///         const auto& a = *at++;
///         return pop3::fetch_task(pop3::mail_account(tls, a.where, a.password), seen,
///                                 std::make_unique<pop3::maildir>("Mail/" + a.user), pop3::keep_on_server());
///     };
///     auto all = co_await pop3::async_fetch_all(executor, next);
///     for (const auto& report : all.problems)
///         std::cerr << report.account << ": " << report.error.message() << '\n';
///
/// executor: what all of it runs on, one step after the other (a strand is made if need be). A store that serves all accounts needs no
/// lock therefore; but while one of them waits for the disk, all do.
/// next: gives one account after the other, when there is room for it, and nothing when there are no more. It is asked about 1,000
/// ahead, to get around busy hosts. If two have one account name, the second begins when the first has ended.
/// options: see there.
/// Completion signature: `void(std::error_code, fetch_summary)`. What befalls one account is no error of the whole: it is in the
/// report of that account (`fetch_summary::problems`, `fetch_all_options::on_report`).
/// Errors: `errc::function_threw` if `next` or `on_report` threw: no more accounts were begun.
/// Cancellation: terminal. Ends all sessions at once.
/// Each account is tried again as its `fetch_options::retry` says; one that waits makes room for another (`fetch_all_options::patience`).
template <std::convertible_to<std::function<std::optional<fetch_task>()>> Source,
          detail::completed_with<fetch_summary> Token = default_token>
auto async_fetch_all(const asio::any_io_executor& executor, Source next, fetch_all_options options,
                     Token&& token = {})
{
    const auto home = detail::one_at_a_time(executor);
    return detail::compose<Token, void(std::error_code, fetch_summary)>(
        detail::fetch_all(std::make_shared<detail::fetch_crowd>(home, std::move(next), std::move(options))),
        token, home);
}

/// The same with the options as they are by default.
template <std::convertible_to<std::function<std::optional<fetch_task>()>> Source,
          detail::completed_with<fetch_summary> Token = default_token>
    requires(!std::same_as<std::remove_cvref_t<Token>, fetch_all_options>)
auto async_fetch_all(const asio::any_io_executor& executor, Source next, Token&& token = {})
{
    return pop3::async_fetch_all(executor, std::move(next), fetch_all_options(), std::forward<Token>(token));
}

} // namespace pop3
