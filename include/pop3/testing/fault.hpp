// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace pop3::testing {

namespace detail {

class faults;

/// What a server does with a command.
struct reaction {
    enum class kind { obey, answer, hang_up_before, hang_up_after, delay, ignore, trickle };

    kind what = kind::obey;
    std::string text;
    std::size_t octets = 0;
    std::chrono::steady_clock::duration time{};
};

} // namespace detail

/// Stands for what a server says first, where a fault wants the name of a command.
inline constexpr std::string_view greeting = "(greeting)";

/// What a server does, instead of what it should, when it hears a certain command:
///
///     options.faults = {
///         fault::refuse("RETR 2", "[SYS/TEMP] try later").times(1),  // once: the second RETR 2 is answered
///         fault::answer("UIDL", "+OK\r\n1 same\r\n2 same\r\n.\r\n"), // whatever octets the test likes
///         fault::hang_up_after("QUIT"),                              // deletes, and says nothing of it
///         fault::delay(greeting, std::chrono::seconds(5)),
///     };
///
/// A command is named by its verb, or by the verb and what follows it: "RETR" is any RETR, "RETR 2" only that one, "*" is
/// every command. Of several faults for a command the first counts that has begun and is not used up.
class fault {
public:
    /// How time is told.
    using duration = std::chrono::steady_clock::duration;

    /// -ERR and `text`; the command is not carried out. As greeting it is the last that the server says.
    static fault refuse(std::string_view command, std::string_view text = "refused by the test")
    {
        return answer(command, "-ERR " + std::string(text) + "\r\n");
    }

    /// Sends `octets`, as they are; the command is not carried out.
    static fault answer(std::string_view command, std::string octets)
    {
        fault f(kind::answer, command);
        f.reaction_.text = std::move(octets);
        return f;
    }

    /// Closes the connection; the command is not carried out.
    static fault hang_up_before(std::string_view command)
    {
        return fault(kind::hang_up_before, command);
    }

    /// Carries the command out, and closes the connection when so many octets of the reply were sent.
    static fault hang_up_after(std::string_view command, std::size_t octets = 0)
    {
        fault f(kind::hang_up_after, command);
        f.reaction_.octets = octets;
        return f;
    }

    /// Waits so long before it does what it should.
    static fault delay(std::string_view command, duration time)
    {
        fault f(kind::delay, command);
        f.reaction_.time = time;
        return f;
    }

    /// Says nothing to the command, and to none that comes later, until the client goes or `idle_timeout` has passed.
    static fault ignore(std::string_view command)
    {
        return fault(kind::ignore, command);
    }

    /// Sends the reply in pieces of so many octets, and waits so long after each.
    static fault trickle(std::string_view command, std::size_t octets, duration time)
    {
        fault f(kind::trickle, command);
        f.reaction_.octets = octets == 0 ? 1 : octets;
        f.reaction_.time = time;
        return f;
    }

    /// Ends after so many commands. Without this it goes on.
    fault times(std::size_t n) const
    {
        fault f = *this;
        f.left_ = n;
        return f;
    }

    /// Begins after so many commands that it would fit, and that are answered as they should be.
    fault skip(std::size_t n) const
    {
        fault f = *this;
        f.skip_ = n;
        return f;
    }

private:
    friend detail::faults;
    using kind = detail::reaction::kind;

    fault(kind what, std::string_view command) : command_(command)
    {
        reaction_.what = what;
    }

    std::string command_;
    detail::reaction reaction_;
    std::size_t skip_ = 0;
    std::size_t left_ = static_cast<std::size_t>(-1);
};

} // namespace pop3::testing
