// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/concept.hpp>
#include <pop3/command/next.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/grammar/body_decoder.hpp>
#include <pop3/grammar/line.hpp>
#include <pop3/grammar/response_code.hpp>
#include <pop3/grammar/status_line.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3::command {

/// The refusal that a -ERR with `text` is.
inline refusal make_refusal(std::string_view verb, std::string_view text)
{
    const auto coded = grammar::split_response_code(text);
    return {std::string(verb), coded.code, std::string(coded.code_text), std::string(coded.text)};
}

/// What forbids to send a command at all, besides what its line shows. (In parentheses, here and elsewhere, since `check`,
/// as `min` and `max`, is a macro of some systems' headers: tests/static/macros.cpp.)
template <class Command>
std::error_code(check)(const Command& command)
{
    if constexpr (requires {
                      { (command.check)() } -> std::convertible_to<std::error_code>;
                  })
        return (command.check)();
    else
        return {};
}

/// One command and its reply, without I/O: writes the command, is fed the octets that come back, and makes a
/// `reply` of them.
template <command_value Command>
class exchange {
public:
    using result_type = typename Command::result_type;

private:
    static constexpr bool has_sink = requires(const Command& c) {
        { c.wanted() } -> std::same_as<flow>;
    } && requires(detail::stored<result_type>& r) {
        { (r.complete) } -> std::same_as<bool&>;
    };

public:
    /// It calls a function of the user's.
    static constexpr bool watches = has_sink && requires(Command& c, stop_check stop) { c.watch(stop); };

    /// A greeting comes unasked.
    static constexpr next first = std::string_view(Command::verb).empty() ? next::read : next::write;

    explicit exchange(Command command) : command_(std::move(command))
    {
    }

    /// The keyword of the command.
    static constexpr std::string_view current_verb() noexcept
    {
        return Command::verb;
    }

    /// The way in that this is, if it is one (see `way_in::name`).
    static std::optional<std::string_view> chosen() noexcept
    {
        if constexpr (requires {
                          { Command::way_in } -> std::same_as<const std::string_view&>;
                      })
            return Command::way_in;
        else
            return {};
    }

    std::error_code(check)() const
    {
        return (command::check)(command_);
    }

    void write(command_line& line) const
    {
        command_.write(line);
    }

    /// Says how it is known whether a sink has called the operation off.
    void watch([[maybe_unused]] const stop_check& stop) noexcept
    {
        if constexpr (watches)
            command_.watch(stop);
    }

    /// Reads from the front of `input`, and removes what was read. After an error it must not be called again. One that is
    /// not fatal comes when the reply was read to its end: it is what is wrong with the value.
    next consume(std::string_view& input, const limits& bounds, std::error_code& ec)
    {
        const auto wants = read(input, bounds, ec);
        if (wants == next::done && !ec)
            ec = value_error_;
        return wants;
    }

    bool refused() const noexcept
    {
        return refusal_.has_value();
    }

    /// The sink wants the session to end.
    bool closes() const noexcept
    {
        return wanted_ == flow::close;
    }

    /// The reply; once, after `consume` said `done` without an error that is fatal.
    reply<result_type> take()
    {
        if (value_error_)
            return reply<result_type>(pop3::detail::no_reply(Command::verb, value_error_));
        if (refusal_)
            return std::move(*refusal_);
        return reply<result_type>(std::move(result_));
    }

private:
    next read(std::string_view& input, const limits& bounds, std::error_code& ec)
    {
        if (!in_body_) {
            const auto line = grammar::take_line(input, bounds.response_line, ec);
            if (!line)
                return ec ? next::done : next::read;
            const auto status = grammar::parse_status_line(*line);
            if (!status || status->status == grammar::status::proceed)
                ec = errc::malformed_reply;
            else if (status->status == grammar::status::err)
                refusal_ = command::make_refusal(Command::verb, status->text);
            else if constexpr (Command::shape != reply_shape::single_line)
                in_body_ = true;
            else if constexpr (!std::is_void_v<result_type>)
                judge(command_.read_status(status->text, result_, bounds), ec);
        }
        if (ec || !in_body_)
            return next::done;
        return consume_body(input, bounds, ec);
    }

    next consume_body([[maybe_unused]] std::string_view& input, [[maybe_unused]] const limits& bounds,
                      [[maybe_unused]] std::error_code& ec)
    {
        if constexpr (Command::shape == reply_shape::octets) {
            const bool ended = decoder_.decode(input, [&](std::span<const char> piece) {
                if (ec || closes())
                    return;
                if (wanted_ == flow::drain)
                    return drop(piece.size(), bounds, ec);
                octets_ += piece.size();
                if (!value_error_)
                    take_in(command_.read_octets(piece, result_, bounds), ec);
                // Whatever the size of the pieces: no message is read on for longer than it may be large.
                if (value_error_ && octets_ > bounds.message_octets &&
                    octets_ - bounds.message_octets > bounds.drained_octets)
                    ec = errc::drained_octets_limit;
            });
            return end(ended, ec);
        } else if constexpr (Command::shape == reply_shape::lines) {
            while (read_ahead(input, bounds, ec)) {
                auto line = grammar::take_line(input, bounds.response_line, ec);
                if (!line)
                    break;
                if (*line == ".")
                    return end(true, ec);
                if (line->starts_with('.'))
                    line->remove_prefix(1);
                if (!drops())
                    take_in(command_.read_line(*line, result_, bounds), ec);
                else if ((value_error_ || reads_entries) && grammar::is_refusal(*line))
                    ec = errc::malformed_reply; // there is no end to wait for
                else
                    // With its CRLF, or lines of nothing would never be too many.
                    drop(line->size() + 2, bounds, ec);
                if (ec || closes())
                    break;
            }
            return end(false, ec);
        } else {
            return next::done;
        }
    }

    static constexpr bool reads_entries = requires {
        requires std::same_as<decltype(Command::reads_entries), const bool>;
        requires Command::reads_entries;
    };

    /// Lets the command read what it can read faster than line by line. False if that was the end of it.
    bool read_ahead([[maybe_unused]] std::string_view& input, [[maybe_unused]] const limits& bounds,
                    [[maybe_unused]] std::error_code& ec)
    {
        if constexpr (reads_entries)
            if (!drops())
                take_in(command_.read_entries(input, result_, bounds), ec);
        return !ec && !closes();
    }

    /// The command has read a piece.
    void take_in(std::error_code said, std::error_code& ec)
    {
        if (said) [[unlikely]]
            judge(said, ec);
        if constexpr (has_sink)
            wanted_ = command_.wanted();
    }

    /// What is wrong with a value only does not end the session: what follows is in step, and is read on to its end.
    void judge(std::error_code said, std::error_code& ec)
    {
        if (!said)
            return;
        if (is_fatal(said)) {
            ec = said;
            return;
        }
        // The server is in another state now, and there is no session for it without the value.
        if constexpr (pop3::detail::leaves_state<Command>) {
            ec = errc::malformed_reply;
            return;
        }
        value_error_ = said;
        if constexpr (std::is_move_assignable_v<pop3::detail::stored<result_type>>)
            result_ = pop3::detail::stored<result_type>(); // nobody will see it, and it may be large
    }

    /// What comes is of no use to anybody.
    bool drops() const noexcept
    {
        return wanted_ == flow::drain || value_error_;
    }

    void drop(std::size_t octets, const limits& bounds, std::error_code& ec)
    {
        dropped_ += octets;
        if (dropped_ > bounds.drained_octets)
            ec = errc::drained_octets_limit;
    }

    next end(bool ended, const std::error_code& ec)
    {
        if constexpr (has_sink)
            if (ended && !ec && wanted_ == flow::more)
                result_.complete = true;
        return ended || ec || closes() ? next::done : next::read;
    }

    Command command_;
    detail::stored<result_type> result_{};
    std::optional<refusal> refusal_;
    std::error_code value_error_;
    std::uint64_t dropped_ = 0;
    std::uint64_t octets_ = 0; // of a message
    grammar::body_decoder decoder_;
    flow wanted_ = flow::more;
    bool in_body_ = false;
};

} // namespace pop3::command
