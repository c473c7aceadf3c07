// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/error.hpp>

#include <string>
#include <system_error>

namespace pop3 {

namespace detail {

class pop3_category final : public std::error_category {
public:
    const char* name() const noexcept override
    {
        return "pop3";
    }

    std::string message(int value) const override
    {
        return text(value);
    }

private:
    static const char* text(int value) noexcept
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
        case errc::authentication_cancelled:
            return "the authentication was cancelled by the client";
        case errc::no_shared_mechanism:
            return "the server offers no login that these credentials can do and that is safe on this "
                   "connection";
        case errc::no_timestamp:
            return "the server's greeting has no valid timestamp for APOP";
        case errc::no_channel_binding:
            return "the mechanism needs a TLS channel to bind to, and this connection has none";
        case errc::stls_not_offered:
            return "the server does not offer STLS";
        case errc::malformed_value:
            return "a value in the server's reply is malformed";
        case errc::capabilities_limit:
            return "the server announced more capabilities than limits::capabilities";
        case errc::listing_entries_limit:
            return "the listing has more entries than limits::listing_entries";
        case errc::streamed_entries_limit:
            return "the listing has more entries than limits::streamed_entries";
        case errc::languages_limit:
            return "the server has more languages than limits::languages";
        case errc::unique_id_limit:
            return "a unique-id is longer than limits::unique_id";
        case errc::message_octets_limit:
            return "the message is larger than limits::message_octets";
        case errc::no_reply:
            return "there is no reply to this command: the error of the operation says why";
        case errc::unsupported_scheme:
            return "RFC 2384 has no URL scheme but pop://; for TLS (port 995) connect with a "
                   "pop3::tls_context";
        case errc::invalid_url:
            return "this is no pop URL";
        case errc::cleartext_not_allowed:
            return "a secret would be sent in clear text, which was not allowed (pop3::allow_cleartext)";
        case errc::blocking_in_handler:
            return "pop3::blocking was used within a handler of the session's own context";
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
        case errc::not_begun:
            return "the operation was not begun: a function that it called threw";
        case errc::too_slow:
            return "fewer than limits::progress_octets came in limits::operation_time";
        case errc::function_threw:
            return "a function that the operation called threw";
        case errc::unexpected_data:
            return "the server sent data that was not asked for";
        case errc::response_line_limit:
            return "a line of the reply is longer than limits::response_line";
        case errc::streamed_octets_limit:
            return "the message is larger than limits::streamed_octets";
        case errc::drained_octets_limit:
            return "what remained of the reply is larger than limits::drained_octets";
        case errc::malformed_challenge:
            return "the server's SASL challenge is malformed";
        case errc::challenges_limit:
            return "the server sent more SASL challenges than limits::challenges";
        case errc::scram_min_iterations_limit:
            return "the server wants fewer SCRAM iterations than limits::scram_min_iterations";
        case errc::scram_max_iterations_limit:
            return "the server wants more SCRAM iterations than limits::scram_max_iterations";
        case errc::server_not_authenticated:
            return "the server did not prove that it knows the password";
        case errc::tls_not_spoken:
            return "the server does not speak TLS on this port (it may want STLS: pop3::stls)";
        case errc::tls_expected:
            return "the server speaks TLS on this port: connect with a pop3::tls_context";
        case errc::no_greeting:
            return "no greeting came in limits::connect_time (the port may want TLS from the first octet: "
                   "connect with a pop3::tls_context)";
        case errc::pipeline_out_of_step:
            return "the server mixes up its replies when commands are sent ahead of them (set "
                   "connect_options::pipelining to never)";
        case errc::pipeline_timed_out:
            return "a reply to commands that were sent ahead took longer than limits::operation_time (if the "
                   "server cannot do that: set connect_options::pipelining to never)";
        case errc::proxy_refused:
            return "the proxy did not connect to the server";
        case errc::proxy_authentication:
            return "the proxy wants another login than that of connect_options::proxy";
        case errc::proxy_malformed:
            return "what answered is no proxy of the kind that connect_options::proxy says, or it hung up";
        }
        return "unknown pop3 error";
    }
};

} // namespace detail

POP3_DECL const std::error_category& category() noexcept
{
    static const detail::pop3_category instance;
    return instance;
}

} // namespace pop3
