// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/line_ends.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/moved_files.hpp>
#include <pop3/mailbox/octets_digest.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3::detail {

/// Delivers each message into a file of its own: what `maildir` and `message_files` have in common. A file is written under a
/// temporary name, and gets its own, which is a function of the message alone, when it is on the disk. So a message that comes
/// again, since a crash came before its record, is found where it is.
class file_delivery {
public:
    file_delivery(const file_delivery&) = delete;
    file_delivery& operator=(const file_delivery&) = delete;

    void begin(const arriving_message& m, std::error_code& ec);
    void write(std::span<const char> piece, std::error_code& ec);
    void end(std::error_code& ec);
    void discard();
    std::vector<kept> commit(std::error_code& ec);

protected:
    file_delivery(file_system& files, line_ends ends) : files_(files), moved_(files), ends_(ends)
    {
    }

    /// Removes what is not committed.
    POP3_DECL virtual ~file_delivery();

    /// Makes the folders.
    virtual void prepare(std::error_code& ec) = 0;

    /// Where files are written.
    virtual const std::string& written_in() const = 0;

    /// Where they get their names.
    virtual const std::string& delivered_to() const = 0;

    /// Where else they may be, and be called so with something behind it (see `moved_files`); empty if nowhere.
    virtual const std::string& moved_to() const = 0;

    /// What a file is called. digest: of the octets, if there is no unique-id. version: from 1, if there are other octets
    /// under the names before.
    virtual std::string name(const arriving_message& m, std::string_view digest, int version) = 0;

    /// The SHA-256 of a message's name, in hexadecimal; empty if there is no memory for it. digest: as of `name`.
    std::string digest_of_name(const arriving_message& m, std::string_view digest);

    file_system& files() const noexcept
    {
        return files_;
    }

private:
    enum class found { same, other, gone };

    struct message {
        std::string path; // where it is: under its temporary name, or its own
        std::unique_ptr<file_system::file> file;
        std::string account;
        std::string unique_id;
        std::string digest;
        std::uint32_t ordinal = 1;
        bool headers = false;
    };

    std::error_code is_arriving() const noexcept;
    void remove_stale();
    void open(std::error_code& ec);
    void flush(std::error_code& ec);
    void sync(std::error_code& ec);
    std::vector<kept> deliver(std::error_code& ec);
    kept deliver(message& m, std::error_code& ec);
    std::string find(const std::string& name, std::error_code& ec);
    found compare(const std::string& there, const message& m, std::error_code& ec);
    bool same_octets(file_system::file& a, file_system::file& b, std::error_code& ec);
    void remove(message& m);

    file_system& files_;
    std::vector<message> ended_;
    std::unique_ptr<message> arriving_;
    std::string buffer_;
    octets_digest digest_;
    octets_digest digest_of_name_;
    lf_lines lf_;
    moved_files moved_;
    std::error_code failed_; // of a sync: what had ended is not to be trusted
    std::size_t synced_ = 0; // of those that have ended
    bool found_moved_ = false;
    line_ends ends_;
    bool prepared_ = false;
};

/// A name that no other file has: of the time, the process, and a number.
std::string make_temporary_name(std::chrono::system_clock::time_point now);

/// Whether a name is one of these, and older than any delivery takes: a run that was cut off left it.
bool is_stale_name(std::string_view name, std::chrono::system_clock::time_point now) noexcept;

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/file_delivery.ipp>
#endif
