// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/body_decoder.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>
#include <pop3/state.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3::command {

// The parts of a command for a message that the user reads piece by piece: the command and its status line, the pieces,
// and what remains when the user wants no more.

/// A command of which only the status line is read. If that is +OK, a message follows.
template <class Command>
    requires(Command::shape == reply_shape::octets)
class opened {
public:
    static constexpr std::string_view verb = Command::verb;
    static constexpr reply_shape shape = reply_shape::single_line;
    using result_type = void;
    using permitted_in = typename Command::permitted_in;

    explicit opened(Command command) : command_(std::move(command))
    {
    }

    std::error_code(check)() const
    {
        return (command::check)(command_);
    }

    void write(command_line& line) const
    {
        command_.write(line);
    }

private:
    Command command_;
};

/// How far a message was read.
struct received_body {
    grammar::body_decoder decoder;
    std::uint64_t octets = 0;
};

/// Reads the next piece of a message, as much as there is and as there is room for.
class receive_piece final : public any_exchange {
public:
    /// body: of the whole message. room: must live until this is done.
    receive_piece(received_body* body, std::span<char> room) noexcept : body_(body), room_(room)
    {
    }

    exchange_traits traits() const override
    {
        return {.first = next::read, .goes_on = true};
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) noexcept override
    {
        while (received_ != room_.size()) {
            const auto piece = body_->decoder.next(input, room_.size() - received_);
            if (piece.empty())
                break;
            std::memcpy(room_.data() + received_, piece.data(), piece.size());
            received_ += piece.size();
        }
        body_->octets += received_;
        if (body_->octets > bounds.streamed_octets)
            ec = errc::streamed_octets_limit;
        return ec || received_ != 0 || body_->decoder.ended() || room_.empty() ? next::done : next::read;
    }

    std::size_t received() const noexcept
    {
        return received_;
    }

    /// There was nothing more to read.
    bool at_end() const noexcept
    {
        return received_ == 0 && !room_.empty();
    }

private:
    received_body* body_;
    std::span<char> room_;
    std::size_t received_ = 0;
};

/// Reads a message to its end, and drops it.
class drain_body final : public any_exchange {
public:
    explicit drain_body(received_body* body) noexcept : body_(body)
    {
    }

    exchange_traits traits() const override
    {
        return {.first = next::read, .goes_on = true};
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        body_->decoder.decode(input, [&](std::span<const char> piece) { dropped_ += piece.size(); });
        if (dropped_ > bounds.drained_octets)
            ec = errc::drained_octets_limit;
        return ec || body_->decoder.ended() ? next::done : next::read;
    }

    reply<void> take() const
    {
        return reply<void>(std::monostate());
    }

private:
    received_body* body_;
    std::uint64_t dropped_ = 0;
};

} // namespace pop3::command
