// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/session/open_context.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/steady_timer.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What a function of the user's has said.
template <class Result>
struct outside_answer {
    std::error_code error;
    Result result;
};

/// A function of the user's that is under way, and calls back when it has done what it was asked for. The operation owns this
/// and waits for the timer, which the answer cancels. The answer may come from any thread at any time, also when the operation,
/// or its context, is gone: what the callback holds knows nothing of them then.
template <class Result>
class outside_call {
public:
    using answer_type = outside_answer<Result>;

    explicit outside_call(const asio::any_io_executor& executor)
        : timer_(detail::share_new<asio::steady_timer>(executor)),
          inbox_(detail::share_new<inbox>(executor, timer_))
    {
    }

    outside_call(const outside_call&) = delete;
    outside_call& operator=(const outside_call&) = delete;

    ~outside_call()
    {
        inbox_->close();
    }

    const std::shared_ptr<asio::steady_timer>& timer() const noexcept
    {
        return timer_;
    }

    class callback_type;

    /// To be called by whoever has the answer. Only the first one counts.
    callback_type callback() const
    {
        return callback_type(inbox_);
    }

    /// Whether the answer has come.
    bool answered() const
    {
        return inbox_->answered();
    }

    /// Takes no more answers, and gives the answer that came, if any.
    std::optional<answer_type> close()
    {
        return inbox_->close();
    }

private:
    class inbox {
    public:
        inbox(const asio::any_io_executor& executor, std::weak_ptr<asio::steady_timer> timer)
            // One that counts as work would keep `run()` from returning for as long as somebody keeps the callback.
            : context_(open_context::of(executor)),
              executor_(asio::prefer(executor, asio::execution::outstanding_work.untracked)),
              timer_(std::move(timer))
        {
        }

        void put(std::error_code ec, Result result)
        {
            context_->if_open([&] {
                if (!executor_ || answer_)
                    return;
                answer_ = answer_type{ec, std::move(result)};
                asio::post(executor_, [timer = timer_] {
                    if (const auto waiting = timer.lock())
                        waiting->cancel();
                });
            });
        }

        bool answered()
        {
            return context_->locked([&] { return answer_.has_value(); });
        }

        std::optional<answer_type> close()
        {
            return context_->locked([&] {
                executor_ = asio::any_io_executor();
                timer_.reset();
                return std::exchange(answer_, std::nullopt);
            });
        }

    private:
        std::shared_ptr<open_context> context_;
        asio::any_io_executor executor_; // empty when nobody waits any more
        std::weak_ptr<asio::steady_timer> timer_;
        std::optional<answer_type> answer_;
    };

    std::shared_ptr<asio::steady_timer> timer_;
    std::shared_ptr<inbox> inbox_;
};

template <class Result>
class outside_call<Result>::callback_type {
public:
    explicit callback_type(std::shared_ptr<inbox> to) noexcept : to_(std::move(to))
    {
    }

    void operator()(std::error_code ec, Result result) const
    {
        to_->put(ec, std::move(result));
    }

private:
    std::shared_ptr<inbox> to_;
};

} // namespace pop3::detail
