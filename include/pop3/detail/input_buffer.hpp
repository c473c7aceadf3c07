// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/buffer_pool.hpp>

#include <asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace pop3::detail {

/// What was read and not yet used. One piece of memory, lent by a pool; it grows only when what is in it is the start of
/// a line that does not fit, so never past twice `limits::response_line`.
class input_buffer {
public:
    input_buffer(buffer_pool& pool, buffer_size size) : lent_(pool), size_(size)
    {
    }

    /// Room to read into.
    asio::mutable_buffer prepare()
    {
        if (begin_ == end_)
            begin_ = end_ = 0;
        if (octets_ == nullptr) {
            lent_.take(size_);
            octets_ = lent_.data();
            capacity_ = lent_.size();
        } else if (2 * end_ > capacity_) {
            make_room();
        }
        return {octets_ + end_, capacity_ - end_};
    }

    void commit(std::size_t n) noexcept
    {
        end_ += n;
    }

    bool empty() const noexcept
    {
        return begin_ == end_;
    }

    std::string_view data() const noexcept
    {
        return {octets_ + begin_, end_ - begin_};
    }

    void consume(std::size_t n) noexcept
    {
        begin_ += n;
    }

    /// Gives the memory back, if there is nothing in it.
    void rest() noexcept
    {
        if (!empty())
            return;
        lent_.give_back();
        grown_.reset();
        octets_ = nullptr;
        begin_ = end_ = capacity_ = 0;
    }

private:
    void make_room()
    {
        const auto used = end_ - begin_;
        if (begin_ != 0) {
            std::memmove(octets_, octets_ + begin_, used);
        } else if (end_ == capacity_) {
            boxed_array<char> larger(new char[2 * capacity_]);
            std::memcpy(larger.get(), octets_, used);
            lent_.give_back();
            grown_ = std::move(larger);
            octets_ = grown_.get();
            capacity_ *= 2;
        }
        begin_ = 0;
        end_ = used;
    }

    lent_buffer lent_;
    boxed_array<char> grown_;
    char* octets_ = nullptr; // of one of the two
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    buffer_size size_;
};

} // namespace pop3::detail
