// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <memory>

namespace pop3::detail {

template <auto Free>
struct tls_free {
    template <class T>
    void operator()(T* object) const noexcept
    {
        Free(object);
    }
};

/// Owns an object of OpenSSL's: `tls_pointer<X509, X509_free>`.
template <class T, auto Free>
using tls_pointer = std::unique_ptr<T, tls_free<Free>>;

} // namespace pop3::detail
