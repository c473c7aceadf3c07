// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/completion.hpp>
#include <pop3/detail/executor_target.hpp>
#include <pop3/detail/runs_on.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/compose.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/prefer.hpp>
#include <asio/system_executor.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pop3::detail {

// Asio runs the steps of a composed operation on the executor of the handler. That one need not be where the I/O is: that of
// `use_future` is any thread of the system's. Here the steps run on the executor of the stream, and nothing but the
// completion goes to the handler's own.

/// A function that runs on the executor of `Handler`, or on `io` if it has none, in memory of its allocator.
template <class Handler, class Function>
struct bound_to_handler {
    using executor_type = asio::associated_executor_t<Handler, asio::any_io_executor>;
    using allocator_type = asio::associated_allocator_t<Handler>;

    executor_type get_executor() const noexcept
    {
        return asio::get_associated_executor(handler, io);
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler);
    }

    void operator()()
    {
        function(handler, io);
    }

    Handler handler;
    asio::any_io_executor io;
    Function function;
};

/// Counts as work on `Executor`. (Not `asio::executor_work_guard`: that of Asio 1.22 does not compile for a strand on an
/// `any_io_executor`.)
template <class Executor>
using work_on =
    std::decay_t<decltype(asio::prefer(std::declval<Executor>(), asio::execution::outstanding_work.tracked))>;

/// Has an executor of its own, whichever is given as the one to fall back to.
template <class Handler>
concept has_executor = std::same_as<asio::associated_executor_t<Handler, asio::any_io_executor>,
                                    asio::associated_executor_t<Handler, asio::system_executor>>;

/// Whether `own` and `io` are the same.
template <class Executor>
bool is_same_executor(const Executor& own, const asio::any_io_executor& io) noexcept
{
    if constexpr (std::same_as<Executor, asio::any_io_executor>) {
        return own == io;
    } else {
        const auto* const target = detail::executor_target<Executor>(io);
        return target != nullptr && *target == own;
    }
}

// To Qt `emit` is a macro, and Asio's signal has no other name for it.
#pragma push_macro("emit")
#undef emit

/// Passes a cancellation on to where the operation runs, when it is asked for elsewhere.
inline std::shared_ptr<asio::cancellation_signal> relay_cancellation(asio::cancellation_slot from,
                                                                     const asio::any_io_executor& io)
{
    if (!from.is_connected())
        return nullptr;
    auto relay = std::make_shared<asio::cancellation_signal>();
    from.assign([weak = std::weak_ptr(relay), io](asio::cancellation_type type) {
        if (auto waiting = weak.lock())
            asio::dispatch(io, [waiting = std::move(waiting), type] { waiting->emit(type); });
    });
    return relay;
}

#pragma pop_macro("emit")

/// The handler of an operation that runs on `io`: a handler without an executor of its own.
template <class Handler>
class returning_handler {
public:
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::cancellation_slot;

    returning_handler(Handler handler, const asio::any_io_executor& io, bool here)
        : handler_(std::move(handler))
    {
        if (!here)
            relay_ = detail::relay_cancellation(asio::get_associated_cancellation_slot(handler_), io);
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler_);
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return relay_ ? relay_->slot() : asio::get_associated_cancellation_slot(handler_);
    }

    template <class... Args>
    void operator()(Args&&... args)
    {
        std::move(handler_)(std::forward<Args>(args)...);
    }

private:
    Handler handler_;
    std::shared_ptr<asio::cancellation_signal> relay_;
};

/// A handler with an executor of its own, to which it returns.
template <has_executor Handler>
class returning_handler<Handler> {
public:
    using executor_type = asio::any_io_executor;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::cancellation_slot;

    returning_handler(Handler handler, const asio::any_io_executor& io, bool here)
        : handler_(std::move(handler))
    {
        const auto own = asio::get_associated_executor(handler_);
        if (here && detail::is_same_executor(own, io))
            return;
        elsewhere_ = std::make_unique<elsewhere>(io, own);
        elsewhere_->relay = detail::relay_cancellation(asio::get_associated_cancellation_slot(handler_), io);
    }

    executor_type get_executor() const noexcept
    {
        // If it is not elsewhere, it is the same.
        if constexpr (std::convertible_to<own_executor, asio::any_io_executor>)
            if (!elsewhere_)
                return asio::get_associated_executor(handler_);
        return elsewhere_->io;
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler_);
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        if (elsewhere_ && elsewhere_->relay)
            return elsewhere_->relay->slot();
        return asio::get_associated_cancellation_slot(handler_);
    }

    template <class... Args>
    void operator()(Args&&... args)
    {
        if (!elsewhere_)
            return std::move(handler_)(std::forward<Args>(args)...);
        const auto until_called = std::move(elsewhere_);
        auto call = [result = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)](
                        Handler& handler, const asio::any_io_executor&) mutable {
            std::apply(std::move(handler), std::move(result));
        };
        asio::dispatch(bound_to_handler<Handler, decltype(call)>{std::move(handler_), until_called->io,
                                                                 std::move(call)});
    }

private:
    using own_executor = asio::associated_executor_t<Handler>;

    struct elsewhere {
        elsewhere(const asio::any_io_executor& there, const own_executor& own)
            : io(there), work(asio::prefer(own, asio::execution::outstanding_work.tracked))
        {
        }

        asio::any_io_executor io;
        work_on<own_executor> work;
        std::shared_ptr<asio::cancellation_signal> relay;
    };

    Handler handler_;
    std::unique_ptr<elsewhere> elsewhere_;
};

template <class Handler>
asio::any_io_executor own_executor_of(const Handler& handler)
{
    if constexpr (std::convertible_to<asio::associated_executor_t<Handler>, asio::any_io_executor>)
        if (asio::any_io_executor own = asio::get_associated_executor(handler))
            return own;
    return asio::system_executor();
}

/// For tokens that ask for it what an operation runs on: `asio::cancel_after` has its timer there.
class begins_on {
public:
    using executor_type = asio::any_io_executor;

    explicit begins_on(const asio::any_io_executor& there) : io(there)
    {
    }

    executor_type get_executor() const noexcept
    {
        return io ? io : asio::any_io_executor(asio::system_executor());
    }

protected:
    asio::any_io_executor io;
};

/// Begins an operation here, on `io`.
template <class Signature>
struct begin_here : begins_on {
    using begins_on::begins_on;

    template <class Handler, class Implementation>
    void operator()(Handler&& handler, Implementation&& implementation) const
    {
        using returning = returning_handler<std::decay_t<Handler>>;
        returning back(std::forward<Handler>(handler), io, true);
        asio::async_compose<returning, Signature>(std::forward<Implementation>(implementation), back, io);
    }
};

/// Begins an operation on `io`, wherever that is.
template <class Signature>
struct begin_there : begins_on {
    using begins_on::begins_on;
    using executor_type = executor_with_default_token;

    executor_type get_executor() const noexcept
    {
        return executor_type(begins_on::get_executor());
    }

    template <class Handler, class Implementation>
    void operator()(Handler&& handler, Implementation&& implementation) const
    {
        if (!io)
            return begin_there(detail::own_executor_of(handler))(
                std::forward<Handler>(handler), std::forward<Implementation>(implementation));
        if (runs_on(io))
            return begin_here<Signature>(io)(std::forward<Handler>(handler),
                                             std::forward<Implementation>(implementation));
        using returning = returning_handler<std::decay_t<Handler>>;
        auto begin = [impl = std::forward<Implementation>(implementation)](
                         returning& back, const asio::any_io_executor& executor) mutable {
            asio::async_compose<returning, Signature>(std::move(impl), back, executor);
        };
        asio::dispatch(bound_to_handler<returning, decltype(begin)>{
            returning(std::forward<Handler>(handler), io, false), io, std::move(begin)});
    }
};

/// `asio::async_compose`, with the steps on `io`. To be called there.
template <class Token, class Signature, class Implementation>
auto compose_here(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return asio::async_initiate<Token, Signature>(begin_here<Signature>(io), token,
                                                  std::forward<Implementation>(implementation));
}

/// The same, to be called anywhere: the caller touches nothing that a step may touch.
/// io: if it is empty, that of the handler.
template <class Token, class Signature, class Implementation>
auto compose(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return asio::async_initiate<Token, Signature>(begin_there<Signature>(io), token,
                                                  std::forward<Implementation>(implementation));
}

} // namespace pop3::detail
