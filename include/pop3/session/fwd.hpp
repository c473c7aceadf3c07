// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/state.hpp>

// To name sessions, and what they run over, without a word of Asio.

/// A POP3 client. It begins with `async_connect`, or, to fetch what is new, with `async_fetch`.
namespace pop3 {

class tls_stream;
class tcp_stream;
class cleartext_stream;

/// A connection to a POP3 server, in the state `State` of the protocol: what the state does not permit does not
/// compile. Specialised for each state; see session/authorization.hpp, where it begins.
template <class State, class Stream = tls_stream>
class session;

} // namespace pop3
