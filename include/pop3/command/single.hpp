// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/next.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

/// One command, as the driver runs it.
template <command_value Command>
class single final : public any_exchange {
public:
    explicit single(Command command) : exchange_(std::move(command))
    {
    }

    static constexpr std::string_view current_verb() noexcept
    {
        return Command::verb;
    }

    exchange_traits traits() const override
    {
        return {.first = exchange<Command>::first, .reveals_secret = reveals_secret<Command>};
    }

    std::error_code(check)() override
    {
        return (exchange_.check)();
    }

    std::error_code write(command_line& line) override
    {
        exchange_.write(line);
        return {};
    }

    next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override
    {
        return exchange_.consume(input, bounds, ec);
    }

    void watch(const stop_check& stop) override
    {
        exchange_.watch(stop);
    }

    bool closes() const override
    {
        return exchange_.closes();
    }

    std::optional<std::string_view> chosen() const override
    {
        return exchange_.chosen();
    }

    reply<typename Command::result_type> take()
    {
        return exchange_.take();
    }

private:
    exchange<Command> exchange_;
};

} // namespace pop3::command
