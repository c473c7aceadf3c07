// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_delivery.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/mail_delivery.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

/// Delivers each message into a file of its own in one directory: `<unique-id>.eml`, octet by octet as it came, lines in CRLF.
///
///     pop3::message_files inbox("Mail/mrose");
///
/// It is made by the first message if need be; the directory around it must be there. It is for one account. In the names all
/// but lower-case letters, digits and `_` is encoded (`%2e`), so nothing in them is a path, and no two are one file on a disk that does
/// not tell `a` from `A`. A unique-id that is too long for a name, and a message that has none, is named by a hash: `hash-….eml`. Files are
/// written in `.part/`, synced, and get their names then.
///
/// A message that comes again with the same octets is not delivered twice (`kept::already`); with others it gets a name of its
/// own, `<unique-id>-2.eml`. After an error of `commit` nothing that it was about is delivered.
class message_files : private detail::file_delivery {
public:
    /// path: as the system takes it. files: must live as long as this.
    explicit message_files(std::string path, file_system& files = system_files());

    using file_delivery::begin;
    using file_delivery::commit;
    using file_delivery::discard;
    using file_delivery::end;
    using file_delivery::write;

private:
    POP3_DECL void prepare(std::error_code& ec) override;

    const std::string& written_in() const override
    {
        return part_;
    }

    const std::string& delivered_to() const override
    {
        return path_;
    }

    const std::string& moved_to() const override
    {
        return nowhere_;
    }

    POP3_DECL std::string name(const arriving_message& m, std::string_view digest, int version) override;

    std::string path_;
    std::string part_;
    std::string nowhere_;
};

static_assert(mail_delivery<message_files>);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/message_files.ipp>
#endif
