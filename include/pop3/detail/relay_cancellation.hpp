// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>

#include <memory>
#include <utility>

namespace pop3::detail {

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

} // namespace pop3::detail
