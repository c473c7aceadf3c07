// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace pop3 {

namespace detail {

template <class T>
concept text = std::convertible_to<const T&, std::string_view>;

} // namespace detail

/// The unique-id of a message: what it is known by over sessions (RFC 1939, section 7). A string that does not change:
/// it is made of one, compares with strings, converts to them, is printed as one, and can be the key of a map or an
/// unordered map.
///
/// Unlike a string it holds what servers use (16 octets with Dovecot, 32 if it is an MD5) within itself: a listing of
/// 100,000 has no 100,000 allocations.
class unique_id {
public:
    /// Empty, which no message's unique-id is.
    unique_id() noexcept = default;

    /// A copy of what reads as a string.
    template <detail::text Text>
        requires(!std::same_as<Text, unique_id>)
    unique_id(const Text& from)
    {
        const std::string_view text = from;
        char* to = octets_;
        if (text.size() <= inside) {
            size_ = static_cast<unsigned char>(text.size());
        } else {
            const block outer{new char[text.size()], text.size()};
            std::memcpy(octets_, &outer, sizeof outer);
            size_ = outside;
            to = outer.octets;
        }
        if (!text.empty())
            std::memcpy(to, text.data(), text.size());
    }

    /// A copy of the octets.
    unique_id(const unique_id& other) : unique_id(other.view())
    {
    }

    /// `other` is empty then.
    unique_id(unique_id&& other) noexcept : size_(std::exchange(other.size_, 0))
    {
        std::memcpy(octets_, other.octets_, sizeof octets_);
    }

    /// A copy of the octets.
    unique_id& operator=(const unique_id& other)
    {
        return *this = unique_id(other);
    }

    /// Leaves the other empty.
    unique_id& operator=(unique_id&& other) noexcept
    {
        if (this != &other) {
            free();
            size_ = std::exchange(other.size_, 0);
            std::memcpy(octets_, other.octets_, sizeof octets_);
        }
        return *this;
    }

    ~unique_id()
    {
        free();
    }

    /// Its text, valid until this object is moved from, assigned to, or gone.
    std::string_view view() const noexcept
    {
        if (size_ != outside)
            return {octets_, size_};
        const auto outer = outer_block();
        return {outer.octets, outer.size};
    }

    /// The octets, valid as long as this is not changed.
    operator std::string_view() const noexcept
    {
        return view();
    }

    /// A copy of the octets.
    operator std::string() const
    {
        return std::string(view());
    }

    /// Whether there is none: no message of a server has an empty one.
    bool empty() const noexcept
    {
        return size_ == 0;
    }

    /// In octets.
    std::size_t size() const noexcept
    {
        return view().size();
    }

    /// Octet by octet, with whatever reads as a string.
    template <detail::text Text>
    friend bool operator==(const unique_id& a, const Text& b) noexcept
    {
        return a.view() == std::string_view(b);
    }

    /// Octet by octet, with whatever reads as a string.
    template <detail::text Text>
    friend std::strong_ordering operator<=>(const unique_id& a, const Text& b) noexcept
    {
        return a.view() <=> std::string_view(b);
    }

    /// Writes it as a string is written, with width and fill.
    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const unique_id& id)
    {
        return out << id.view();
    }

private:
    struct block {
        char* octets;
        std::size_t size;
    };

    // With a message-number beside it, an entry of a listing has 40 octets: no more than with a string.
    static constexpr std::size_t inside = 35;
    static constexpr unsigned char outside = 255;

    block outer_block() const noexcept
    {
        block outer;
        std::memcpy(&outer, octets_, sizeof outer);
        return outer;
    }

    void free() noexcept
    {
        if (size_ == outside)
            delete[] outer_block().octets;
    }

    unsigned char size_ = 0;
    char octets_[inside] = {};
};

} // namespace pop3

template <>
struct std::hash<pop3::unique_id> {
    std::size_t operator()(const pop3::unique_id& id) const noexcept
    {
        return std::hash<std::string_view>()(id.view());
    }
};
