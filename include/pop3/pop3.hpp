// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// All of the library. What stands where: the README, and the tree itself.

#include <pop3/capabilities.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/dele.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/rset.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/command/user.hpp>
#include <pop3/completion.hpp>
#include <pop3/connect.hpp>
#include <pop3/error.hpp>
#include <pop3/greeting.hpp>
#include <pop3/limits.hpp>
#include <pop3/listing.hpp>
#include <pop3/message.hpp>
#include <pop3/message_number.hpp>
#include <pop3/observer.hpp>
#include <pop3/password.hpp>
#include <pop3/printable.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>
#include <pop3/secret.hpp>
#include <pop3/session.hpp>
#include <pop3/state.hpp>
#include <pop3/stream.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/version.hpp>
