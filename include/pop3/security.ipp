// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/security.hpp>

#include <memory>

namespace pop3 {

POP3_DECL stls::stls(const tls_context& tls, stls_policy policy)
    : tls_(std::make_shared<const tls_context>(tls.share())), policy_(policy)
{
}

} // namespace pop3
