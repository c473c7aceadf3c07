// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pop3 {

/// A message as the server sent it, octet for octet, dot-stuffing undone: lines end in CRLF, any octet may
/// occur. What it means (RFC 5322, MIME) is for other libraries.
class message {
public:
    message() = default;

    explicit message(std::string octets) noexcept : octets_(std::move(octets))
    {
    }

    /// The whole: header, empty line, body.
    const std::string& octets() const& noexcept
    {
        return octets_;
    }

    std::string octets() && noexcept
    {
        return std::move(octets_);
    }

    /// The header with the CRLF of its last line, without the empty line that ends it. All octets if there is
    /// no empty line.
    std::string_view header() const noexcept
    {
        return std::string_view(octets_).substr(0, header_end());
    }

    /// What follows the empty line; empty if there is none.
    std::string_view body() const noexcept
    {
        const auto end = header_end();
        return std::string_view(octets_).substr(end == octets_.size() ? end : end + 2);
    }

    void append(std::span<const char> piece)
    {
        octets_.append(piece.data(), piece.size());
    }

    friend bool operator==(const message&, const message&) = default;

private:
    std::size_t header_end() const noexcept
    {
        if (octets_.starts_with("\r\n"))
            return 0;
        const auto found = octets_.find("\r\n\r\n");
        return found == std::string::npos ? octets_.size() : found + 2;
    }

    std::string octets_;
};

} // namespace pop3
