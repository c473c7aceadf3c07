// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/dele.hpp>
#include <pop3/command/lenient_listing.hpp>
#include <pop3/config.hpp>
#include <pop3/delivery.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/fetch_command.hpp>
#include <pop3/mailbox/fetch_job.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/reply.hpp>
#include <pop3/session.hpp>
#include <pop3/session/outside_call.hpp>

#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace pop3::detail {

/// A fetch over a session: what a `fetch_job` wants, one step after the other.
template <class Stream>
class fetch_session {
    using mailbox = session<transaction, Stream>;
    using listings = std::tuple<reply<listing_delivery>, reply<listing_delivery>>;
    using farewell = reply<session<update, Stream>, mailbox>;

public:
    fetch_session(mailbox session, std::unique_ptr<fetch_job> job)
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

    /// Closes the session if that was asked for when no command was under way that could have been told. (A step that goes on would go on
    /// to its end.)
    template <class Self>
    void heed_cancellation(const Self& self);

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
void fetch_session<Stream>::operator()(Self& self, std::error_code)
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
void fetch_session<Stream>::heed_cancellation(const Self& self)
{
    if (!self.cancelled() || !session_.is_open())
        return;
    job_->fail(asio::error::operation_aborted);
    session_ = mailbox();
}

template <class Stream>
template <class Self>
void fetch_session<Stream>::operator()(Self& self, std::error_code ec, listings replies)
{
    if (ec)
        job_->fail(ec);
    heed_cancellation(self);
    if (ec || !session_.is_open() || !job_->listed(std::get<0>(replies), std::get<1>(replies)))
        return leave(self);
    retrieve(self);
}

template <class Stream>
template <class Self>
void fetch_session<Stream>::retrieve(Self& self)
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
void fetch_session<Stream>::operator()(Self& self, std::error_code ec, std::size_t)
{
    if (ec)
        job_->fail(ec);
    heed_cancellation(self);
    if (at_ == stage::deletions)
        return leave(self);
    if (job_->must_wait_for_commit())
        return commit(self);
    job_->settle();
    remove(self);
}

template <class Stream>
template <class Self>
void fetch_session<Stream>::commit(Self& self)
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
void fetch_session<Stream>::wait_for_commit(Self& self)
{
    const auto timer = commit_->timer();
    timer->expires_after(bounded(job_->keep_alive()));
    timer->async_wait(std::move(self).next());
}

/// The session waits for the user's function whatever happens: it may be at work with what belongs to the user.
template <class Stream>
template <class Self>
void fetch_session<Stream>::check_commit(Self& self)
{
    heed_cancellation(self);
    if (!commit_->answered()) {
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
void fetch_session<Stream>::operator()(Self& self, std::error_code ec, const reply<void>&)
{
    if (ec)
        job_->fail(ec);
    if (commit_->answered())
        return check_commit(self);
    wait_for_commit(self);
}

template <class Stream>
template <class Self>
void fetch_session<Stream>::remove(Self& self)
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
void fetch_session<Stream>::leave(Self& self)
{
    heed_cancellation(self);
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
void fetch_session<Stream>::operator()(Self& self, std::error_code ec, farewell said)
{
    if (ec)
        job_->fail(ec);
    if (said)
        job_->ended(said->deletions(), said->refusal());
    finish(self);
}

template <class Stream>
template <class Self>
void fetch_session<Stream>::finish(Self& self)
{
    auto report = job_->take_report();
    job_.reset();
    const auto ec = report.error;
    self.complete(ec, std::move(report));
}

} // namespace pop3::detail
