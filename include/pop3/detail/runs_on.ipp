// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/executor_target.hpp>
#include <pop3/detail/runs_on.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/system_executor.hpp>
#include <asio/thread_pool.hpp>

namespace pop3::detail {

POP3_DECL bool runs_on(const asio::any_io_executor& executor) noexcept
{
    const auto is_in = [&]<class Executor>(const Executor* known) {
        return known != nullptr && known->running_in_this_thread();
    };
    return is_in(detail::executor_target<asio::io_context::executor_type>(executor)) ||
           is_in(detail::executor_target<asio::strand<asio::io_context::executor_type>>(executor)) ||
           is_in(detail::executor_target<asio::strand<asio::any_io_executor>>(executor)) ||
           is_in(detail::executor_target<asio::strand<asio::thread_pool::executor_type>>(executor));
}

POP3_DECL asio::any_io_executor one_at_a_time(const asio::any_io_executor& executor)
{
    if (detail::executor_target<asio::thread_pool::executor_type>(executor) != nullptr ||
        detail::executor_target<asio::system_executor>(executor) != nullptr)
        return asio::make_strand(executor);
    return executor;
}

} // namespace pop3::detail
