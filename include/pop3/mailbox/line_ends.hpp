// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <string>
#include <string_view>

namespace pop3 {

/// How lines end in a file.
enum class line_ends {
    lf,   ///< As mail readers of Unix want it.
    crlf, ///< As they came.
};

namespace detail {

/// Turns CRLF into LF, in octets that come in pieces. A CR alone stays.
class lf_lines {
public:
    void begin() noexcept
    {
        held_cr_ = false;
    }

    void add(std::string_view piece, std::string& to);
    void end(std::string& to);

private:
    bool held_cr_ = false;
};

} // namespace detail

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/line_ends.ipp>
#endif
