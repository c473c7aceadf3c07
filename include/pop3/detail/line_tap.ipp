// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/line_tap.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/observer.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace pop3::detail {

POP3_DECL void line_tap::feed(std::string_view octets, bool hide_challenges, const observer& show)
{
    while (!octets.empty()) {
        const auto lf = octets.find('\n');
        const bool ended = lf != std::string_view::npos;
        line_ += octets.substr(0, lf);
        octets.remove_prefix(ended ? lf + 1 : octets.size());
        if (hide_challenges)
            hide();

        std::string_view text = line_;
        if (ended && text.ends_with('\r'))
            text.remove_suffix(1);
        // While the line goes on, its last octet may still turn out to be the CR of its end.
        while (text.size() > longest_piece + (ended ? 0 : 1)) {
            show(direction::received, text.substr(0, longest_piece));
            text.remove_prefix(longest_piece);
        }
        if (ended) {
            show(direction::received, text);
            line_.clear();
        } else {
            line_.erase(0, line_.size() - text.size());
        }
    }
}

POP3_DECL void line_tap::hide()
{
    const std::string_view end = line_.ends_with('\r') ? "\r" : "";
    const auto status =
        grammar::parse_status_line(std::string_view(line_).substr(0, line_.size() - end.size()));
    if (!status && line_.starts_with("+OK"))
        line_.replace(3, std::string::npos, "****").append(end); // a proof all the same, it may be
    if (!status || status->status == grammar::status::err)
        return;
    auto text = status->text;
    text.remove_prefix((std::min)(text.find_first_not_of(' '), text.size()));
    // "dj" is how "v=", the proof of a SCRAM server, begins in base64.
    const bool hidden = status->status == grammar::status::proceed
                            ? !status->text.empty()
                            : text.starts_with("dj") || text.starts_with("****");
    if (hidden)
        line_.replace(line_.size() - end.size() - status->text.size(), std::string::npos, "****").append(end);
}

} // namespace pop3::detail
