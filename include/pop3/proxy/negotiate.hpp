// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/proxy.hpp>
#include <pop3/proxy/negotiation.hpp>

#include <memory>

namespace pop3::detail {

/// Null if what it would send cannot be sent.
std::unique_ptr<negotiation> negotiate(const proxy& with, const proxy_target& target);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/proxy/negotiate.ipp>
#endif
