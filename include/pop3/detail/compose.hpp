// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

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

/// A function that runs on the executor of `Handler`, in memory of its allocator.
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
        function(handler);
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

/// A handler that is called on another executor than the one it is associated with here, which is `io`: its own.
template <class Handler>
class returning_handler {
public:
    using executor_type = asio::any_io_executor;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::cancellation_slot;

    returning_handler(Handler handler, const asio::any_io_executor& io)
        : handler_(std::move(handler)), io_(io), slot_(asio::get_associated_cancellation_slot(handler_))
    {
        const auto own = asio::get_associated_executor(handler_, io_);
        if (!is_io(own))
            elsewhere_.emplace(asio::prefer(own, asio::execution::outstanding_work.tracked));
        if (slot_.is_connected() && (elsewhere_ || !runs_on(io)))
            relay_cancellation();
    }

    executor_type get_executor() const noexcept
    {
        return io_;
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(handler_);
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return slot_;
    }

    template <class... Args>
    void operator()(Args&&... args)
    {
        if (!elsewhere_)
            return std::move(handler_)(std::forward<Args>(args)...);
        const auto work = std::move(elsewhere_); // until what goes there counts as work itself
        auto call = [result = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)](
                        Handler& handler) mutable {
            std::apply(std::move(handler), std::move(result));
        };
        asio::dispatch(
            bound_to_handler<Handler, decltype(call)>{std::move(handler_), std::move(io_), std::move(call)});
    }

private:
    using own_executor = asio::associated_executor_t<Handler, asio::any_io_executor>;

    bool is_io(const own_executor& own) const noexcept
    {
        if constexpr (std::same_as<own_executor, asio::any_io_executor>) {
            return own == io_;
        } else {
            const auto* const io = io_.target<own_executor>();
            return io != nullptr && *io == own;
        }
    }

    /// A signal may be emitted where the handler runs, but what it stops runs on `io`.
    void relay_cancellation()
    {
        relay_ = std::make_shared<asio::cancellation_signal>();
        slot_.assign([weak = std::weak_ptr(relay_), io = io_](asio::cancellation_type type) {
            if (auto relay = weak.lock())
                asio::dispatch(io, [relay = std::move(relay), type] { relay->emit(type); });
        });
        slot_ = relay_->slot();
    }

    Handler handler_;
    asio::any_io_executor io_;
    asio::cancellation_slot slot_;
    std::shared_ptr<asio::cancellation_signal> relay_;
    std::optional<work_on<own_executor>> elsewhere_;
};

template <class Handler>
asio::any_io_executor own_executor_of(const Handler& handler)
{
    if constexpr (std::convertible_to<asio::associated_executor_t<Handler>, asio::any_io_executor>)
        return asio::get_associated_executor(handler);
    else
        return asio::system_executor();
}

/// Begins an operation.
template <class Signature>
struct begin_here {
    template <class Handler, class Implementation>
    void operator()(Handler&& handler, Implementation&& implementation, const asio::any_io_executor& io) const
    {
        using returning = returning_handler<std::decay_t<Handler>>;
        returning back(std::forward<Handler>(handler), io);
        asio::async_compose<returning, Signature>(std::forward<Implementation>(implementation), back, io);
    }
};

/// The same, where the steps will run.
template <class Signature>
struct begin_there {
    template <class Handler, class Implementation>
    void operator()(Handler&& handler, Implementation&& implementation, asio::any_io_executor io) const
    {
        using returning = returning_handler<std::decay_t<Handler>>;
        if (!io)
            io = own_executor_of(handler);
        if (runs_on(io))
            return begin_here<Signature>()(std::forward<Handler>(handler),
                                           std::forward<Implementation>(implementation), io);
        auto begin = [impl = std::forward<Implementation>(implementation)](returning& back) mutable {
            const auto executor = back.get_executor();
            asio::async_compose<returning, Signature>(std::move(impl), back, executor);
        };
        asio::dispatch(bound_to_handler<returning, decltype(begin)>{
            returning(std::forward<Handler>(handler), io), io, std::move(begin)});
    }
};

/// `asio::async_compose`, with the steps on `io`. To be called there.
template <class Token, class Signature, class Implementation>
auto compose_here(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return asio::async_initiate<Token, Signature>(begin_here<Signature>(), token,
                                                  std::forward<Implementation>(implementation), io);
}

/// The same, to be called anywhere: the caller touches nothing that a step may touch.
/// io: if it is empty, that of the handler.
template <class Token, class Signature, class Implementation>
auto compose(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return asio::async_initiate<Token, Signature>(begin_there<Signature>(), token,
                                                  std::forward<Implementation>(implementation), io);
}

} // namespace pop3::detail
