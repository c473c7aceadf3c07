// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/line_ends.hpp>
#include <pop3/mailbox/mail_delivery.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3 {

/// Delivers into an mbox: one file with all messages, in the form mboxrd: a line that begins with `From `, or with `>`s and
/// `From `, has one more `>` in front. Lines end in LF there, as mail readers want it.
///
///     pop3::mbox inbox("Mail/inbox.mbox");
///
/// It is made by the first message if need be; the directory around it must be there. What does not begin like an mbox is left
/// as it is: `fetch_errc::not_a_mailbox`. If its last message does not end in a blank line, one is added.
///
/// It is locked from the first message of a batch until that is committed, by a file beside it (`….lock`), and by a lock of the
/// system on it, as `fcntl` has them (where there is no `F_OFD_SETLK`, as `flock` has them). If another program has it: `fetch_errc::mailbox_locked`. The file that a crash of
/// this library leaves is taken over; one of another program, however old, is not.
///
/// After an error, and when a message breaks off, the file is cut to what was committed and whole. After a crash what was not
/// committed may stand at its end, a half of a message too, and nothing is cut when it is opened next: those messages come again, and
/// stand in it twice. So do those whose commit was not recorded. An mbox cannot tell: use `maildir` where that matters. (If the power
/// goes while the first batch is written, the file may not begin like an mbox then. It has to be removed by hand.)
class mbox {
public:
    /// path: as the system takes it. files: must live as long as this.
    explicit mbox(std::string path, file_system& files = system_files());

    mbox(const mbox&) = delete;
    mbox& operator=(const mbox&) = delete;

    /// Cuts what is not committed, and unlocks.
    ~mbox();

    void begin(const arriving_message& m, std::error_code& ec);
    void write(std::span<const char> piece, std::error_code& ec);
    void end(std::error_code& ec);
    void discard();
    std::vector<kept> commit(std::error_code& ec);

private:
    void open(std::error_code& ec);
    void lock(std::error_code& ec);
    void make_dot_lock(std::error_code& ec);
    void look(std::error_code& ec);
    void add(std::string_view octets);
    void put(std::string_view octets);
    void leave_begin();
    void flush(std::error_code& ec);
    void cut(std::uint64_t size);
    void close();

    std::string path_;
    file_system& files_;
    std::unique_ptr<file_system::file> file_;
    std::string buffer_;
    std::string lines_;           // what came last, with its ends of lines as they are written
    std::string_view gap_;        // what is missing at the end of the last message
    std::error_code failed_;      // it could not be cut: nothing must be written behind it
    std::uint64_t committed_ = 0; // the size up to which all is whole and durable
    std::uint64_t whole_ = 0;     // the size up to which all is whole
    std::uint64_t size_ = 0;      // with what is in the buffer
    std::size_t ended_ = 0;
    std::size_t matched_ = 0; // octets of "From ", at the begin of a line, which are held back
    detail::lf_lines lf_;
    bool at_begin_ = true; // of a line, and perhaps behind `>`s there
    bool quoted_ = false;  // there were some
    bool written_ = false; // some of the message that arrives is in the file
    bool has_dot_lock_ = false;
    bool arriving_ = false;
};

static_assert(mail_delivery<mbox>);

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/mbox.ipp>
#endif
