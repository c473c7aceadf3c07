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

    void feed(std::string_view octets, const observer& show)
    {
        while (!octets.empty()) {
            const auto lf = octets.find('\n');
            const auto take = lf == std::string_view::npos ? octets.size() : lf + 1;
            const auto room = longest_piece - line_.size();
            line_ += octets.substr(0, take < room ? take : room);
            octets.remove_prefix(take < room ? take : room);
            if (line_.ends_with('\n') || line_.size() == longest_piece)
                flush(show);
        }
    }

private:
    void flush(const observer& show)
    {
        std::string_view line = line_;
        if (line.ends_with('\n'))
            line.remove_suffix(1);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        show(direction::received, line);
        line_.clear();
    }

    std::string line_;
};

} // namespace pop3::detail
