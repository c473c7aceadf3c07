// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/compose.hpp>
#include <pop3/mailbox/erased.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/fetch_run.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/opens_mailbox.hpp>
#include <pop3/mailbox/seen_store.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

class fetch_crowd;

/// A fetch of an account of any type.
class any_fetch {
public:
    using handler = std::function<void(std::error_code, fetch_report)>;

    virtual ~any_fetch() = default;

    /// Again, too, when it has ended.
    virtual void start(const asio::any_io_executor& executor, fetch_watch watch, asio::cancellation_slot slot,
                       handler done) = 0;

    std::string account; // what the store knows it by
    std::string host;
};

template <class Account>
class fetch_of final : public any_fetch {
public:
    fetch_of(Account a, std::shared_ptr<any_seen_store> store, std::shared_ptr<any_mail_delivery> delivery,
             const fetch_policy& policy, fetch_options options)
        : account_(std::move(a)), store_(std::move(store)), delivery_(std::move(delivery)), policy_(policy),
          options_(std::move(options))
    {
        const std::string name = account_.name();
        host = name.substr(name.rfind('@') + 1);
        if (options_.account.empty())
            options_.account = name;
        account = options_.account;
    }

    void start(const asio::any_io_executor& executor, fetch_watch watch, asio::cancellation_slot slot,
               handler done) override
    {
        auto token = asio::bind_cancellation_slot(slot, std::move(done));
        detail::compose<decltype(token), void(std::error_code, fetch_report)>(
            fetch_run<Account>(executor, account_, store_, delivery_, policy_, options_, std::move(watch)),
            token, executor);
    }

private:
    Account account_;
    std::shared_ptr<any_seen_store> store_;
    std::shared_ptr<any_mail_delivery> delivery_;
    fetch_policy policy_;
    fetch_options options_;
};

} // namespace detail

/// One of many accounts that `async_fetch_all` fetches.
class fetch_task {
public:
    /// account: how to get in (`mail_account`, or one of your own). seen: must live until the operation completes; one store
    /// can serve all accounts. delivery: is kept as long as it is needed. policy, options: as of `async_fetch`.
    template <opens_mailbox Account, seen_store Store, mail_delivery Delivery>
    fetch_task(Account account, Store& seen, std::unique_ptr<Delivery> delivery, const fetch_policy& policy,
               fetch_options options = {})
        : fetch_(std::make_unique<detail::fetch_of<Account>>(
              std::move(account), std::make_shared<detail::seen_store_ref<Store>>(seen),
              std::make_shared<detail::mail_delivery_owner<Delivery>>(std::move(delivery)), policy,
              std::move(options)))
    {
    }

    /// What the store knows it by.
    const std::string& account() const noexcept
    {
        return fetch_->account;
    }

    /// Where its maildrop is, "pop.example.org", as far as the limit per host is concerned: what stands behind the @ of its name.
    const std::string& host() const noexcept
    {
        return fetch_->host;
    }

private:
    friend class detail::fetch_crowd;

    std::unique_ptr<detail::any_fetch> fetch_;
};

} // namespace pop3
