// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/line_ends.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace pop3::detail {

POP3_DECL void lf_lines::add(std::string_view piece, std::string& to)
{
    while (!piece.empty()) {
        if (std::exchange(held_cr_, false) && piece[0] != '\n')
            to += '\r';
        const auto cr = piece.find('\r');
        to.append(piece.substr(0, cr));
        held_cr_ = cr != piece.npos;
        piece.remove_prefix(held_cr_ ? cr + 1 : piece.size());
    }
}

POP3_DECL void lf_lines::end(std::string& to)
{
    if (std::exchange(held_cr_, false))
        to += '\r';
}

} // namespace pop3::detail
