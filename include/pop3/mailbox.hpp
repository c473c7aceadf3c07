// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Fetching mail: what is new by unique-id, delivered, remembered and deleted, so that none is lost.

#include <pop3/mailbox/batch_delivery.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch.hpp>
#include <pop3/mailbox/fetch_all.hpp>
#include <pop3/mailbox/fetch_all_options.hpp>
#include <pop3/mailbox/fetch_options.hpp>
#include <pop3/mailbox/fetch_policy.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/fetch_task.hpp>
#include <pop3/mailbox/mail_account.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/maildir.hpp>
#include <pop3/mailbox/mbox.hpp>
#include <pop3/mailbox/message_files.hpp>
#include <pop3/mailbox/opens_mailbox.hpp>
#include <pop3/mailbox/retry_terms.hpp>
#include <pop3/mailbox/seen_file.hpp>
#include <pop3/mailbox/seen_import.hpp>
#include <pop3/mailbox/seen_memory.hpp>
#include <pop3/mailbox/seen_store.hpp>
