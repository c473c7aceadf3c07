// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Names of Asio that moved between the versions that the library supports.

#include <pop3/config.hpp>

#include <asio/version.hpp>

#if ASIO_VERSION >= 102600
#include <asio/as_tuple.hpp>
#include <asio/deferred.hpp>
namespace test {
using asio::as_tuple;
using asio::deferred;
} // namespace test
#else
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/deferred.hpp>
namespace test {
using asio::experimental::as_tuple;
using asio::experimental::deferred;
} // namespace test
#endif
