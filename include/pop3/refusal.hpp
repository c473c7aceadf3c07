// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/printable.hpp>
#include <pop3/response_code.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pop3 {

/// What a refusal asks for, as far as the server says it in a form for programs.
enum class retry_advice {
    unknown,             ///< It does not say. After a login: most often the credentials are wrong.
    ask_for_credentials, ///< [AUTH]: these credentials are wrong; others may do.
    wait,    ///< [IN-USE], [LOGIN-DELAY], [SYS/TEMP]: the same will do later. See `refusal::retry_after`.
    give_up, ///< [SYS/PERM]: a person must mend something first.
};

/// The server said no (-ERR). A value, not an error: the session lives on.
class refusal {
public:
    refusal() = default;

    /// A refusal of your own, in tests for example. The library makes them of what a server said.
    refusal(std::string verb, response_code code, std::string code_text, std::string text,
            std::string details = {})
        : verb_(std::move(verb)), code_text_(std::move(code_text)), text_(std::move(text)),
          details_(std::move(details)), code_(code)
    {
    }

    /// The keyword of the command that was refused, without its arguments; empty if it was the connection.
    const std::string& verb() const noexcept
    {
        return verb_;
    }

    /// Why, if the server said so in a way that programs can read (RFC 2449, RFC 3206); `response_code::none` if not.
    response_code code() const noexcept
    {
        return code_;
    }

    /// The response code as the server wrote it, without the brackets: "IN-USE".
    const std::string& code_text() const noexcept
    {
        return code_text_;
    }

    /// What the server says to people, without the response code. Untrusted input: it may hold any octet but LF, and
    /// with a server that repeats what it was told, even a password. For a terminal or a log there is `to_string`.
    const std::string& text() const noexcept
    {
        return text_;
    }

    /// What a SASL mechanism was told of the failure, decoded: the JSON of XOAUTH2 and OAUTHBEARER (RFC 7628, section
    /// 3.2.2), the `e=` of SCRAM. Empty if nothing. Untrusted input.
    const std::string& details() const noexcept
    {
        return details_;
    }

    /// Whether to ask for a new password, or to wait, or neither.
    retry_advice advice() const noexcept;

    /// How long the server wants to be left alone after a login: [LOGIN-DELAY], and what its capability LOGIN-DELAY
    /// says of the time, if the session has asked (RFC 2449, section 8.1.1).
    std::optional<std::chrono::seconds> retry_after() const noexcept
    {
        return retry_after_;
    }

    /// Says how long to wait, as the server announced it.
    void retry_after(std::chrono::seconds time) noexcept
    {
        retry_after_ = time;
    }

    friend bool operator==(const refusal&, const refusal&) = default;

private:
    std::string verb_;
    std::string code_text_;
    std::string text_;
    std::string details_;
    std::optional<std::chrono::seconds> retry_after_;
    response_code code_ = response_code::none;
};

/// For people, on one line, whatever the server wrote: "PASS refused: [AUTH] Authentication failed."
std::string to_string(const refusal& r);

/// Thrown in place of a `refusal` by the default completion token, and by `reply::value()`.
class refused : public std::runtime_error {
public:
    /// `what()` is the text of `r`, fit for a terminal.
    explicit refused(pop3::refusal r) : std::runtime_error(to_string(r)), refusal_(std::move(r))
    {
    }

    /// What the server said.
    const pop3::refusal& refusal() const noexcept
    {
        return refusal_;
    }

    /// The code of `refusal()`.
    response_code code() const noexcept;

private:
    pop3::refusal refusal_;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/refusal.ipp>
#endif
