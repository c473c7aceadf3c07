// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/shared.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace pop3::detail {

/// Whether an execution context still takes what is posted to it. A thread that does not run the context has no other
/// way to know that it is not just being destroyed. It outlives the context.
class open_context {
public:
    /// That of the context in which `executor` runs things.
    static std::shared_ptr<open_context> of(const asio::any_io_executor& executor)
    {
        return asio::use_service<owner>(asio::query(executor, asio::execution::context)).state;
    }

    /// Calls `f`, unless the context is being destroyed or has been. It is not destroyed before `f` has returned.
    template <class F>
    void if_open(F f)
    {
        const std::lock_guard lock(mutex_);
        if (open_)
            f();
    }

    /// Calls `f` in any case, not while another one runs.
    template <class F>
    auto locked(F f)
    {
        const std::lock_guard lock(mutex_);
        return f();
    }

private:
    /// A context tells its services of its end before it destroys the first handler, the last service first. What runs the
    /// handlers is the first.
    struct owner : asio::execution_context::service {
        using key_type = owner;
        static inline asio::execution_context::id id;

        explicit owner(asio::execution_context& context) : asio::execution_context::service(context)
        {
        }

        void shutdown() noexcept override
        {
            state->locked([this] { state->open_ = false; });
        }

        const std::shared_ptr<open_context> state = detail::share_new<open_context>();
    };

    std::mutex mutex_;
    bool open_ = true;
};

} // namespace pop3::detail
