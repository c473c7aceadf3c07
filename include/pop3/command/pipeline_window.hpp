// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/begins_reply.hpp>
#include <pop3/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// How far a pipeline may be ahead of its replies: as far as `limits` allow, or not at all with a server that did not
/// announce PIPELINING (RFC 2449, section 6.6). Asks for CAPA if that is not known.
///
/// Some announce it and write the status line of the next reply into the one before, where nothing tells it from a line of
/// that message. What shows it is that the next reply then begins without one. So a reply of several lines is held until
/// the next one has begun as it must.
class pipeline_window {
public:
    /// announced: nothing if the server was not asked.
    explicit pipeline_window(std::optional<bool> announced) : announced_(announced)
    {
    }

    /// A single command cannot be ahead of anything: there is nothing to ask.
    void expect_one() noexcept
    {
        announced_ = announced_.value_or(false);
    }

    /// CAPA comes first.
    bool asks() const noexcept
    {
        return !announced_;
    }

    void write_question(command_line& line)
    {
        capa_.emplace(capa());
        capa_->write(line);
    }

    bool has_asked() const noexcept
    {
        return capa_.has_value();
    }

    /// Reads the reply to CAPA; then there is something to read only after commands were sent.
    next consume_answer(std::string_view& input, const limits& bounds, std::error_code& ec)
    {
        const auto wants = capa_->consume(input, bounds, ec);
        if (wants != next::done || ec)
            return wants;
        // One that refuses to say is as old as RFC 1939, and can do nothing that must be announced.
        known_ = capa_->take().value_or(capabilities());
        announced_ = known_->pipelining;
        // What comes before it was asked for is the answer to nothing.
        if (!input.empty())
            ec = errc::unexpected_data;
        return next::read;
    }

    /// What the server said that it can do; nothing if it was not asked.
    const std::optional<capabilities>& known() const noexcept
    {
        return known_;
    }

    /// Whether another command may be sent. Not as soon as there is room for one: many together go in one write, and
    /// in one TLS record.
    bool is_open(const limits& bounds) noexcept
    {
        const auto most = std::max<std::size_t>(announced_.value_or(false) ? bounds.pipeline_commands : 1, 1);
        const auto most_octets = std::max<std::size_t>(bounds.pipeline_octets, 1);
        if (filling_)
            filling_ = commands_ < most && octets_ < most_octets;
        else
            filling_ = commands_ <= most / 2 && octets_ <= most_octets / 2;
        return filling_;
    }

    /// A command of so many octets was sent.
    void sent(std::size_t octets) noexcept
    {
        ++commands_;
        octets_ += octets;
        went_ahead_ = went_ahead_ || commands_ > 1;
    }

    /// A command of so many octets was answered: holds the reply if it must be.
    template <class Command>
    void answered(std::size_t octets, const exchange<Command>& said) noexcept
    {
        answered(octets);
        if constexpr (Command::shape != reply_shape::single_line)
            holds_ = commands_ != 0 && !said.refused() && !said.closes();
    }

    bool holds() const noexcept
    {
        return holds_;
    }

    /// Whether what was held may be handed over: `done`, also if nothing was. `input` is what came behind it.
    next confirm(std::string_view input, std::error_code& ec) noexcept
    {
        if (!holds_)
            return next::done;
        const auto begins = grammar::begins_reply(input);
        if (!begins)
            return next::read;
        if (!*begins)
            ec = errc::pipeline_out_of_step;
        holds_ = false;
        return next::done;
    }

    /// What `ec` means if it may come of commands that were sent ahead.
    std::error_code explain(std::error_code ec) const noexcept
    {
        if (!went_ahead_)
            return ec;
        if (ec == errc::malformed_reply || ec == errc::unexpected_data)
            return errc::pipeline_out_of_step;
        if (ec == errc::timed_out)
            return errc::pipeline_timed_out;
        return ec;
    }

    /// A command of so many octets was answered.
    void answered(std::size_t octets) noexcept
    {
        --commands_;
        octets_ -= octets;
    }

private:
    std::optional<bool> announced_;
    std::optional<exchange<capa>> capa_;
    std::optional<capabilities> known_;
    std::size_t commands_ = 0; // in flight
    std::size_t octets_ = 0;
    bool filling_ = true;
    bool holds_ = false;
    bool went_ahead_ = false;
};

} // namespace pop3::command
