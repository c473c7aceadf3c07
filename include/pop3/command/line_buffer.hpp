// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>

#include <openssl/crypto.h>

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace pop3::command {

/// What lines are appended to. Memory that it no longer needs is wiped. (A vector does the same, in five times the
/// instructions: it does not know that octets can be copied as such.)
class line_buffer {
public:
    line_buffer() = default;

    line_buffer(line_buffer&& other) noexcept
    {
        swap(other);
    }

    line_buffer& operator=(line_buffer&& other) noexcept
    {
        swap(other);
        return *this;
    }

    ~line_buffer()
    {
        wipe(0);
    }

    void append(std::string_view text)
    {
        if (text.empty())
            return;
        std::memcpy(prepare(text.size()), text.data(), text.size());
        commit(text.size());
    }

    /// Where so many octets may be written; `commit` says how many were.
    char* prepare(std::size_t size)
    {
        if (capacity_ - size_ < size)
            set_capacity(size_ + size > 2 * capacity_ ? size_ + size : 2 * capacity_);
        return octets_.get() + size_;
    }

    void commit(std::size_t size) noexcept
    {
        size_ += size;
    }

    const char* data() const noexcept
    {
        return octets_.get();
    }

    std::size_t size() const noexcept
    {
        return size_;
    }

    std::size_t capacity() const noexcept
    {
        return capacity_;
    }

    bool empty() const noexcept
    {
        return size_ == 0;
    }

    const char* begin() const noexcept
    {
        return data();
    }

    const char* end() const noexcept
    {
        return data() + size_;
    }

    /// Makes it shorter.
    void cut(std::size_t size) noexcept
    {
        size_ = size;
    }

    /// Wipes what is behind the first `kept` octets, and cuts it off.
    void wipe(std::size_t kept) noexcept
    {
        if (size_ > kept)
            OPENSSL_cleanse(octets_.get() + kept, size_ - kept);
        cut(kept);
    }

    /// No less than its size.
    void set_capacity(std::size_t capacity)
    {
        pop3::detail::boxed_array<char> moved(new char[capacity]);
        if (size_ != 0) {
            std::memcpy(moved.get(), octets_.get(), size_);
            OPENSSL_cleanse(octets_.get(), size_);
        }
        octets_ = std::move(moved);
        capacity_ = capacity;
    }

private:
    void swap(line_buffer& other) noexcept
    {
        std::swap(octets_, other.octets_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    pop3::detail::boxed_array<char> octets_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace pop3::command
