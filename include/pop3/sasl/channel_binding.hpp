// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>
#include <utility>

namespace pop3::sasl {

/// What ties a login to the TLS connection that it goes over, so that it is worth nothing on another one (RFC 5056).
struct channel_binding {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    channel_binding()
    {
    }

    /// Of this type, with these octets.
    channel_binding(std::string t, std::string d) : type(std::move(t)), data(std::move(d))
    {
    }

    /// "tls-exporter" (RFC 9266) over TLS 1.3, "tls-server-end-point" (RFC 5929) over TLS 1.2; empty if the stream has
    /// no TLS, or the server's certificate is signed in a way for which RFC 5929 defines no hash.
    std::string type;
    /// Octets.
    std::string data;
};

} // namespace pop3::sasl
