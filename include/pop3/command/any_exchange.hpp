// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/next.hpp>
#include <pop3/command/stop_check.hpp>
#include <pop3/limits.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// What is known of an exchange before it begins.
struct exchange_traits {
    /// It begins with a line of its own, or with what comes unasked.
    next first = next::write;
    /// It begins with input that an exchange before left behind.
    bool goes_on = false;
    /// It has lines that need not wait for a reply.
    bool sends_ahead = false;
    /// An observer must not see what the server asks.
    bool hides_challenges = false;
    /// It puts a secret on the wire that can be used again. (What is known when it is compiled does not come so far; this is for
    /// a stream that is one thing or another.) A login chooses by itself what it shows.
    bool reveals_secret = false;
};

/// Commands and their replies, as the driver sees them: without I/O, asked for what to send, and fed what comes. Each call is
/// for a line that is sent, or a buffer that was read.
///
/// One that is derived from this also has `take()`, by which its `Finish` (see `finish_defaults`) learns what came of it.
class any_exchange {
public:
    virtual ~any_exchange() = default;

    virtual exchange_traits traits() const
    {
        return {};
    }

    /// What forbids to begin. (In parentheses, as `min` and `max`, since it is a macro of some systems' headers.)
    virtual std::error_code(check)()
    {
        return {};
    }

    /// Writes the line that it wants to send.
    virtual std::error_code write(command_line&)
    {
        return {};
    }

    /// Whether there is a line that can be sent now, ahead of replies that are still to come.
    virtual bool may_send(const limits&)
    {
        return false;
    }

    /// Writes that line, and those behind it; but only one if it must be shown. False if there is none, or no more.
    virtual bool write_ahead(command_line&, const limits&)
    {
        return false;
    }

    /// There is nothing to send, and nothing to wait for.
    virtual bool finished() const
    {
        return false;
    }

    /// Reads from the front of `input`, removes what was read, and says what it wants next.
    virtual next consume(std::string_view& input, const limits&, std::error_code&) = 0;

    /// Does some of what `consume`, or this itself, asked for by `next::compute`.
    virtual next compute(std::error_code&)
    {
        return next::done;
    }

    /// How it learns that the operation was called off, by a function of the user's.
    virtual void watch(const stop_check&)
    {
    }

    /// How many replies came. Each earns time.
    virtual std::size_t answered() const
    {
        return 0;
    }

    /// What it says of the error that it ends with.
    virtual std::error_code explain(std::error_code ec) const
    {
        return ec;
    }

    /// The session must end with it, though it succeeds.
    virtual bool closes() const
    {
        return false;
    }

    /// If the connection ends now, it has its answer all the same.
    virtual bool settles() const
    {
        return false;
    }

    // What it has learned of the server: what that can do, how the login was done, and whether it refuses to bind one.

    virtual const std::optional<capabilities>& known() const
    {
        static const std::optional<capabilities> none;
        return none;
    }

    virtual std::optional<std::string_view> chosen() const
    {
        return {};
    }

    virtual std::optional<bool> refuses_binding() const
    {
        return {};
    }

protected:
    any_exchange() = default;
    any_exchange(const any_exchange&) = default;
    any_exchange& operator=(const any_exchange&) = default;
};

/// `write_ahead` by the `may_send`, `write_next`, `sent(octets)` and `not_sent(error)` of an exchange. Those are the user's
/// functions, too, if a range makes its commands as it goes: none is called after one of them has called the operation off.
template <class Exchange>
bool write_ahead(Exchange& exchange, command_line& line, const limits& bounds, const stop_check& stop)
{
    while (!stop() && exchange.may_send(bounds)) {
        const auto before = line.octets().size();
        auto ec = exchange.write_next(line);
        if (!ec)
            ec = line.end();
        if (ec) {
            line.drop_line();
            exchange.not_sent(ec);
            return false;
        }
        exchange.sent(line.octets().size() - before);
        if (line.observed())
            return true;
    }
    return false;
}

} // namespace pop3::command
