// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/seen_file.hpp>
#include <pop3/mailbox/seen_line.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

/// Reads a file of records from its beginning to its end, a piece at a time.
class seen_file::loader {
public:
    /// from: null if there is no file.
    loader(seen_file& to, file_system::file* from) : is_new(from == nullptr), to_(to), from_(from)
    {
    }

    void load(std::error_code& ec)
    {
        read_header(ec);
        while (!ec && read_line(ec)) {
        }
    }

    /// Something that counts stands behind something that cannot be read.
    bool damaged = false;
    /// Where the last line that counts ends.
    std::uint64_t good_end = 0;
    /// How long the file is.
    std::uint64_t size = 0;
    /// There is not even a header.
    bool is_new;

private:
    static constexpr std::size_t piece = 1u << 20;
    static constexpr std::size_t at_once = 65536; // few stores are longer

    /// Reads on, until there are `least` octets in the buffer, or no more.
    void fill(std::size_t least, std::error_code& ec)
    {
        buffer_.erase(0, at_);
        at_ = 0;
        while (!at_end_ && buffer_.size() < least) {
            const auto before = buffer_.size();
            buffer_.resize(before + at_once);
            const auto n = detail::read_some(*from_, size, {buffer_.data() + before, at_once}, ec);
            buffer_.resize(before + n);
            if (ec)
                return;
            at_end_ = n == 0;
            size += n;
        }
    }

    void read_header(std::error_code& ec)
    {
        fill(detail::seen_header.size(), ec);
        if (ec)
            return;
        const std::string_view text = buffer_;
        if (text.starts_with(detail::seen_header)) {
            at_ = good_end = detail::seen_header.size();
        } else if (detail::seen_header.starts_with(text)) {
            is_new = true;
            at_ = buffer_.size();
        } else {
            ec = text.starts_with(detail::seen_magic) ? fetch_errc::store_too_new : fetch_errc::not_a_store;
        }
    }

    /// False at the end.
    bool read_line(std::error_code& ec)
    {
        if (buffer_.size() - at_ < detail::longest_seen_line && !at_end_)
            fill(piece, ec);
        if (ec || at_ == buffer_.size())
            return false;
        seen_record record;
        std::size_t length = 0;
        if (detail::read_seen_line(std::string_view(buffer_).substr(at_), record, length) ==
            detail::seen_line::good) {
            damaged = damaged || skipping_;
            skipping_ = false;
            to_.apply(record);
            ++to_.extent_.lines;
            at_ += length;
            good_end += skipped_ + length;
            skipped_ = 0;
            return true;
        }
        // Perhaps there is a good one behind it. What a length says cannot be relied on now, but the end of a line can.
        skipping_ = true;
        const auto end = buffer_.find('\n', at_);
        const auto next = end == std::string::npos ? buffer_.size() : end + 1;
        damaged = damaged || end != std::string::npos; // it is whole, and wrong
        skipped_ += next - at_;
        at_ = next;
        return true;
    }

    seen_file& to_;
    file_system::file* from_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::uint64_t skipped_ = 0;
    bool skipping_ = false;
    bool at_end_ = false;
};

} // namespace pop3
