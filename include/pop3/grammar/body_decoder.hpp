// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace pop3::grammar {

/// Undoes the dot-stuffing of a multi-line reply, and finds its end (RFC 1939, section 3). Works on whatever
/// pieces the network gives, without copying: the pieces of a body go to a sink as spans of the input.
///
/// The end is CRLF "." CRLF and nothing else; a line begins after CRLF only. To be lenient here would let one
/// message end early and pass its rest for replies of the server.
class body_decoder {
public:
    /// Decodes from the front of `input`, calls `sink(std::span<const char>)` for each piece of the body, and
    /// removes from `input` what was used. True when the end was found; what is then left in `input` belongs
    /// to the next reply. If false, up to two octets may be left, which only what follows can decide.
    template <class Sink>
    bool decode(std::string_view& input, Sink&& sink)
    {
        const char* const begin = input.data();
        const char* const end = begin + input.size();
        const char* piece = begin;
        const char* p = begin;
        const auto emit = [&](const char* to) {
            if (to != piece)
                sink(std::span<const char>(piece, to));
        };
        const auto use = [&](const char* to) {
            input.remove_prefix(static_cast<std::size_t>(to - begin));
        };

        while (p != end) {
            if (at_ == position::line_start && *p == '.') {
                const auto rest = std::string_view(p, end);
                if (rest == "." || rest == ".\r") {
                    emit(p);
                    use(p);
                    return false;
                }
                emit(p);
                if (rest.starts_with(".\r\n")) {
                    use(p + 3);
                    return true;
                }
                piece = ++p;
                at_ = position::in_line;
            } else if (at_ == position::after_cr && *p == '\n') {
                ++p;
                at_ = position::line_start;
            } else if (const auto lf = find_lf(p, end)) {
                // What stands before p was looked at already: it is no CR.
                at_ = lf != p && lf[-1] == '\r' ? position::line_start : position::in_line;
                p = lf + 1;
            } else {
                p = end;
                at_ = end[-1] == '\r' ? position::after_cr : position::in_line;
            }
        }
        emit(end);
        use(end);
        return false;
    }

private:
    enum class position { line_start, in_line, after_cr };

    static const char* find_lf(const char* begin, const char* end) noexcept
    {
        return static_cast<const char*>(std::memchr(begin, '\n', static_cast<std::size_t>(end - begin)));
    }

    position at_ = position::line_start;
};

} // namespace pop3::grammar
