// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/buffer_pool.hpp>

#include <cstddef>
#include <cstring>

namespace pop3::detail {

/// Ciphertext on its way. It is in a lent buffer, and in none when there is nothing.
class tls_octets {
public:
    explicit tls_octets(buffer_pool& pool) noexcept : buffer_(pool)
    {
    }

    bool empty() const noexcept
    {
        return begin_ == end_;
    }

    const char* data() const noexcept
    {
        return buffer_.data() + begin_;
    }

    std::size_t size() const noexcept
    {
        return end_ - begin_;
    }

    /// Room for `capacity()` octets, behind which there are none yet: only while this is empty. Can throw.
    char* prepare()
    {
        buffer_.take(buffer_size::bulk);
        begin_ = end_ = 0;
        return buffer_.data();
    }

    std::size_t capacity() const noexcept
    {
        return buffer_.size();
    }

    void commit(std::size_t n) noexcept
    {
        end_ += n;
    }

    /// False if there is no room for so much. Can throw.
    bool append(const char* from, std::size_t n)
    {
        buffer_.take(buffer_size::bulk);
        if (n > buffer_.size() - end_)
            return false;
        std::memcpy(buffer_.data() + end_, from, n);
        end_ += n;
        return true;
    }

    /// Moves up to `n` octets to `to`.
    std::size_t take(char* to, std::size_t n) noexcept
    {
        if (n > size())
            n = size();
        if (n != 0)
            std::memcpy(to, data(), n);
        begin_ += n;
        return n;
    }

    void consume(std::size_t n) noexcept
    {
        begin_ += n;
    }

    /// Gives the buffer back, with what is in it.
    void release() noexcept
    {
        begin_ = end_ = 0;
        buffer_.give_back();
    }

private:
    lent_buffer buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace pop3::detail
