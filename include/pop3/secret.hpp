// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace pop3 {

namespace detail {

/// Wipes memory before it gives it back, so that a growing or dying buffer leaves no copy of a secret behind.
template <class T>
struct wiping_allocator {
    using value_type = T;

    wiping_allocator() = default;

    template <class U>
    wiping_allocator(const wiping_allocator<U>&) noexcept
    {
    }

    T* allocate(std::size_t n)
    {
        return std::allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n) noexcept
    {
        OPENSSL_cleanse(p, n * sizeof(T));
        std::allocator<T>().deallocate(p, n);
    }

    friend bool operator==(const wiping_allocator&, const wiping_allocator&) = default;
};

/// A vector, since a string may keep short text inside itself, where no allocator sees it.
using wiped_octets = std::vector<char, wiping_allocator<char>>;

} // namespace detail

/// A password or token. Its memory is wiped when it is destroyed or moved from, it cannot be streamed, and no
/// error, refusal or observed line holds it.
class secret {
public:
    secret() = default;

    /// Copies `text`. The caller's own copy is the caller's to wipe.
    explicit secret(std::string_view text) : octets_(text.begin(), text.end())
    {
    }

    // Not by a copy of the vector: the compiler would have to make two more ways to fill one, in every program.

    /// A copy of the text.
    secret(const secret& other) : secret(other.expose())
    {
    }

    secret(secret&&) noexcept = default;

    /// A copy of the text; what was there is wiped.
    secret& operator=(const secret& other)
    {
        return *this = secret(other);
    }

    secret& operator=(secret&&) noexcept = default;

    ~secret() = default;

    /// The text itself, valid while this object lives.
    std::string_view expose() const noexcept
    {
        return {octets_.data(), octets_.size()};
    }

private:
    detail::wiped_octets octets_;
};

} // namespace pop3
