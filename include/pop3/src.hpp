// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// The library compiled once. Include this in one source file of a program that defines POP3_SEPARATE_COMPILATION in all of
// them, or link pop3::compiled, which is that file.

#if !defined(POP3_SEPARATE_COMPILATION)
#error "pop3/src.hpp is for programs whose files all define POP3_SEPARATE_COMPILATION"
#endif

#include <pop3/connect_any.hpp>
#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <pop3/any_stream.ipp>
#include <pop3/blocking.ipp>
#include <pop3/certificate_error.ipp>
#include <pop3/command/apop.ipp>
#include <pop3/command/lang.ipp>
#include <pop3/command/login.ipp>
#include <pop3/command/login_choice.ipp>
#include <pop3/command/start_tls.ipp>
#include <pop3/command/user_pass.ipp>
#include <pop3/connect/destination.ipp>
#include <pop3/connect/dial.ipp>
#include <pop3/connect/failed_attempts.ipp>
#include <pop3/connect/race.ipp>
#include <pop3/detail/line_tap.ipp>
#include <pop3/detail/operation.ipp>
#include <pop3/detail/place.ipp>
#include <pop3/detail/runs_on.ipp>
#include <pop3/detail/tls_operation.ipp>
#include <pop3/error.ipp>
#include <pop3/grammar/capability.ipp>
#include <pop3/grammar/greeting.ipp>
#include <pop3/mailbox/batch_delivery.ipp>
#include <pop3/mailbox/error.ipp>
#include <pop3/mailbox/fetch_course.ipp>
#include <pop3/mailbox/fetch_crowd.ipp>
#include <pop3/mailbox/fetch_job.ipp>
#include <pop3/mailbox/fetch_job_commit.ipp>
#include <pop3/mailbox/fetch_job_messages.ipp>
#include <pop3/mailbox/fetch_plan.ipp>
#include <pop3/mailbox/fetch_report.ipp>
#include <pop3/mailbox/fetch_schedule.ipp>
#include <pop3/mailbox/file_delivery.ipp>
#include <pop3/mailbox/file_system.ipp>
#include <pop3/mailbox/line_ends.ipp>
#include <pop3/mailbox/maildir.ipp>
#include <pop3/mailbox/maildrop_listing.ipp>
#include <pop3/mailbox/mbox.ipp>
#include <pop3/mailbox/message_files.ipp>
#include <pop3/mailbox/moved_files.ipp>
#include <pop3/mailbox/octets_digest.ipp>
#include <pop3/mailbox/random.ipp>
#include <pop3/mailbox/seen_file.ipp>
#include <pop3/mailbox/seen_import.ipp>
#include <pop3/mailbox/seen_index.ipp>
#include <pop3/mailbox/seen_line.ipp>
#include <pop3/message.ipp>
#include <pop3/printable.ipp>
#include <pop3/proxy/http_negotiation.ipp>
#include <pop3/proxy/socks5_negotiation.ipp>
#include <pop3/refusal.ipp>
#include <pop3/sasl/any_mechanism.ipp>
#include <pop3/sasl/cram_md5.ipp>
#include <pop3/sasl/oauthbearer.ipp>
#include <pop3/sasl/salted_password.ipp>
#include <pop3/sasl/token_error.ipp>
#include <pop3/security.ipp>
#include <pop3/tls/channel_binding.ipp>
#include <pop3/tls/info.ipp>
#include <pop3/tls/refused_binding.ipp>
#include <pop3/tls_context.ipp>
#include <pop3/tls_stream.ipp>
#include <pop3/url.ipp>

#define POP3_EXTERN
#include <pop3/extern/streams.ipp>
#define POP3_EXTERN
#include <pop3/extern/any_stream.ipp>
