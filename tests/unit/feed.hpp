// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Feeds octets to commands the way a connection does, and shows what came of it.

#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace test {

/// For messages: what is not printable as \xNN, \r, \n.
inline std::string escaped(std::string_view octets)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : octets) {
        const auto value = static_cast<unsigned char>(c);
        if (c == '\r')
            text += "\\r";
        else if (c == '\n')
            text += "\\n";
        else if (value < 0x20 || value > 0x7e)
            text.append("\\x").append(1, digits[value >> 4]).append(1, digits[value & 15]);
        else
            text += c;
    }
    return text;
}

using pieces = std::vector<std::string_view>;

inline pieces octet_by_octet(std::string_view octets)
{
    pieces result;
    for (std::size_t i = 0; i != octets.size(); ++i)
        result.push_back(octets.substr(i, 1));
    return result;
}

/// Input as a connection keeps it: what was not used stays, and what comes is put behind it. The memory is as
/// large as its content, and is another one each time: AddressSanitizer sees who reads past it, or later.
class kept_input {
public:
    template <class Consume>
    void feed(std::string_view piece, Consume&& consume)
    {
        std::vector<char> octets(octets_);
        octets.insert(octets.end(), piece.begin(), piece.end());
        octets.shrink_to_fit();
        std::string_view input(octets.data(), octets.size());
        consume(input);
        octets_.assign(input.begin(), input.end());
    }

    std::string rest() const
    {
        return {octets_.begin(), octets_.end()};
    }

private:
    std::vector<char> octets_;
};

/// What became of a reply.
template <class Result>
struct outcome {
    bool done = false;
    std::error_code ec;
    pop3::reply<Result> reply;
    std::string rest; ///< what was not read

    /// Whether the server's +OK was understood.
    bool ok() const
    {
        return done && !ec && reply.has_value();
    }

    bool refused() const
    {
        return done && !ec && !reply.has_value();
    }
};

template <class Command>
outcome<typename Command::result_type> feed(Command command, const pieces& octets,
                                            const pop3::limits& bounds = {})
{
    outcome<typename Command::result_type> result;
    pop3::command::exchange<Command> exchange(std::move(command));
    kept_input kept;
    std::string behind;
    for (const auto piece : octets) {
        if (result.done) {
            behind += piece;
            continue;
        }
        kept.feed(piece, [&](std::string_view& input) {
            const auto wants = exchange.consume(input, bounds, result.ec);
            REQUIRE(wants != pop3::command::next::write);
            result.done = wants == pop3::command::next::done;
        });
    }
    result.rest = kept.rest() + behind;
    if (result.done && !pop3::is_fatal(result.ec))
        result.reply = exchange.take();
    return result;
}

template <class Command>
outcome<typename Command::result_type> feed(Command command, std::string_view octets,
                                            const pop3::limits& bounds = {})
{
    return feed(std::move(command), pieces{octets}, bounds);
}

template <class Result>
bool same(const outcome<Result>& a, const outcome<Result>& b)
{
    if (a.done != b.done || a.ec != b.ec)
        return false;
    // What is left after an error that is fatal is of no use to anyone.
    if (pop3::is_fatal(a.ec))
        return true;
    if (a.rest != b.rest || a.reply.has_value() != b.reply.has_value())
        return false;
    if (!a.reply.has_value())
        return a.reply.error() == b.reply.error();
    if constexpr (!std::is_void_v<Result>)
        return *a.reply == *b.reply;
    else
        return true;
}

/// Feeds `octets` whole, in every two pieces, octet by octet. All must come to the same, which is returned.
template <class Command>
outcome<typename Command::result_type> feed_every_way(const Command& command, std::string_view octets,
                                                      const pop3::limits& bounds = {})
{
    INFO("reply: " << escaped(octets));
    auto whole = feed(command, octets, bounds);
    for (std::size_t i = 0; i <= octets.size(); ++i) {
        if (!same(whole, feed(command, pieces{octets.substr(0, i), octets.substr(i)}, bounds)))
            FAIL_CHECK("other result when cut at " << i);
    }
    CHECK(same(whole, feed(command, octet_by_octet(octets), bounds)));
    return whole;
}

/// What a command puts on the wire; what is wrong with it goes to `ec`.
template <class Command>
std::string written(const Command& command, std::error_code& ec)
{
    pop3::command::command_line line;
    command.write(line);
    ec = line.end();
    return {line.octets().begin(), line.octets().end()};
}

template <class Command>
std::string written(const Command& command)
{
    std::error_code ec;
    auto octets = written(command, ec);
    CHECK(!ec);
    return octets;
}

template <class Command>
std::error_code write_error(const Command& command)
{
    std::error_code ec;
    written(command, ec);
    return ec;
}

} // namespace test
