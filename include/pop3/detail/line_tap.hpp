// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/observer.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::detail {

/// Cuts what was received into lines, for an observer.
class line_tap {
public:
    static constexpr std::size_t longest_piece = 4096;

    /// hide_challenges: what a server asks in a login is shown as `+ ****`, and so is what it proves itself with.
    void feed(std::string_view octets, bool hide_challenges, const observer& show);

private:
    void hide();

    std::string line_;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/detail/line_tap.ipp>
#endif
