// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/sasl/channel_binding.hpp>

#include <openssl/types.h>

namespace pop3::detail {

/// What to bind a login over this connection to. Empty before the handshake is done, and if there is nothing that fits.
/// Not tls-unique: without the extended master secret it binds to nothing (RFC 7627), and TLS 1.3 has none.
sasl::channel_binding channel_binding_of(SSL* ssl);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/tls/channel_binding.ipp>
#endif
