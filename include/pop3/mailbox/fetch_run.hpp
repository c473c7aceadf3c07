// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/compose.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/mailbox/erased.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_course.hpp>
#include <pop3/mailbox/fetch_job.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/fetch_session.hpp>
#include <pop3/mailbox/random.hpp>
#include <pop3/reply.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What a fetch of an account does.
enum class fetch_phase {
    waits,  // for its server, or for its time to try again
    speaks, // with its server
};

using fetch_watch = std::function<void(fetch_phase)>;

/// A fetch of an account, over as many sessions as it takes.
template <class Account>
class fetch_run {
    using mailbox = typename Account::session_type;
    using stream = typename mailbox::stream_type;

public:
    fetch_run(const asio::any_io_executor& executor, Account account, std::shared_ptr<any_seen_store> store,
              std::shared_ptr<any_mail_delivery> delivery, const fetch_policy& policy, fetch_options options,
              fetch_watch watch = {})
        : account_(std::move(account)), store_(std::move(store)), delivery_(std::move(delivery)),
          policy_(policy), options_(std::move(options)),
          course_(options_.retry, options_.sessions, options_.look_again),
          timer_(std::make_shared<asio::steady_timer>(executor)), watch_(std::move(watch))
    {
        report_.account = options_.account;
    }

    /// Begins, or goes on after a while.
    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        if (self.cancelled()) {
            report_.error = asio::error::operation_aborted;
            return finish(self);
        }
        if (began_ == std::chrono::sys_seconds())
            began_ = options_.time();
        const auto executor = self.get_executor();
        account_.async_open(executor, course_.pipelining(), std::move(self));
    }

    /// It is logged in, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<mailbox> opened)
    {
        if (self.cancelled()) // whatever has come of it
            ec = asio::error::operation_aborted;
        if (watch_)
            watch_(!ec && opened ? fetch_phase::speaks : fetch_phase::waits);
        if (!ec && opened)
            return fetch(self, *std::move(opened));
        report_.error = ec ? ec : fetch_errc::login_refused;
        report_.failed_at = opened.verb();
        if (ec)
            return go_on(self, course_.failed(ec, detail::random_bits()));
        report_.refused = std::move(opened).error();
        go_on(self, course_.refused(*report_.refused, detail::random_bits()));
    }

    /// A session has ended.
    template <class Self>
    void operator()(Self& self, std::error_code, fetch_report said)
    {
        const auto next = course_.ended(said, detail::random_bits());
        report_.add(std::move(said));
        if (watch_)
            watch_(fetch_phase::waits);
        report_.one_by_one = course_.pipelining() == pipelining::never;
        go_on(self, next);
    }

private:
    template <class Self>
    void fetch(Self& self, mailbox session)
    {
        auto job = std::make_unique<fetch_job>(store_, delivery_, policy_, options_);
        if (report_.sessions != 0)
            job->continues(began_);
        const auto executor = self.get_executor();
        detail::compose_here<Self, void(std::error_code, fetch_report)>(
            fetch_session<stream>(std::move(session), std::move(job)), self, executor);
    }

    template <class Self>
    void go_on(Self& self, const fetch_course::step& next)
    {
        if (!next.again)
            return finish(self);
        // When the timer is set nothing tells it any more.
        if (self.cancelled()) {
            report_.error = asio::error::operation_aborted;
            return finish(self);
        }
        const auto timer = timer_;
        timer->expires_after(next.after);
        timer->async_wait(std::move(self).next());
    }

    template <class Self>
    void finish(Self& self)
    {
        const auto ec = report_.error;
        self.complete(ec, std::move(report_));
    }

    Account account_;
    std::shared_ptr<any_seen_store> store_;
    std::shared_ptr<any_mail_delivery> delivery_;
    fetch_policy policy_;
    fetch_options options_;
    fetch_course course_;
    fetch_report report_;
    std::shared_ptr<asio::steady_timer> timer_;
    fetch_watch watch_;
    std::chrono::sys_seconds began_{};
};

} // namespace pop3::detail
