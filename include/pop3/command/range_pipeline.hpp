// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/pipeline_window.hpp>
#include <pop3/command/ring.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/command/what_forbids.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/detail/range.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3 {

namespace detail {

template <class Range>
using command_of_range = std::remove_cvref_t<reference_of<Range>>;

template <class Range>
inline constexpr bool is_initializer_list = false;

template <class T>
inline constexpr bool is_initializer_list<std::initializer_list<T>> = true;

} // namespace detail

/// A range, of any length, of commands of one type. Not a `std::initializer_list`: a copy of it shows what the call that it was
/// made for has on its stack.
template <class Range>
concept range_of_commands =
    detail::input_range<std::decay_t<Range>> && !detail::is_initializer_list<std::decay_t<Range>> &&
    std::constructible_from<std::decay_t<Range>, Range> &&
    command_value<detail::command_of_range<std::decay_t<Range>>>;

/// Is called with the index of each command in its range, and its reply, in order. It returns void, or a `flow`.
template <class F, class Result>
concept reply_handler =
    std::move_constructible<std::decay_t<F>> &&
    std::invocable<std::decay_t<F>&, std::size_t, reply<Result>> &&
    (std::is_void_v<std::invoke_result_t<std::decay_t<F>&, std::size_t, reply<Result>>> ||
     std::same_as<std::invoke_result_t<std::decay_t<F>&, std::size_t, reply<Result>>, flow>);

namespace command {

/// A command that waits for its reply.
template <class Command>
struct sent_command {
    /// It takes nothing of the window yet.
    explicit sent_command(Command c) : command(std::move(c))
    {
    }

    Command command;        ///< itself
    std::size_t octets = 0; ///< of the window
};

/// Any number of commands of one type as one exchange without I/O, sent ahead of their replies as far as the window
/// allows. Memory is taken for the window, not for each of them.
template <class Range, class OnReply>
class range_pipeline final : public any_exchange {
    using command_type = pop3::detail::command_of_range<Range>;

    /// Its commands can be looked at before the first is sent. Not those that are made when it is gone over, nor a range that
    /// may have no end.
    static constexpr bool is_stored = pop3::detail::forward_range<Range> &&
                                      pop3::detail::sized_range<Range> &&
                                      std::is_lvalue_reference_v<pop3::detail::reference_of<Range>>;

public:
    using result_type = std::size_t;

    range_pipeline(std::optional<bool> announced, Range range, OnReply on_reply)
        : state_(new state(announced, std::move(range), std::move(on_reply)))
    {
        if constexpr (pop3::detail::sized_range<Range> && pop3::detail::forward_range<Range>)
            if (std::ranges::size(state_->range) < 2)
                state_->window.expect_one();
    }

    exchange_traits traits() const override
    {
        return {.sends_ahead = true, .reveals_secret = reveals_secret<command_type>};
    }

    /// All is sent, or nothing is.
    std::error_code(check)() override
    {
        if constexpr (is_stored) {
            command_line scratch;
            scratch.show(false);
            for (const auto& command : state_->range)
                if (const auto ec = pop3::command::what_forbids(command, scratch))
                    return ec;
        }
        return {};
    }

    bool may_send(const limits& bounds) override
    {
        auto& s = *state_;
        if (s.no_more())
            return false;
        if (s.window.asks())
            return !s.window.has_asked();
        return s.window.is_open(bounds);
    }

    bool write_ahead(command_line& line, const limits& bounds) override
    {
        return pop3::command::write_ahead(*this, line, bounds, state_->stop);
    }

    /// Writes the next line, or says what forbids it. Then `sent` or `not_sent` must be called.
    std::error_code write_next(command_line& line)
    {
        auto& s = *state_;
        if (s.window.asks()) {
            s.window.write_question(line);
            return {};
        }
        const auto& command = s.in_flight.emplace_back(s.current()).command;
        command.write(line);
        // Else `check` has looked at all.
        if constexpr (!is_stored)
            return (pop3::command::check)(command);
        else
            return {};
    }

    void sent(std::size_t octets)
    {
        auto& s = *state_;
        if (s.window.asks())
            return;
        s.window.sent(octets);
        s.in_flight.back().octets = octets;
        ++s.at;
    }

    void not_sent(std::error_code ec)
    {
        state_->in_flight.pop_back();
        state_->error = ec;
        state_->stopped = true;
    }

    void watch(const stop_check& stop) noexcept override
    {
        state_->stop = stop;
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        auto& s = *state_;
        if (s.window.asks() && s.window.has_asked())
            return s.window.consume_answer(input, bounds, ec);
        while (!s.in_flight.empty()) {
            if (!s.window.holds()) {
                if (!s.reading) {
                    s.reading.emplace(std::move(s.in_flight.front().command)).watch(s.stop);
                }
                const auto wants = s.reading->consume(input, bounds, ec);
                if (is_fatal(ec) || wants == next::read)
                    return wants;
                if (ec)
                    ec = {}; // of the value, which the reply says
                if constexpr (exchange<command_type>::watches)
                    if (s.reading->closes() && s.stop())
                        return next::done;
                s.window.answered(s.in_flight.front().octets, *s.reading);
            }
            if (const auto wants = s.window.confirm(input, ec); ec || wants == next::read)
                return wants;
            s.hand_over();
            if (s.closes)
                return next::done;
        }
        if (finished()) {
            ec = s.error;
            return next::done;
        }
        if (!input.empty())
            ec = errc::unexpected_data;
        return next::read;
    }

    bool finished() const override
    {
        return state_->in_flight.empty() && state_->no_more();
    }

    std::size_t answered() const noexcept override
    {
        return state_->answered;
    }

    std::error_code explain(std::error_code ec) const noexcept override
    {
        return state_->window.explain(ec);
    }

    bool closes() const noexcept override
    {
        return state_->closes;
    }

    const std::optional<capabilities>& known() const noexcept override
    {
        return state_->window.known();
    }

    /// How many were answered.
    std::size_t take() const noexcept
    {
        return state_->answered;
    }

private:
    /// On the heap, since an iterator may point into its range.
    struct state {
        state(std::optional<bool> announced, Range r, OnReply f)
            : range(std::move(r)), on_reply(std::move(f)), window(announced), at(std::ranges::begin(range)),
              last(std::ranges::end(range))
        {
        }

        bool no_more() const
        {
            return stopped || at == last;
        }

        /// A container is the operation's own: what is in it need not be copied. What a view shows is the user's.
        decltype(auto) current()
        {
            if constexpr (pop3::detail::view<Range>)
                return *at;
            else
                return std::ranges::iter_move(at);
        }

        void hand_over()
        {
            closes = reading->closes();
            auto said = reading->take();
            reading.reset();
            in_flight.pop_front();
            const auto index = answered++;
            auto wanted = flow::more;
            if constexpr (std::is_void_v<std::invoke_result_t<OnReply&, std::size_t, decltype(said)>>)
                std::invoke(on_reply, index, std::move(said));
            else
                wanted = std::invoke(on_reply, index, std::move(said));
            stopped = stopped || wanted != flow::more;
            closes = closes || wanted == flow::close || stop();
        }

        Range range;
        OnReply on_reply;
        pipeline_window window;
        pop3::detail::iterator_of<Range> at;
        pop3::detail::sentinel_of<Range> last;
        ring<sent_command<command_type>> in_flight;
        std::optional<exchange<command_type>> reading; // of the first of them
        stop_check stop;
        std::error_code error;
        std::size_t answered = 0;
        bool stopped = false;
        bool closes = false;
    };

    pop3::detail::boxed<state> state_;
};

} // namespace command

} // namespace pop3
