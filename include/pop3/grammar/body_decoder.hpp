// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/find_dot_line.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace pop3::grammar {

/// Undoes the dot-stuffing of a multi-line reply, and finds its end (RFC 1939, section 3). Works on whatever
/// pieces the network gives, without copying: the pieces of a body are parts of the input, and as long as the input
/// allows.
///
/// The end is CRLF "." CRLF and nothing else; a line begins after CRLF only. To be lenient here would let one
/// message end early and pass its rest for replies of the server.
///
/// One decoder reads one body, by `decode` (all that there is, to a sink) and `next` (piece by piece) in any order.
/// `FindDotLine` is a parameter for the tests' sake.
template <const char* (*FindDotLine)(const char*, const char*) noexcept>
class basic_body_decoder {
public:
    /// Decodes from the front of `input`, calls `sink(std::span<const char>)` for each piece of the body, and
    /// removes from `input` what was used. True when the end was found; what is then left in `input` belongs
    /// to the next reply. If false, up to two octets may be left, which only what follows can decide.
    template <class Sink>
    bool decode(std::string_view& input, Sink&& sink)
    {
        for (;;) {
            const auto piece = next(input, std::string_view::npos);
            if (piece.empty())
                return ended();
            sink(std::span<const char>(piece));
        }
    }

    /// The next piece of the body, of at most `most` octets (one at least), taken off the front of `input`. Empty if
    /// the end was reached, or if more input is needed to go on; up to two octets are then left in `input`.
    std::string_view next(std::string_view& input, std::size_t most) noexcept
    {
        if (at_ == position::line_start && input.starts_with('.')) {
            const bool cr = input.size() > 1 && input[1] == '\r';
            if (input.size() == (cr ? 2 : 1))
                return {};
            if (cr && input[2] == '\n') {
                input.remove_prefix(3);
                at_ = position::end;
                return {};
            }
            input.remove_prefix(1);
        }
        if (input.empty() || at_ == position::end)
            return {};

        const auto piece = take(input.substr(0, most));
        input.remove_prefix(piece.size());
        return piece;
    }

    /// Whether the end of the body was read.
    bool ended() const noexcept
    {
        return at_ == position::end;
    }

private:
    enum class position : unsigned char { line_start, in_line, after_cr, end };

    /// What of `octets`, which are not empty, comes before the next line that begins with a dot.
    std::string_view take(std::string_view octets) noexcept
    {
        const char* const begin = octets.data();
        const char* const end = begin + octets.size();
        for (const char* p = begin;;) {
            const auto lf = FindDotLine(p, end);
            if (lf == nullptr)
                break;
            if (follows_cr(begin, lf)) {
                at_ = position::line_start;
                return octets.substr(0, static_cast<std::size_t>(lf + 1 - begin));
            }
            p = lf + 1;
        }
        const char* const last = end - 1;
        if (*last == '\n' && follows_cr(begin, last))
            at_ = position::line_start;
        else
            at_ = *last == '\r' ? position::after_cr : position::in_line;
        return octets;
    }

    bool follows_cr(const char* begin, const char* lf) const noexcept
    {
        return lf == begin ? at_ == position::after_cr : lf[-1] == '\r';
    }

    position at_ = position::line_start;
};

using body_decoder = basic_body_decoder<find_dot_line>;

} // namespace pop3::grammar
