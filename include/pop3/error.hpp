// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <system_error>
#include <type_traits>

namespace pop3 {

/// What can go wrong on the client's side of the conversation. That the *server* says no is not among these:
/// that is a value, `pop3::refusal`.
///
/// After the first ones, up to `blocking_in_handler`, the session lives: what could not be done was not begun, or was called
/// off in order, or the reply was read to its end and only what is in it is of no use. An operation that leaves a state hands the session back in its reply (the default token, which throws,
/// drops it). After any other one, and after any error of another category (the system's, Asio's, TLS), the session is
/// dead and its socket closed: see `is_fatal`.
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
    /// The SASL mechanism gave up (it returned this, or threw), and the server was told so if it had been asked (`*`, RFC
    /// 5034, section 4); or the token provider threw. Nobody is logged in; another mechanism may be tried.
    authentication_cancelled,
    /// A challenge of the server's is not base64, or not what the SASL mechanism prescribes. It was called off (`*`, RFC 5034,
    /// section 4): nobody is logged in. The server is broken; another mechanism may do, on this connection or another.
    malformed_challenge,
    /// The server sent more than `limits::challenges` challenges for one login, which was called off (`*`). Raise it if the
    /// mechanism needs so many.
    challenges_limit,
    /// The server asks for fewer SCRAM iterations than `limits::scram_min_iterations`: what the client would answer could
    /// be searched for the password too easily. It was not answered, but called off (`*`). The server's administrator should
    /// raise them; lower the limit if you trust the way to the server.
    scram_min_iterations_limit,
    /// The server asks for more SCRAM iterations than `limits::scram_max_iterations`. It was called off (`*`). Raise it if the
    /// server is to be trusted.
    scram_max_iterations_limit,
    /// Server and credentials have no mechanism in common that may be used on this connection. No credentials were sent.
    /// Without TLS: connect with TLS. With TLS: call `async_capa` first, and `capabilities::sasl` says what the server wants; if that is nothing but SCRAM-...-PLUS over TLS 1.2, demand it
    /// (`login_options::require_channel_binding`).
    no_shared_mechanism,
    /// The greeting has no timestamp, or one that RFC 1939 does not allow (a forged one can be made to reveal the password,
    /// CVE-2007-1558). No APOP was sent. Use another way to log in.
    no_timestamp,
    /// The mechanism binds to the TLS channel, but there is none, or TLS has no binding to give. Nothing was sent. Connect
    /// with TLS, or use the mechanism's form without -PLUS.
    no_channel_binding,
    /// The server does not announce STLS (its CAPA has none, or it refuses CAPA). Nothing but CAPA was sent. Somebody on
    /// the way may have struck it out: do not go on without TLS. Connect to port 995, or insist (`stls_policy::insist`).
    stls_not_offered,
    /// A value in a reply that is framed well cannot be read: an entry of a listing without a number, sizes that are no numbers.
    /// The reply was read to its end. The server is broken, but other commands work; what a listing has that can be read
    /// is had with `pop3::lenient`.
    malformed_value,
    /// The server announced more than `limits::capabilities` capabilities. Raise it if the server is to be trusted.
    capabilities_limit,
    /// A listing has more than `limits::listing_entries` entries. Raise it for a maildrop that is so large.
    listing_entries_limit,
    /// A listing that goes to a sink has more than `limits::streamed_entries` entries. Raise it for a maildrop that is so large.
    streamed_entries_limit,
    /// The server has more languages than `limits::languages`. Raise it if the server is to be trusted.
    languages_limit,
    /// A unique-id is longer than `limits::unique_id` octets (RFC 1939 allows 70). Raise it if the server is to be
    /// trusted, or list with `pop3::lenient`.
    unique_id_limit,
    /// A message is larger than `limits::message_octets`, the most that is held in memory. Raise it, or give the message to
    /// a sink (`async_retr(number, sink)`). The rest of it was read and dropped: one that has more than
    /// `limits::drained_octets` more ends in `drained_octets_limit` instead.
    message_octets_limit,
    /// Of no operation, but thrown by `reply::value()`, `*reply` and `reply->`: there is no reply to this command. The error
    /// code that the operation completed with says why.
    no_reply,
    /// The operation was not begun: a function of yours (a command's), or an allocation, threw. Nothing was sent. What it threw
    /// is in `reply::thrown`; the default token throws it.
    not_begun,
    /// The URL begins with pops://, pop3:// or pop3s://, which are in no standard. Write pop:// (RFC 2384). It does not say
    /// whether there is TLS: `async_connect` is told so, and with a `tls_context` goes to port 995.
    unsupported_scheme,
    /// This is no pop URL (RFC 2384). Correct it.
    invalid_url,
    /// What would show a secret was not sent: the session has no TLS, and `allow_cleartext` was not said. Connect with TLS.
    cleartext_not_allowed,
    /// `pop3::blocking` was passed within a handler of the session's own context, which would wait for itself. Nothing was sent. Pass
    /// a handler, or wait in another thread.
    blocking_in_handler,

    /// The session died earlier, or was closed; the operation that saw it had the reason. Connect again.
    session_closed,
    /// The operation took longer than `limits::connect_time` or `limits::operation_time`. Connect again, with
    /// more time if the reply was only slow. Messages marked for deletion stay.
    timed_out,
    /// The server closed the connection before its reply was complete. What came of it is not given: connect again. If nothing
    /// of the reply has come it is always this, in whatever way the connection came to its end (a reset, say).
    connection_closed,
    /// The connection was cut below TLS, without a close_notify and inside a reply: by a failing network, or by an
    /// attacker who wants a part of a reply to pass for the whole. What came is not given: connect again.
    connection_truncated,
    /// The reply does not follow the grammar of RFC 1939. The server is broken, or is no POP3 server: check
    /// host and port.
    malformed_reply,
    /// While a reply came, fewer than `limits::progress_octets` of it came in `limits::operation_time`. Connect again, with
    /// another limit if the line is so slow.
    too_slow,
    /// A function of yours threw that the operation called: a sink, a reply handler, an observer, a command. What it threw is
    /// in `reply::thrown`; the default token throws it. (A pipeline of a range has no reply to keep it in.) Messages marked for
    /// deletion stay.
    function_threw,
    /// The server sent something before it was asked. Its replies can no longer be told apart: connect again. If it said
    /// why it ends the session, that is in `reply::notice`, and in `notice()` of the session.
    unexpected_data,
    /// A line of a reply is longer than `limits::response_line` octets. Raise it if the server is to be trusted.
    response_line_limit,
    /// A message that goes to a sink is larger than `limits::streamed_octets`. Raise it for a message that is so large.
    streamed_octets_limit,
    /// What a sink wanted no more of (`flow::drain`), was not read to the end, or stood behind a value that is malformed or
    /// over a limit, is larger than `limits::drained_octets`. Raise it, or close the session instead, and connect again.
    drained_octets_limit,
    /// The server could not show that it knows the password as well (SCRAM, RFC 5802): it is not who it says it is,
    /// or somebody is in between. Do not send it the password in another way.
    server_not_authenticated,
    /// What answered the TLS handshake does not speak TLS. The port may be one for STLS (110: connect with
    /// `pop3::stls`), or for something else.
    tls_not_spoken,
    /// What answered speaks TLS where a greeting in clear was expected. The port wants TLS from the first octet (995):
    /// connect with a `tls_context`.
    tls_expected,
    /// Connected, but no greeting came in `limits::connect_time`. A port that wants TLS from the first octet (995) keeps
    /// silent like this: connect with a `tls_context`.
    no_greeting,
    /// The replies to commands that were sent ahead are not in the order of the commands, or one stands inside another: the
    /// server announces PIPELINING and cannot do it. What was handed over before is right; the reply that this was found
    /// behind was not. Connect again with `connect_options::pipelining = pipelining::never`.
    pipeline_out_of_step,
    /// The replies to commands that were sent ahead stopped coming, and `limits::operation_time` passed. Connect again; if it
    /// comes again the server announces PIPELINING and cannot do it: `connect_options::pipelining = pipelining::never`.
    pipeline_timed_out,
    /// The proxy did not connect to the server: it cannot, or may not. How it put that is in `reply::verb`, and in what the
    /// default token throws. Check host and port, and what the proxy allows.
    proxy_refused,
    /// The proxy wants a name and a password, or takes these not, or wants a login of a kind that this library does not do.
    /// Give the proxy in `connect_options::proxy` its `password`.
    proxy_authentication,
    /// What answered is no proxy of this kind, it hung up in the middle, or its answer does not end. Check kind, host and port in
    /// `connect_options::proxy`.
    proxy_malformed,
};

/// The category of `errc`; its name is "pop3".
const std::error_category& category() noexcept;

/// Makes a `std::error_code` of it; so does the conversion.
inline std::error_code make_error_code(errc e) noexcept
{
    return {static_cast<int>(e), category()};
}

/// Says whether a session is dead after an operation that completed with `ec`: true for every error, of any
/// category, but the first ones of `errc`, up to `errc::blocking_in_handler`. (Not to be asked about the `asio::error::eof` of
/// `session<receiving>`, which is the end of a message.)
inline bool is_fatal(const std::error_code& ec) noexcept
{
    if (!ec)
        return false;
    return !(ec.category() == category() && ec.value() <= static_cast<int>(errc::blocking_in_handler));
}

} // namespace pop3

template <>
struct std::is_error_code_enum<pop3::errc> : std::true_type {};

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/error.ipp>
#endif
