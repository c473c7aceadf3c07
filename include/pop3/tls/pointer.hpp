// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>

namespace pop3::detail {

/// Owns an object of OpenSSL's: `tls_pointer<X509, X509_free>`.
template <class T, auto Free>
using tls_pointer = owned<T, Free>;

} // namespace pop3::detail
