// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <cstdint>

namespace pop3::detail {

/// From OpenSSL's generator. (If that has none to give, it is what was there.)
std::uint32_t random_bits() noexcept;

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/random.ipp>
#endif
