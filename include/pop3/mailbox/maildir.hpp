// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_delivery.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/line_ends.hpp>
#include <pop3/mailbox/mail_delivery.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

/// Delivers into a Maildir: each message is a file, written in tmp/, synced, and moved to new/. Lines end in LF there, as mail
/// readers of Unix want it: for octets as they came say `line_ends::crlf`.
///
///     pop3::maildir inbox("Mail/inbox");
///
/// It is made by the first message if need be; the directory around it must be there. What is in tmp/ since more than 36 hours,
/// because a run was cut off, is removed.
///
/// The name of a file is a function of the account, the unique-id and the ordinal: `P3<hash>.pop3`, with nothing in it that a
/// server has chosen, and nothing of this machine, so that a Maildir can move. (A message without a unique-id is named by its
/// octets.) A message that comes again is found under it, in new/ or cur/: if it has the same octets it is not delivered
/// twice (`kept::already`), if not it gets a name of its own, `P3<hash>-2.pop3`. If somebody has moved, changed or deleted the
/// file in between, it is delivered again: that is the one case in which a message comes twice.
///
/// After an error of `commit` nothing that it was about is delivered.
class maildir : private detail::file_delivery {
public:
    /// path: as the system takes it. files: must live as long as this.
    explicit maildir(std::string path, file_system& files = system_files(), line_ends ends = line_ends::lf);

    /// The same, on the disk.
    maildir(std::string path, line_ends ends) : maildir(std::move(path), system_files(), ends)
    {
    }

    using file_delivery::begin;
    using file_delivery::commit;
    using file_delivery::discard;
    using file_delivery::end;
    using file_delivery::write;

private:
    POP3_DECL void prepare(std::error_code& ec) override;

    const std::string& written_in() const override
    {
        return tmp_;
    }

    const std::string& delivered_to() const override
    {
        return new_;
    }

    const std::string& moved_to() const override
    {
        return cur_;
    }

    POP3_DECL std::string name(const arriving_message& m, std::string_view digest, int version) override;

    std::string path_;
    std::string tmp_;
    std::string new_;
    std::string cur_;
};

static_assert(mail_delivery<maildir>);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/maildir.ipp>
#endif
