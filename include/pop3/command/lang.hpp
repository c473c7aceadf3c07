// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/config.hpp>
#include <pop3/language.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace pop3::command {

/// LANG tag: the language of the server's texts from here on (RFC 6856, section 3.2): a basic language range of RFC
/// 4647, such as "de" or "en-GB"; "*" for the language that the server's administrator prefers. The result is the language
/// that the server chose, and what it says of that.
class lang {
public:
    static constexpr std::string_view verb = "LANG";
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = language;
    using permitted_in = states<authorization, transaction>;

    /// tag: copied.
    explicit lang(std::string_view tag) : range_(tag)
    {
    }

    void write(command_line& line) const;

    /// "the exact language tag selected, and another space", then text. Some servers say "Language changed to en": then
    /// the tag is left empty. It is no reason to end the session.
    std::error_code read_status(std::string_view text, result_type& into, const limits&) const;

private:
    std::string range_;
};

/// LANG: the languages that the server has (RFC 6856, section 3.2).
class lang_list {
public:
    static constexpr std::string_view verb = "LANG";
    static constexpr reply_shape shape = reply_shape::lines;
    using result_type = std::vector<language>;
    using permitted_in = states<authorization, transaction>;

    void write(command_line& line) const;

    /// "the language tag of the message, optionally followed by a single space and a human-readable description".
    std::error_code read_line(std::string_view line, result_type& into, const limits& bounds) const;
};

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/lang.ipp>
#endif
