// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// For the tests of programs that use pop3, with any test framework. Not part of pop3.hpp.
//
// - A server in the process, over TLS or plain TCP, that does what it should but for the faults that the test asks for:
//   pop3/testing/server.hpp.
// - A conversation written down, and sessions in any state over it, without a socket: pop3/testing/open_session.hpp.
// - A fuse, which lets each step fail in turn: pop3/testing/fuse.hpp.

#include <pop3/testing/fuse.hpp>
#include <pop3/testing/open_session.hpp>
#include <pop3/testing/scripted_stream.hpp>
#include <pop3/testing/server.hpp>
