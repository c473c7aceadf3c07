// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// The test server compiled once: see pop3/testing/config.hpp.

#if !defined(POP3_TESTING_SEPARATE_COMPILATION)
#error "pop3/testing/src.hpp is for programs whose files all define POP3_TESTING_SEPARATE_COMPILATION"
#endif

#include <pop3/testing/open_session.hpp>

#include <pop3/testing/certificate.ipp>
#include <pop3/testing/conversation.ipp>
#include <pop3/testing/conversation_mail.ipp>
#include <pop3/testing/faults.ipp>
#include <pop3/testing/maildrops.ipp>
#include <pop3/testing/sample_messages.ipp>
#include <pop3/testing/server.ipp>
#include <pop3/testing/server_sasl.ipp>

#define POP3_EXTERN
#include <pop3/testing/extern.ipp>
