// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3 {

/// A message as the server sent it, octet for octet, dot-stuffing undone: lines end in CRLF, any octet may
/// occur. What it means (RFC 5322, MIME) is for other libraries.
class message {
public:
    message() = default;

    /// octets: header, empty line and body, each line with CRLF.
    explicit message(std::string octets) noexcept : octets_(std::move(octets))
    {
    }

    /// The whole: header, empty line, body.
    const std::string& octets() const& noexcept
    {
        return octets_;
    }

    /// The same, moved out.
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

    /// The value of the first field of the header with this name, "Subject" say, in whatever case; none if there is no such field.
    /// It is unfolded (RFC 5322, section 2.2.3): on one line, without white space at its ends. Its octets are those of the message:
    /// nothing is decoded ("=?utf-8?q?...?=", RFC 2047). That, and what is in a body, is for a MIME library, which wants `octets()`.
    std::optional<std::string> field(std::string_view name) const;

    /// Those of all fields with this name, in their order: "Received" comes more than once.
    std::vector<std::string> fields(std::string_view name) const;

    /// Puts a piece behind what there is.
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

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/message.ipp>
#endif
