// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/dele.hpp>
#include <pop3/command/lenient_listing.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/delivery.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/erased.hpp>
#include <pop3/mailbox/fetch_command.hpp>
#include <pop3/mailbox/fetch_job.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/seen_store.hpp>
#include <pop3/reply.hpp>
#include <pop3/session.hpp>
#include <pop3/session/outside_call.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

/// A fetch over a session: what a `fetch_job` wants, one step after the other.
template <class Stream>
class fetch {
    using mailbox = session<transaction, Stream>;
    using listings = std::tuple<reply<listing_delivery>, reply<listing_delivery>>;
    using farewell = reply<session<update, Stream>, mailbox>;

public:
    fetch(mailbox session, std::unique_ptr<fetch_job> job)
        : session_(std::move(session)), job_(std::move(job))
    {
    }

    /// Begins it; or ends it, when there was nothing to wait for; or what came is committed, or still is not.
    template <class Self>
    void operator()(Self& self, std::error_code = {});

    /// The listings came.
    template <class Self>
    void operator()(Self& self, std::error_code ec, listings replies);

    /// The messages came, or the deletions were marked.
    template <class Self>
    void operator()(Self& self, std::error_code ec, std::size_t);

    /// NOOP was answered.
    template <class Self>
    void operator()(Self& self, std::error_code ec, const reply<void>&);

    /// QUIT was answered.
    template <class Self>
    void operator()(Self& self, std::error_code ec, farewell said);

private:
    enum class stage { start, listing, messages, commit, deletions, quit, done };
    using commit_call = outside_call<std::vector<kept>>;

    template <class Self>
    void retrieve(Self& self);

    template <class Self>
    void commit(Self& self);

    template <class Self>
    void wait_for_commit(Self& self);

    template <class Self>
    void check_commit(Self& self);

    template <class Self>
    void remove(Self& self);

    template <class Self>
    void leave(Self& self);

    template <class Self>
    void finish(Self& self);

    mailbox session_;
    std::unique_ptr<fetch_job> job_;
    std::unique_ptr<commit_call> commit_;
    stage at_ = stage::start;
};

template <class Stream>
template <class Self>
void fetch<Stream>::operator()(Self& self, std::error_code)
{
    if (at_ == stage::done)
        return finish(self);
    if (at_ == stage::commit)
        return check_commit(self);
    if (job_->open())
        return leave(self);
    at_ = stage::listing;
    auto* const job = job_.get();
    session_.async_pipeline(
        command::lenient_uidl_to([job](const listing_line<unique_id_view>& line) { return job->list(line); }),
        command::lenient_list_to([job](const listing_line<scan_listing>& line) { return job->list(line); }),
        std::move(self));
}

template <class Stream>
template <class Self>
void fetch<Stream>::operator()(Self& self, std::error_code ec, listings replies)
{
    if (ec)
        job_->fail(ec);
    if (ec || !job_->listed(std::get<0>(replies), std::get<1>(replies)))
        return leave(self);
    retrieve(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::retrieve(Self& self)
{
    at_ = stage::messages;
    auto* const job = job_.get();
    session_.async_pipeline(
        fetch_commands(*job),
        [job](std::size_t index, const reply<delivery>& said) {
            return job->answered(static_cast<fetch_job::item>(index), said);
        },
        std::move(self));
}

template <class Stream>
template <class Self>
void fetch<Stream>::operator()(Self& self, std::error_code ec, std::size_t)
{
    if (ec)
        job_->fail(ec);
    if (at_ == stage::deletions)
        return leave(self);
    if (job_->must_wait_for_commit())
        return commit(self);
    job_->settle();
    remove(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::commit(Self& self)
{
    at_ = stage::commit;
    commit_ = std::make_unique<commit_call>(self.get_executor());
    auto done = commit_->callback();
    // The operation may end in the next function, and these with it.
    auto* const job = job_.get();
    POP3_TRY
    {
        job->begin_commit(done);
    }
    POP3_CATCH(...)
    {
        done(errc::function_threw, {});
    }
    wait_for_commit(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::wait_for_commit(Self& self)
{
    const auto timer = commit_->timer();
    timer->expires_after(bounded(job_->keep_alive()));
    timer->async_wait(std::move(self).next());
}

/// The session waits for the user's function whatever happens: it may be at work with what belongs to the user.
template <class Stream>
template <class Self>
void fetch<Stream>::check_commit(Self& self)
{
    if (!commit_->answered()) {
        if (self.cancelled()) {
            job_->fail(asio::error::operation_aborted);
            session_ = mailbox();
        }
        if (!session_.is_open())
            return wait_for_commit(self);
        return session_.async_noop(std::move(self));
    }
    const auto answer = commit_->close();
    commit_.reset();
    job_->committed(answer->error, answer->result);
    if (job_->wants_more() && session_.is_open())
        return retrieve(self);
    job_->settle();
    remove(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::operator()(Self& self, std::error_code ec, const reply<void>&)
{
    if (ec)
        job_->fail(ec);
    if (commit_->answered())
        return check_commit(self);
    wait_for_commit(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::remove(Self& self)
{
    const auto numbers = job_->deletions();
    if (numbers.empty())
        return leave(self);
    at_ = stage::deletions;
    auto* const job = job_.get();
    session_.async_pipeline(
        std::vector<command::dele>(numbers.begin(), numbers.end()),
        [job](std::size_t index, const reply<void>& said) { job->deleted(index, said); }, std::move(self));
}

template <class Stream>
template <class Self>
void fetch<Stream>::leave(Self& self)
{
    // What is not followed to its end must not be told to carry out deletions.
    if (job_->must_close() || !session_.is_open()) {
        session_ = mailbox();
        at_ = stage::done;
        return detail::post(std::move(self).next());
    }
    at_ = stage::quit;
    std::move(session_).async_quit(std::move(self));
}

template <class Stream>
template <class Self>
void fetch<Stream>::operator()(Self& self, std::error_code ec, farewell said)
{
    if (ec)
        job_->fail(ec);
    if (said)
        job_->ended(said->deletions(), said->refusal());
    finish(self);
}

template <class Stream>
template <class Self>
void fetch<Stream>::finish(Self& self)
{
    auto report = job_->take_report();
    job_.reset();
    const auto ec = report.error;
    self.complete(ec, std::move(report));
}

} // namespace detail

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
/// it too. (The default token throws the error, and drops the report.)
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
        detail::fetch<Stream>(std::move(mailbox), std::move(job)), token, executor);
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

} // namespace pop3
