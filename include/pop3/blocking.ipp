// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/blocking.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/executor_target.hpp>
#include <pop3/detail/runs_on.hpp>
#include <pop3/error.hpp>
#include <pop3/throw_error.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::detail {

/// The `io_context` that an executor is of, if it can be known.
inline asio::io_context* io_context_of(const asio::any_io_executor& executor)
{
    if (const auto* const direct = detail::executor_target<asio::io_context::executor_type>(executor))
        return &static_cast<asio::io_context&>(asio::query(*direct, asio::execution::context));
    if (const auto* const strand =
            detail::executor_target<asio::strand<asio::io_context::executor_type>>(executor))
        return &static_cast<asio::io_context&>(
            asio::query(strand->get_inner_executor(), asio::execution::context));
    if (const auto* const strand = detail::executor_target<asio::strand<asio::any_io_executor>>(executor))
        return detail::io_context_of(strand->get_inner_executor());
    return nullptr;
}

/// Whether this thread is within a handler of the context.
inline bool is_within(const asio::any_io_executor& executor, asio::io_context* context)
{
    if (context != nullptr)
        return context->get_executor().running_in_this_thread();
    const auto within = [](const auto& inner) {
        return inner.running_in_this_thread();
    };
    if (const auto* const pool = detail::executor_target<asio::thread_pool::executor_type>(executor))
        return within(*pool);
    if (const auto* const strand =
            detail::executor_target<asio::strand<asio::thread_pool::executor_type>>(executor))
        return within(strand->get_inner_executor());
    if (const auto* const strand = detail::executor_target<asio::strand<asio::any_io_executor>>(executor))
        return detail::is_within(strand->get_inner_executor(), nullptr);
    return detail::runs_on(executor);
}

/// What is known of an `io_context`: that nobody else runs it.
struct left_alone : asio::execution_context::service {
    using key_type = left_alone;
    static inline asio::execution_context::id id;

    explicit left_alone(asio::execution_context& context) : asio::execution_context::service(context)
    {
    }

    void shutdown() noexcept override
    {
    }

    std::atomic<bool> known = false; // two threads may wait at once
};

POP3_DECL waiting_thread::waiting_thread(const asio::any_io_executor& executor)
    : context_(executor ? detail::io_context_of(executor) : nullptr)
{
    if (executor && detail::is_within(executor, context_)) {
        forbidden_ = errc::blocking_in_handler;
        return;
    }
    if (context_ == nullptr)
        return;
    was_stopped_ = context_->stopped();
    // It stops when its last work goes. If it does so now there was none, and so nobody can be running it.
    asio::make_work_guard(*context_).reset();
    is_idle_ = context_->stopped();
    if (is_idle_)
        context_->restart();
}

POP3_DECL void waiting_thread::wake() noexcept
{
    const std::lock_guard lock(mutex_);
    done_ = true;
    woken_.notify_all(); // under the lock: who waits may destroy this when it has that
}

POP3_DECL bool waiting_thread::done()
{
    const std::lock_guard lock(mutex_);
    return done_;
}

POP3_DECL void waiting_thread::wait()
{
    if (context_ != nullptr && (is_idle_ || !somebody_runs_it()))
        return run_it();
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return done_; });
}

/// Waits for a sign of it, for a while.
POP3_DECL bool waiting_thread::somebody_runs_it()
{
    auto& alone = asio::use_service<left_alone>(*context_);
    if (alone.known)
        return false;
    // The sign may come late, when nobody waits any more.
    struct sign {
        std::mutex mutex;
        std::condition_variable came;
        bool is_there = false;
    };
    const auto s = std::make_shared<sign>();
    asio::post(*context_, [s] {
        const std::lock_guard lock(s->mutex);
        s->is_there = true;
        s->came.notify_all();
    });
    std::unique_lock lock(s->mutex);
    alone.known = !s->came.wait_for(lock, std::chrono::milliseconds(100), [&] { return s->is_there; });
    return !alone.known;
}

POP3_DECL void waiting_thread::run_it()
{
    std::exception_ptr thrown; // by a handler of something else; the operation still has what is here
    while (!done()) {
        POP3_TRY
        {
            // A handler may have stopped it.
            if (context_->run_one() == 0)
                context_->restart();
        }
        POP3_CATCH(...)
        {
            thrown = std::current_exception();
        }
    }
    // What the operation has cancelled is ready now. Left here it would look like work of somebody else the next time.
    for (int i = 0; is_idle_ && i != 64 && !thrown; ++i) {
        POP3_TRY
        {
            if (context_->poll_one() == 0)
                break;
        }
        POP3_CATCH(...)
        {
            thrown = std::current_exception();
        }
    }
    if (was_stopped_)
        context_->stop();
    else if (context_->stopped())
        context_->restart();
#if !defined(POP3_NO_EXCEPTIONS)
    if (thrown)
        std::rethrow_exception(thrown);
#endif
}

POP3_DECL void throw_blocking(std::error_code ec, std::exception_ptr thrown, std::string_view verb)
{
#if !defined(POP3_NO_EXCEPTIONS)
    if (thrown)
        std::rethrow_exception(thrown);
#else
    static_cast<void>(thrown);
#endif
    if (verb.empty())
        throw_error(ec);
    throw_error(ec, std::string(verb));
}

} // namespace pop3::detail
