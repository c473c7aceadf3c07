// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace pop3::sasl {

/// Reads a message of SCRAM, attribute by attribute (RFC 5802, section 7).
class scram_attributes {
public:
    explicit scram_attributes(std::string_view message) noexcept : left_(message)
    {
    }

    /// The value of the next attribute, if it is called `name`; else it stays.
    std::optional<std::string_view> take(char name) noexcept
    {
        const auto attribute = next();
        if (!is_attribute(attribute) || attribute.front() != name)
            return std::nullopt;
        remove(attribute);
        return attribute.substr(2);
    }

    /// Whether what was not taken is attributes, and none that must be understood ("m=").
    bool only_optional_left() noexcept
    {
        while (!at_end_) {
            const auto attribute = next();
            if (!is_attribute(attribute) || attribute.front() == 'm')
                return false;
            remove(attribute);
        }
        return true;
    }

private:
    static bool is_attribute(std::string_view text) noexcept
    {
        return text.size() > 2 &&
               ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')) && text[1] == '=' &&
               text.find('\0') == text.npos;
    }

    std::string_view next() const noexcept
    {
        return at_end_ ? std::string_view() : left_.substr(0, left_.find(','));
    }

    void remove(std::string_view attribute) noexcept
    {
        // A comma at the end of the message has an attribute behind it, an empty one, and that is wrong.
        at_end_ = attribute.size() == left_.size();
        left_.remove_prefix((std::min)(attribute.size() + 1, left_.size()));
    }

    std::string_view left_;
    bool at_end_ = false;
};

/// Visible ASCII. It has no comma, or it would have been cut there.
inline bool is_scram_nonce(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// posit-number: not 0, and no 0 in front.
inline bool is_scram_number(std::string_view text) noexcept
{
    return !text.starts_with('0') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace pop3::sasl
