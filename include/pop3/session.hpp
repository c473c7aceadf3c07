// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// The states of a session, in the order of the protocol.

#include <pop3/session/authorization.hpp>
#include <pop3/session/awaiting_password.hpp>
#include <pop3/session/transaction.hpp>
#include <pop3/session/update.hpp>
