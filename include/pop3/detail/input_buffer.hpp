// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace pop3::detail {

/// What was read and not yet used. One piece of memory; it grows only when what is in it is the start of a line
/// that does not fit, so never past twice `limits::response_line`.
class input_buffer {
public:
    /// Room to read into.
    asio::mutable_buffer prepare()
    {
        if (begin_ == end_)
            begin_ = end_ = 0;
        if (end_ == capacity_)
            make_room();
        return {octets_.get() + end_, capacity_ - end_};
    }

    void commit(std::size_t n) noexcept
    {
        end_ += n;
    }

    std::string_view data() const noexcept
    {
        return {octets_.get() + begin_, end_ - begin_};
    }

    void consume(std::size_t n) noexcept
    {
        begin_ += n;
    }

private:
    // As large as a TLS record.
    static constexpr std::size_t initial_capacity = 16384;

    void make_room()
    {
        const auto used = end_ - begin_;
        if (begin_ != 0) {
            std::memmove(octets_.get(), octets_.get() + begin_, used);
        } else {
            const auto larger = capacity_ == 0 ? initial_capacity : 2 * capacity_;
            std::unique_ptr<char[]> moved(new char[larger]);
            if (used != 0)
                std::memcpy(moved.get(), octets_.get(), used);
            octets_ = std::move(moved);
            capacity_ = larger;
        }
        begin_ = 0;
        end_ = used;
    }

    std::unique_ptr<char[]> octets_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace pop3::detail
