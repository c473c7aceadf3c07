// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/read_entries.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/delivery.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/limits.hpp>

#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

/// What commands share whose replies go to a sink instead of into memory.
template <class Command, class Sink>
class delivered_base {
public:
    static constexpr std::string_view verb = Command::verb;
    static constexpr reply_shape shape = Command::shape;
    using permitted_in = typename Command::permitted_in;

    delivered_base(Command command, Sink sink) : command_(std::move(command)), sink_(std::move(sink))
    {
    }

    std::error_code(check)() const
        requires requires(const Command& c) { (c.check)(); }
    {
        return (command_.check)();
    }

    bool is_sendable() const noexcept
        requires requires(const Command& c) { c.is_sendable(); }
    {
        return command_.is_sendable();
    }

    void write(command_line& line) const
    {
        command_.write(line);
    }

    /// Before the reply is read.
    void watch(const stop_check& stop) noexcept
    {
        stop_ = stop;
    }

    /// What the sink wants next.
    flow wanted() const noexcept
    {
        return wanted_;
    }

protected:
    template <class Piece>
    void give(Piece&& piece)
    {
        wanted_ = pop3::detail::give(sink_, std::forward<Piece>(piece));
        if (stop_())
            wanted_ = flow::close;
    }

private:
    Command command_;
    Sink sink_;
    stop_check stop_;
    flow wanted_ = flow::more;
};

/// A command for a message, the octets of which go to a sink as they were decrypted, without a copy.
template <class Command, sink_for<std::span<const char>> Sink>
class delivered : public delivered_base<Command, Sink> {
public:
    using result_type = delivery;
    using delivered_base<Command, Sink>::delivered_base;

    std::error_code read_octets(std::span<const char> piece, delivery& into, const limits& bounds)
    {
        // The limit may have been lowered since the last piece.
        if (into.octets > bounds.streamed_octets || piece.size() > bounds.streamed_octets - into.octets)
            return errc::streamed_octets_limit;
        into.octets += piece.size();
        this->give(piece);
        return {};
    }
};

/// A listing, the entries of which go to a sink one by one.
template <class Command, sink_for<typename Command::entry_type> Sink>
class delivered_listing : public delivered_base<Command, Sink> {
public:
    using result_type = listing_delivery;
    static constexpr bool reads_entries = true;
    using delivered_base<Command, Sink>::delivered_base;

    std::error_code read_entries(std::string_view& input, listing_delivery& into, const limits& bounds)
    {
        return command::read_entries<Command>(input, bounds,
                                              [&](const entry_type& entry, std::error_code& ec) {
                                                  ec = pass_on(entry, into, bounds);
                                                  return this->wanted() == flow::more;
                                              });
    }

    std::error_code read_line(std::string_view line, listing_delivery& into, const limits& bounds)
    {
        entry_type entry;
        if (const auto ec = Command::read_entry(line, entry, bounds))
            return ec;
        return pass_on(entry, into, bounds);
    }

private:
    using entry_type = typename Command::entry_type;

    std::error_code pass_on(const entry_type& entry, listing_delivery& into, const limits& bounds)
    {
        if (into.entries >= bounds.streamed_entries)
            return errc::streamed_entries_limit;
        ++into.entries;
        this->give(entry);
        return {};
    }
};

} // namespace pop3::command
