// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/detail/config.hpp>

#if !defined(ASIO_NO_TYPEID)
#include <typeinfo>
#endif

namespace pop3::detail {

/// The executor in `executor` if it is of this type, else null; null as well without RTTI, where that cannot be known. Not
/// `executor.target<Executor>()`: that of Asio 1.22 does not look at the type.
template <class Executor>
const Executor* executor_target([[maybe_unused]] const asio::any_io_executor& executor) noexcept
{
#if !defined(ASIO_NO_TYPEID)
    if (executor.target_type() == typeid(Executor))
        return executor.target<Executor>();
#endif
    return nullptr;
}

} // namespace pop3::detail
