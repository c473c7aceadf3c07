// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/src.hpp>
#include <pop3/testing/src.hpp>

#include <asio/impl/src.hpp>
#include <asio/ssl/impl/src.hpp>
