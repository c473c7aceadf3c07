// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A conversation of an exchange with a server that is a function.

#include "feed.hpp"
#include "support/compute.hpp"

#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/grammar/base64.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>
#include <pop3/secret.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace test {

/// What the client said, and what came of it.
struct conversation {
    std::vector<std::string> lines; ///< as sent, without CRLF
    std::vector<std::string> shown; ///< as an observer sees them
    std::error_code ec;
    bool done = false;
    bool refused = false;
    pop3::refusal refusal;
    std::string rest;      ///< what the server said, and nobody read
    std::size_t turns = 0; ///< that it computed in

    bool ok() const
    {
        return done && !ec && !refused;
    }
};

/// Answers a line with all that the server says to it; empty: nothing more.
using fake_server = std::function<std::string(const std::string& line)>;

/// A server that says these, one after the other, whatever it is told.
inline fake_server says(std::vector<std::string> replies)
{
    return [replies = std::move(replies), i = std::size_t{0}](const std::string&) mutable {
        return i < replies.size() ? replies[i++] : std::string();
    };
}

/// Runs `exchange` as the driver does, with the server's octets in pieces of `piece`.
template <class Exchange>
conversation talk(Exchange& exchange, const fake_server& server, std::size_t piece = 100000,
                  const pop3::limits& bounds = {})
{
    conversation c;
    pop3::command::command_line line;
    kept_input kept;
    auto wants = pop3::command::next::write;
    c.ec = exchange.check();
    while (!c.ec && wants == pop3::command::next::write) {
        exchange.write(line);
        c.ec = line.end();
        if (c.ec)
            break;
        c.lines.emplace_back(line.octets().begin(), line.octets().end() - 2);
        c.shown.push_back(line.shown());
        line.clear();
        const auto reply = server(c.lines.back());
        std::string_view octets = reply;
        wants = pop3::command::next::read;
        while (wants == pop3::command::next::read && !octets.empty()) {
            kept.feed(octets.substr(0, piece),
                      [&](std::string_view& input) { wants = exchange.consume(input, bounds, c.ec); });
            c.turns += compute(exchange, wants, c.ec);
            octets.remove_prefix(std::min(piece, octets.size()));
        }
        c.rest = kept.rest() + std::string(octets);
    }
    c.done = wants == pop3::command::next::done;
    if (c.done && !c.ec) {
        auto said = exchange.take();
        c.refused = !said;
        if (c.refused)
            c.refusal = std::move(said).error();
    }
    return c;
}

inline std::string base64(std::string_view octets)
{
    pop3::detail::wiped_octets text;
    pop3::grammar::base64_encode(octets, text);
    return {text.begin(), text.end()};
}

/// What a word stands for; empty if it is no base64.
inline std::string from_base64(std::string_view text)
{
    pop3::detail::wiped_octets octets;
    if (!pop3::grammar::base64_decode(text, octets))
        return {};
    return {octets.begin(), octets.end()};
}

} // namespace test
