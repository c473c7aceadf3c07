// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/runs_on.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/execution/relationship.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/require.hpp>
#include <asio/system_executor.hpp>

#include <memory>
#include <utility>

namespace pop3::detail {

// What `asio::dispatch` and `asio::post` do with a function that has no executor of its own, without the layers of templates by
// which they find that out.

template <class Function>
void hand_over(const asio::any_io_executor& executor, Function&& f)
{
    asio::prefer(executor, asio::execution::blocking.possibly).execute(std::forward<Function>(f));
}

// A macro of Qt.
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
            detail::hand_over(io, [waiting = std::move(waiting), type] { waiting->emit(type); });
    });
    return relay;
}

#pragma pop_macro("emit")

POP3_DECL void operation::settle(const asio::any_io_executor& io, const asio::any_io_executor& home,
                                 asio::cancellation_slot from, bool here)
{
    io_ = io;
    if (home && home != io)
        home_ = asio::prefer(home, asio::execution::outstanding_work.tracked);
    if (!from.is_connected())
        return;
    if (!here || home_)
        relay_ = detail::relay_cancellation(from, io);
    cancellation_ = asio::cancellation_state(relay_ ? relay_->slot() : from);
}

POP3_DECL void operation::launch(operation_ptr o, const asio::any_io_executor& io,
                                 const asio::any_io_executor& home, asio::cancellation_slot from, bool here,
                                 bool elsewhere)
{
    const auto& executor = io ? io : home;
    here = here || (executor && detail::runs_on(executor));
    o->settle(executor, home, from, here && !elsewhere);
    step first(std::move(o));
    if (here)
        first();
    else
        detail::start(std::move(first));
}

POP3_DECL void operation::deliver_home()
{
    if (!home_)
        return deliver();
    going_home_ = true;
    const auto home = home_;
    detail::hand_over(home, step(operation_ptr(this)));
}

POP3_DECL void post(step next)
{
    // That of an empty session that never had one, with a handler that has none.
    const auto executor = next.get_executor();
    if (!executor)
        return asio::post(asio::system_executor(), [next = std::move(next)]() mutable { next(); });
    // In parentheses, since it is a macro of some systems' headers.
    asio::prefer((asio::require)(executor, asio::execution::blocking.never),
                 asio::execution::relationship.continuation)
        .execute(std::move(next));
}

POP3_DECL void start(step first)
{
    const auto executor = first.get_executor();
    if (executor)
        detail::hand_over(executor, std::move(first));
    else
        detail::post(std::move(first));
}

} // namespace pop3::detail
