// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>
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

/// What a token provider has said.
struct token_answer {
    std::error_code error;
    secret token;
};

/// A token that is being got, by whatever means. The operation owns this and waits for the timer, which the answer
/// cancels. The answer may come from any thread at any time, also when the operation, or its context, is gone: what the
/// callback holds knows nothing of them then.
class token_request {
public:
    explicit token_request(const asio::any_io_executor& executor)
        : timer_(std::make_shared<asio::steady_timer>(executor)),
          inbox_(std::make_shared<inbox>(executor, timer_))
    {
    }

    token_request(const token_request&) = delete;
    token_request& operator=(const token_request&) = delete;

    ~token_request()
    {
        inbox_->close();
    }

    const std::shared_ptr<asio::steady_timer>& timer() const noexcept
    {
        return timer_;
    }

    /// To be called by whoever has the answer. Only the first one counts.
    auto callback() const
    {
        return [to = inbox_](std::error_code ec, secret token) {
            to->put(ec, std::move(token));
        };
    }

    /// Takes no more answers, and gives the answer that came, if any.
    std::optional<token_answer> close()
    {
        return inbox_->close();
    }

private:
    class inbox {
    public:
        inbox(const asio::any_io_executor& executor, std::weak_ptr<asio::steady_timer> timer)
            // One that counts as work would keep `run()` from returning for as long as the provider keeps the callback.
            : context_(open_context::of(executor)),
              executor_(asio::prefer(executor, asio::execution::outstanding_work.untracked)),
              timer_(std::move(timer))
        {
        }

        void put(std::error_code ec, secret token)
        {
            context_->if_open([&] {
                if (!executor_ || answer_)
                    return;
                answer_ = token_answer{ec, std::move(token)};
                asio::post(executor_, [timer = timer_] {
                    if (const auto waiting = timer.lock())
                        waiting->cancel();
                });
            });
        }

        std::optional<token_answer> close()
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
        std::optional<token_answer> answer_;
    };

    std::shared_ptr<asio::steady_timer> timer_;
    std::shared_ptr<inbox> inbox_;
};

} // namespace pop3::detail
