// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/printable.hpp>
#include <pop3/response_code.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pop3 {

/// The server said no (-ERR). A value, not an error: the session lives on.
class refusal {
public:
    refusal() = default;

    refusal(std::string verb, response_code code, std::string code_text, std::string text)
        : verb_(std::move(verb)), code_text_(std::move(code_text)), text_(std::move(text)), code_(code)
    {
    }

    /// The keyword of the command that was refused, without its arguments; empty if it was the connection.
    const std::string& verb() const noexcept
    {
        return verb_;
    }

    response_code code() const noexcept
    {
        return code_;
    }

    /// The response code as the server wrote it, without the brackets: "IN-USE".
    const std::string& code_text() const noexcept
    {
        return code_text_;
    }

    /// What the server says to people, without the response code. Untrusted input: it may hold any octet but LF.
    const std::string& text() const noexcept
    {
        return text_;
    }

    friend bool operator==(const refusal&, const refusal&) = default;

private:
    std::string verb_;
    std::string code_text_;
    std::string text_;
    response_code code_ = response_code::none;
};

namespace detail {

/// "PASS refused: [AUTH] Authentication failed."
inline std::string describe(const refusal& r)
{
    std::string text = r.verb().empty() ? std::string("connection") : r.verb();
    text += " refused";
    if (!r.code_text().empty() || !r.text().empty())
        text += ":";
    if (!r.code_text().empty())
        text.append(" [").append(r.code_text()).append("]");
    if (!r.text().empty())
        text.append(" ").append(r.text());
    return printable(std::move(text));
}

} // namespace detail

/// Thrown in place of a `refusal` by the default completion token, and by `reply::value()`.
class refused : public std::runtime_error {
public:
    explicit refused(pop3::refusal r) : std::runtime_error(detail::describe(r)), refusal_(std::move(r))
    {
    }

    const pop3::refusal& refusal() const noexcept
    {
        return refusal_;
    }

    response_code code() const noexcept
    {
        return refusal_.code();
    }

private:
    pop3::refusal refusal_;
};

} // namespace pop3
