// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/any_io_executor.hpp>

namespace pop3::detail {

/// Whether this thread is one of those that `executor` runs its functions on, and, for a strand, now runs one of its. False if
/// that cannot be known.
bool runs_on(const asio::any_io_executor& executor) noexcept;

/// `executor`, or a strand on it if it surely has several threads.
asio::any_io_executor one_at_a_time(const asio::any_io_executor& executor);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/detail/runs_on.ipp>
#endif
