// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/tls_info.hpp>

#include <openssl/types.h>

#include <concepts>

namespace pop3::detail {

/// A stream that has an `SSL*` to ask.
template <class Stream>
concept has_ssl = requires(Stream& stream) {
    { stream.native_handle() } -> std::convertible_to<SSL*>;
};

/// Asks a connection what its handshake came to. All is empty if there was none yet.
tls_info make_tls_info(SSL* ssl);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/tls/info.ipp>
#endif
