// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <string>
#include <system_error>
#include <type_traits>

namespace pop3 {

/// What can go wrong on the client's side of the conversation. That the *server* says no is not among these:
/// that is a value, `pop3::refusal`.
///
/// After the first four nothing was sent, and the connection is as it was; an operation that leaves a state hands the
/// session back in its reply (the default token, which throws, drops it). After any other one, and after any error of
/// another category (the system's, Asio's, TLS), the session is dead and its socket closed: see `is_fatal`.
enum class errc {
    /// The session object is empty: moved from, or never connected. Use the session that the move went to.
    no_session = 1,
    /// Another operation of this session has not completed. Wait for it.
    operation_in_progress,
    /// An argument cannot be sent: it is empty where one is needed, a message-number of 0, or it holds CR, LF,
    /// NUL or another control character. Nothing was sent. Correct the argument.
    invalid_argument,
    /// The command with its arguments is longer than 255 octets (RFC 2449, section 4). Nothing was sent.
    command_too_long,

    /// The session died earlier, or was closed; the operation that saw it had the reason. Connect again.
    session_closed,
    /// The operation took longer than `limits::connect_time` or `limits::operation_time`. Connect again, with
    /// more time if the reply was only slow. Messages marked for deletion stay.
    timed_out,
    /// The server closed the connection before its reply was complete. What came of it is not given: connect again.
    connection_closed,
    /// The connection was cut below TLS, without a close_notify: by a failing network, or by an attacker who
    /// wants a part of a reply to pass for the whole. What came is not given: connect again.
    connection_truncated,
    /// The reply does not follow the grammar of RFC 1939. The server is broken, or is no POP3 server: check
    /// host and port.
    malformed_reply,
    /// The server sent something before it was asked. Its replies can no longer be told apart: connect again.
    unexpected_data,
    /// A line of a reply is longer than `limits::response_line` octets. Raise it if the server is to be trusted.
    response_line_limit,
    /// The server announced more than `limits::capabilities` capabilities. Raise it if the server is to be trusted.
    capabilities_limit,
    /// A listing has more than `limits::listing_entries` entries. Raise it for a maildrop that is so large.
    listing_entries_limit,
    /// A unique-id is longer than `limits::unique_id` octets (RFC 1939 allows 70). Raise it if the server is to be
    /// trusted.
    unique_id_limit,
    /// A message is larger than `limits::message_octets`, the most that is held in memory. Raise it, and connect again.
    message_octets_limit,
};

namespace detail {

class pop3_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3";
    }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::no_session:
            return "the session is empty: moved from, or never connected";
        case errc::operation_in_progress:
            return "another operation of this session is in progress";
        case errc::invalid_argument:
            return "the argument of a command is empty, zero, or holds a control character";
        case errc::command_too_long:
            return "the command is longer than 255 octets";
        case errc::session_closed:
            return "the session is closed";
        case errc::timed_out:
            return "it took longer than limits::connect_time (to connect) or limits::operation_time "
                   "(anything else)";
        case errc::connection_closed:
            return "the server closed the connection before its reply was complete";
        case errc::connection_truncated:
            return "the connection was cut without a TLS close_notify before the reply was complete";
        case errc::malformed_reply:
            return "the server's reply does not follow the grammar of POP3";
        case errc::unexpected_data:
            return "the server sent data that was not asked for";
        case errc::response_line_limit:
            return "a line of the reply is longer than limits::response_line";
        case errc::capabilities_limit:
            return "the server announced more capabilities than limits::capabilities";
        case errc::listing_entries_limit:
            return "the listing has more entries than limits::listing_entries";
        case errc::unique_id_limit:
            return "a unique-id is longer than limits::unique_id";
        case errc::message_octets_limit:
            return "the message is larger than limits::message_octets";
        }
        return "unknown pop3 error";
    }
};

} // namespace detail

/// The category of `errc`; its name is "pop3".
inline const std::error_category& category() noexcept
{
    static const detail::pop3_category instance;
    return instance;
}

inline std::error_code make_error_code(errc e) noexcept
{
    return {static_cast<int>(e), category()};
}

/// Says whether a session is dead after an operation that completed with `ec`: true for every error, of any
/// category, but those that were noticed before anything was sent (`errc::no_session`,
/// `errc::operation_in_progress`, `errc::invalid_argument`, `errc::command_too_long`).
inline bool is_fatal(const std::error_code& ec) noexcept
{
    if (!ec)
        return false;
    return !(ec.category() == category() && ec.value() <= static_cast<int>(errc::command_too_long));
}

} // namespace pop3

template <>
struct std::is_error_code_enum<pop3::errc> : std::true_type {};
