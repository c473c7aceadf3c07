// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/octets_digest.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
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
    file_delivery(file_system& files, bool unix_lines) : files_(files), unix_lines_(unix_lines)
    {
    }

    virtual ~file_delivery();

    /// Makes the folders.
    virtual void prepare(std::error_code& ec) = 0;

    /// Where files are written.
    virtual const std::string& written_in() const = 0;

    /// Where they get their names.
    virtual const std::string& delivered_to() const = 0;

    /// Where else they may be, and be called so with something behind a colon; empty if nowhere.
    virtual const std::string& moved_to() const = 0;

    /// What a file is called. digest: of the octets, if there is no unique-id. version: from 1, if there are other octets
    /// under the names before.
    virtual std::string name(const arriving_message& m, std::string_view digest, int version) const = 0;

    file_system& files() const noexcept
    {
        return files_;
    }

private:
    struct message {
        std::string temporary;
        std::unique_ptr<file_system::file> file;
        std::string account;
        std::string unique_id;
        std::string digest;
        std::uint32_t ordinal = 1;
        bool headers = false;
        bool synced = false;
    };

    void clean_up();
    void flush(std::error_code& ec);
    void open(std::error_code& ec);
    void sync(message& m, std::error_code& ec);
    kept deliver(message& m, std::error_code& ec);
    std::string find(const std::string& name, std::error_code& ec);
    std::string find_moved(const std::string& name, std::error_code& ec);
    bool same_octets(const std::string& a, const std::string& b, std::error_code& ec);
    void remove(message& m);

    file_system& files_;
    std::vector<message> ended_;
    std::unique_ptr<message> arriving_;
    std::string buffer_;
    octets_digest digest_;
    std::unordered_set<std::string> moved_; // names in `moved_to`, as they were at the first commit
    std::size_t unsynced_ = 0;
    bool unix_lines_;
    bool held_cr_ = false;
    bool prepared_ = false;
    bool looked_ = false;
};

/// A name that no other file has: of the time, the process, and a number.
std::string make_temporary_name();

/// The SHA-256 of a message's name, in hexadecimal.
std::string digest_of_name(const arriving_message& m, std::string_view digest);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/file_delivery.ipp>
#endif
