// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// What is allocated: by operator new, and by Asio, which has a function of its own. Not what OpenSSL does. Counted in
// counted_new.cpp.

#include <pop3/detail/buffer_pool.hpp>

#include <atomic>
#include <cstddef>

namespace test {

/// As large as what is read at once.
inline constexpr std::size_t bulk = static_cast<std::size_t>(pop3::detail::buffer_size::bulk);
/// As large as the plaintext of a TLS record.
inline constexpr std::size_t record = static_cast<std::size_t>(pop3::detail::buffer_size::record);

/// By this thread, so far.
extern thread_local std::size_t allocations;
/// The one of this thread that fails; none if it is 0.
extern thread_local std::size_t failing_allocation;
/// Of those by operator new in the main thread, the ones that are still there.
extern std::atomic<std::size_t> live_octets;
extern std::atomic<std::size_t> live_bulk;
extern std::atomic<std::size_t> live_records; ///< and larger, but not bulk

} // namespace test
