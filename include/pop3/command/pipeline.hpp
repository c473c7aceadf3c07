// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/pipeline_window.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/command/what_forbids.hpp>
#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace pop3::command {

/// Several commands as one exchange without I/O, sent ahead of their replies as far as the window allows.
template <command_value... Command>
class pipeline final : public any_exchange {
public:
    using result_type = std::tuple<reply<typename Command::result_type>...>;

    pipeline(std::optional<bool> announced, Command... command)
        : exchanges_(exchange<Command>(std::move(command))...), window_(announced)
    {
        if (count < 2)
            window_.expect_one();
    }

    exchange_traits traits() const override
    {
        return {.sends_ahead = true, .reveals_secret = (reveals_secret<Command> || ...)};
    }

    /// All is sent, or nothing is.
    std::error_code(check)() override
    {
        std::error_code ec;
        command_line scratch;
        for (std::size_t i = 0; i != count && !ec; ++i) {
            visit(exchanges_, i, [&](const auto& e) { ec = command::what_forbids(e, scratch); });
            if (ec)
                culprit_ = i;
        }
        return ec;
    }

    bool may_send(const limits& bounds) noexcept override
    {
        if (window_.asks())
            return !window_.has_asked();
        return !closes_ && !error_ && sent_ != count && window_.is_open(bounds);
    }

    bool write_ahead(command_line& line, const limits& bounds) override
    {
        return pop3::command::write_ahead(*this, line, bounds, {});
    }

    /// Writes the next line, or says what forbids it. Then `sent` or `not_sent` must be called.
    std::error_code write_next(command_line& line)
    {
        if (window_.asks())
            window_.write_question(line);
        else
            visit(exchanges_, sent_, [&](const auto& e) { e.write(line); });
        return {};
    }

    void sent(std::size_t octets)
    {
        if (window_.asks())
            return;
        window_.sent(octets);
        octets_[sent_] = octets;
        ++sent_;
    }

    /// `check` has looked at all: the command says something else than before.
    void not_sent(std::error_code ec) noexcept
    {
        error_ = ec;
        culprit_ = sent_;
    }

    void watch(const stop_check& stop) noexcept override
    {
        std::apply([&](auto&... e) { (e.watch(stop), ...); }, exchanges_);
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        if (window_.asks())
            return window_.consume_answer(input, bounds, ec);
        while (answered_ != sent_) {
            if (!window_.holds()) {
                auto wants = next::read;
                visit(exchanges_, answered_, [&](auto& e) {
                    wants = e.consume(input, bounds, ec);
                    if (wants == next::done)
                        window_.answered(octets_[answered_], e);
                });
                if (is_fatal(ec) || wants == next::read)
                    return wants;
                ec = {}; // of the value, which the reply says
            }
            if (const auto wants = window_.confirm(input, ec); ec || wants == next::read)
                return wants;
            take_reply();
            if (closes_)
                return next::done;
        }
        if (finished()) {
            ec = error_;
            return next::done;
        }
        if (!input.empty())
            ec = errc::unexpected_data;
        return next::read;
    }

    bool finished() const noexcept override
    {
        return answered_ == sent_ && (sent_ == count || error_);
    }

    /// The last of them, too, may have reached the server.
    bool all_sent() const noexcept
    {
        return sent_ == count;
    }

    std::size_t answered() const noexcept override
    {
        return answered_;
    }

    std::error_code explain(std::error_code ec) const noexcept override
    {
        return window_.explain(ec);
    }

    bool closes() const noexcept override
    {
        return closes_;
    }

    const std::optional<capabilities>& known() const noexcept override
    {
        return window_.known();
    }

    /// The first one without a reply names its command, or that which cannot be sent.
    result_type take()
    {
        const auto unanswered = culprit_.value_or(answered_);
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((I == unanswered && (name<I>(), true)) || ...);
        }(std::make_index_sequence<count>());
        return std::move(replies_);
    }

private:
    static constexpr std::size_t count = sizeof...(Command);

    template <class Tuple, class F>
    static void visit(Tuple& tuple, std::size_t i, F f)
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((I == i && (f(std::get<I>(tuple)), true)) || ...);
        }(std::make_index_sequence<count>());
    }

    void take_reply()
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((I == answered_ && (take_reply_of<I>(), true)) || ...);
        }(std::make_index_sequence<count>());
        ++answered_;
    }

    template <std::size_t I>
    void name()
    {
        using all = std::tuple<Command...>;
        std::get<I>(replies_) =
            std::tuple_element_t<I, result_type>(pop3::detail::no_reply(std::tuple_element_t<I, all>::verb));
    }

    template <std::size_t I>
    void take_reply_of()
    {
        auto& e = std::get<I>(exchanges_);
        closes_ = e.closes();
        std::get<I>(replies_) = e.take();
    }

    std::tuple<exchange<Command>...> exchanges_;
    result_type replies_;
    std::array<std::size_t, count> octets_{};
    pipeline_window window_;
    std::error_code error_;
    std::optional<std::size_t> culprit_;
    std::size_t sent_ = 0;
    std::size_t answered_ = 0;
    bool closes_ = false;
};

} // namespace pop3::command
