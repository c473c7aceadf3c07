// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A conversation of an exchange that sends ahead of its replies, with a server that answers as late as it can.

#include "feed.hpp"

#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace test {

/// What was said, and what came of it.
struct ahead_talk {
    std::vector<std::string> lines;  ///< as sent, without CRLF
    std::vector<std::size_t> bursts; ///< how many lines were sent at once
    std::size_t most_commands = 0;   ///< that were ahead of their replies
    std::size_t most_octets = 0;     ///< of these
    std::error_code ec;
    bool done = false;  ///< false: it waits for what never comes
    std::string unread; ///< what the server said, and nobody read

    bool ok() const
    {
        return done && !ec;
    }
};

/// Runs `exchange` as the driver does. The server answers one command each time that the client can do nothing but wait,
/// in pieces of `piece`; nothing once `server` says nothing.
template <class Exchange>
ahead_talk talk_ahead(Exchange& exchange, const std::function<std::string(const std::string&)>& server,
                      std::size_t piece = 100000, const pop3::limits& bounds = {})
{
    ahead_talk talk;
    pop3::command::command_line output;
    std::deque<std::string> unanswered;
    std::size_t octets = 0; // of them
    kept_input kept;
    std::string coming;

    if constexpr (requires { exchange.check(); })
        talk.ec = exchange.check();
    talk.done = bool(talk.ec);

    const auto send = [&] {
        std::size_t burst = 0;
        while (exchange.may_send(bounds)) {
            const auto before = output.octets().size();
            auto ec = exchange.write_next(output);
            if (const auto invalid = output.end(); !ec)
                ec = invalid;
            if (ec) {
                output.drop_line();
                exchange.not_sent(ec);
                continue;
            }
            const auto size = output.octets().size() - before;
            exchange.sent(size);
            octets += size;
            talk.lines.emplace_back(output.octets().end() - static_cast<std::ptrdiff_t>(size),
                                    output.octets().end() - 2);
            unanswered.push_back(talk.lines.back());
            ++burst;
        }
        output.clear();
        if (burst != 0)
            talk.bursts.push_back(burst);
        talk.most_commands = std::max(talk.most_commands, unanswered.size());
        talk.most_octets = std::max(talk.most_octets, octets);
    };
    const auto feed = [&](std::string_view text) {
        kept.feed(text, [&](std::string_view& input) {
            const auto wants = exchange.consume(input, bounds, talk.ec);
            talk.done = wants == pop3::command::next::done || talk.ec;
        });
    };

    while (!talk.done) {
        send();
        if (exchange.finished()) {
            feed({});
            break;
        }
        if (coming.empty()) {
            if (unanswered.empty())
                break;
            coming = server(unanswered.front());
            if (coming.empty())
                break;
            octets -= unanswered.front().size() + 2;
            unanswered.pop_front();
        }
        const auto now = coming.substr(0, piece);
        coming.erase(0, now.size());
        feed(now);
    }
    if constexpr (requires { exchange.explain(talk.ec); })
        talk.ec = exchange.explain(talk.ec);
    talk.unread = kept.rest() + coming;
    return talk;
}

} // namespace test
