// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// All of the library, but for what is for some programs only: pop3/mailbox.hpp (fetching mail), pop3/blocking.hpp (calls that wait),
// pop3/connect_any.hpp (security that is known at run time), pop3/expected.hpp (C++23). What stands where: the tree itself, and
// examples/guide.

#include <pop3/config.hpp>

#if defined(__cpp_concepts) // else there is an error already, and one is enough

// First, so that a compiler that quotes them has not far to go.
#include <pop3/session/transaction.hpp>

#include <pop3/session/authorization.hpp>

#include <pop3/access_token.hpp>
#include <pop3/capabilities.hpp>
#include <pop3/certificate_error.hpp>
#include <pop3/command/apop.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/dele.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/rset.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/command/user.hpp>
#include <pop3/command/utf8.hpp>
#include <pop3/completion.hpp>
#include <pop3/connect.hpp>
#include <pop3/delivery.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/greeting.hpp>
#include <pop3/initial_response.hpp>
#include <pop3/language.hpp>
#include <pop3/lenient.hpp>
#include <pop3/limits.hpp>
#include <pop3/line_count.hpp>
#include <pop3/listing.hpp>
#include <pop3/login_options.hpp>
#include <pop3/message.hpp>
#include <pop3/message_number.hpp>
#include <pop3/observer.hpp>
#include <pop3/password.hpp>
#include <pop3/pipelining.hpp>
#include <pop3/printable.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>
#include <pop3/sasl/anonymous.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/external.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/token_error.hpp>
#include <pop3/sasl/xoauth2.hpp>
#include <pop3/secret.hpp>
#include <pop3/security.hpp>
#include <pop3/session.hpp>
#include <pop3/state.hpp>
#include <pop3/stls_policy.hpp>
#include <pop3/stream.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_info.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/token_provider.hpp>
#include <pop3/unique_id.hpp>
#include <pop3/url.hpp>
#include <pop3/version.hpp>

#endif
