// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

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
    void feed(std::string_view octets, bool hide_challenges, const observer& show)
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

private:
    void hide()
    {
        // "dj" is how "v=", the proof of a SCRAM server, begins in base64.
        for (const std::string_view start : {"+ ", "+OK dj", "+OK ****"}) {
            const bool ended = line_.ends_with('\r');
            if (line_.size() > start.size() + (ended ? 1 : 0) && line_.starts_with(start))
                line_.replace(start.find(' ') + 1, std::string::npos, ended ? "****\r" : "****");
        }
    }

    std::string line_;
};

} // namespace pop3::detail
