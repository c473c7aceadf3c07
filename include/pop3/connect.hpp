// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/await_greeting.hpp>
#include <pop3/completion.hpp>
#include <pop3/connect/connect.hpp>
#include <pop3/connect/connect_stls.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/runs_on.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/pipelining.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/security.hpp>
#include <pop3/session.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/url.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/tcp.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace pop3 {

class security;

/// What can be chosen when a connection is made.
struct connect_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    connect_options()
    {
    }

    /// TCP port; 0 means that of the protocol: 995 with TLS from the first octet, else 110.
    std::uint16_t port = 0;
    /// Where to connect to, instead of to the addresses that the host's name stands for: of a resolver of your own,
    /// or from SRV records (RFC 6186). Tried in turn; they have ports of their own. The certificate must be for the
    /// host all the same.
    std::vector<asio::ip::tcp::endpoint> endpoints;
    /// Of this connection, also in the states to come.
    pop3::limits limits;
    /// Is shown each line that is sent and received.
    pop3::observer observer;
    /// What the server says to CAPA before the login, and with the same security, if that is known from a session before:
    /// a login then saves the round trip to ask, and so does the first pipeline. If the server has changed since, the login
    /// may fail with `errc::no_shared_mechanism` or be refused: try again without.
    std::optional<pop3::capabilities> capabilities;
    /// Whether `async_pipeline` sends commands ahead of their replies. With `never` it does not ask for CAPA either. The cure
    /// for `errc::pipeline_out_of_step` and `errc::pipeline_timed_out`.
    pop3::pipelining pipelining = pop3::pipelining::automatic;
};

namespace detail {

/// Finish of the greeting.
template <class Stream>
struct greeted : finish_defaults {
    using reply_type = reply<session<authorization, Stream>>;

    template <class Exchange>
    reply_type succeed(std::shared_ptr<connection<Stream>> c, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said) {
            c->close();
            return std::move(said).error();
        }
        c->greeting = *std::move(said);
        return reply_type(session_access::make<session<authorization, Stream>>(std::move(c)));
    }

    template <class Connection, class Exchange>
    reply_type fail(const Connection&, const Exchange&, std::error_code, bool)
    {
        return {};
    }
};

/// Finish of STLS as a part of connecting: without TLS there is nothing.
struct secured {
    using next = session<authorization, tls_stream>;
    using reply_type = reply<next>;

    std::optional<capabilities> known;

    reply_type succeed(std::shared_ptr<connection<tls_stream>> c)
    {
        c->learn(std::move(known));
        return reply_type(session_access::make<next>(std::move(c)));
    }

    reply_type refuse(const std::shared_ptr<connection<tcp_stream>>& c, refusal r)
    {
        c->close();
        return r;
    }

    reply_type fail(const std::shared_ptr<connection<tcp_stream>>& c, std::error_code, const no_reply& why)
    {
        if (c)
            c->close();
        return reply_type(why);
    }
};

template <class Token>
concept no_options = token_like<Token> && !std::convertible_to<Token, connect_options>;

template <class How>
concept security_value =
    std::same_as<How, tls_context> || std::same_as<How, stls> || std::same_as<How, without_tls_t> ||
    std::same_as<How, allow_cleartext_t> || std::same_as<How, security>;

/// In connect_any.hpp, for who includes it.
template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, const security& how, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token);

/// The connection that is to be made, and why it cannot be, if so: the resolver would take an empty name for this machine,
/// and a name up to its NUL for the whole.
template <class Stream>
auto prepare(Stream stream, std::string host, std::uint16_t port, const connect_options& options,
             std::error_code& unusable)
{
    if (!unusable && ((host.empty() && options.endpoints.empty()) || host.find('\0') != std::string::npos))
        unusable = std::make_error_code(std::errc::invalid_argument);
    auto c = std::make_shared<connection<Stream>>(std::move(stream), options.limits, options.observer);
    c->host = std::move(host);
    c->port = port;
    if (options.pipelining == pipelining::never)
        c->never_send_ahead();
    return c;
}

/// Connects, and reads the greeting over the stream as it is made: with TLS from the first octet, or without TLS.
template <class Stream, class Token>
auto async_connect_stream(Stream stream, std::error_code unusable, std::string host, std::uint16_t port,
                          const connect_options& options, Token&& token)
{
    asio::any_io_executor executor = stream.get_executor();
    auto c = detail::prepare(std::move(stream), std::move(host), port, options, unusable);
    c->learn(options.capabilities);
    return detail::compose<Token, void(std::error_code, typename greeted<Stream>::reply_type)>(
        connect<Stream, greeted<Stream>>(std::move(c), unusable, port, options.endpoints), token, executor);
}

template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, const tls_context& tls, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token)
{
    tls_stream stream(executor, tls);
    const auto unusable = stream.expect_host(host);
    return detail::async_connect_stream(std::move(stream), unusable, std::move(host), port == 0 ? 995 : port,
                                        options, std::forward<Token>(token));
}

template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, const stls& how, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token)
{
    tls_stream stream(executor, how.context());
    auto unusable = stream.expect_host(host);
    port = port == 0 ? 110 : port;
    auto c = detail::prepare(tcp_stream(executor), std::move(host), port, options, unusable);
    return detail::compose<Token, void(std::error_code, secured::reply_type)>(
        connect_stls<secured>(std::move(c), std::move(stream), unusable, how.policy(), port,
                              options.endpoints, secured{options.capabilities}),
        token, executor);
}

template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, without_tls_t, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token)
{
    return detail::async_connect_stream(tcp_stream(executor), {}, std::move(host), port == 0 ? 110 : port,
                                        options, std::forward<Token>(token));
}

template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, allow_cleartext_t, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token)
{
    return detail::async_connect_stream(cleartext_stream(executor), {}, std::move(host),
                                        port == 0 ? 110 : port, options, std::forward<Token>(token));
}

} // namespace detail

/// Connects, and reads the greeting.
///
///     S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
///
/// State: none -> AUTHORIZATION.
/// executor: that of the session to come. Where several threads run it, a strand; on a `thread_pool` or the system's executor
/// the session makes one of its own.
/// how: the security.
/// - A `tls_context`: TLS from the first octet (RFC 8314, section 3.3), to port 995. It need not outlive the call.
/// - `stls(tls)`: to port 110, where STLS starts TLS (RFC 2595, section 4), or there is no session.
/// - `without_tls`: to port 110, a `session<authorization, tcp_stream>`. What would show a password does not compile on it.
/// - `allow_cleartext`: to port 110, a `session<authorization, cleartext_stream>`, over which passwords may be sent.
///   Anyone on the way can read and change everything.
/// - a `security`, one of these that is known at run time: a `session<authorization, any_stream>` (pop3/connect_any.hpp).
/// host: name or IP address (v4 or v6, without brackets). All its addresses are tried in turn. The certificate must be for
/// it.
/// options: copied.
/// Completion signature: `void(std::error_code, reply<session<authorization, tls_stream>>)`, or that with another stream. A
/// refusal is a greeting that begins with -ERR, or the -ERR to STLS (`refusal::verb`); the connection is closed then. Beside
/// an error `reply::verb` says where it was to go, for a human: "pop.example.org:995 (192.0.2.1)", the address if one was
/// tried. What the default token throws has that in its text.
/// Errors: `std::errc::invalid_argument` if there can be no such host; of the resolver
/// (`asio::error::host_not_found`; `asio::error::no_memory` and `try_again` if there is no memory or no thread to ask it
/// in), of the system (`asio::error::connection_refused`). If all addresses failed it is the error that says most: refused
/// before timed out, both before others, and last that there is no way there; of equal ones the first address's. Of TLS; `certificate_category()` if the certificate was rejected, with the reason; `errc::timed_out`;
/// `errc::malformed_reply` if what answers is no POP3 server. Port and security that do not fit: `errc::tls_not_spoken`,
/// `errc::tls_expected`, `errc::no_greeting`. `errc::stls_not_offered`; `errc::unexpected_data` if something came in clear
/// behind the +OK to STLS.
/// Cancellation: terminal. Closes the connection. A lookup of the name cannot be stopped, neither so nor by the
/// deadline: it is no longer waited for, but keeps `io_context::run()` from returning until the system gives it up.
/// Limits: `limits::connect_time` for all of it; `limits::response_line`; `limits::capabilities` with STLS.
template <detail::security_value How, class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, std::string host,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_how(detail::one_at_a_time(executor), how, std::move(host), options.port,
                                     options, std::forward<Token>(token));
}

/// The same with the options as they are by default.
template <detail::security_value How, detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, std::string host,
                   Token&& token = {})
{
    return pop3::async_connect(executor, how, std::move(host), connect_options(), std::forward<Token>(token));
}

/// The same to the host and port of a URL. The port of the options, if one is set, comes before that of the URL. User and
/// mechanism are for the login: `async_login(password(where.user, secret), login_options(where.auth))`.
template <detail::security_value How, class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, const url& where,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_how(detail::one_at_a_time(executor), how, where.host,
                                     options.port == 0 ? where.port : options.port, options,
                                     std::forward<Token>(token));
}

/// The same with the options as they are by default.
template <detail::security_value How, detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, const url& where,
                   Token&& token = {})
{
    return pop3::async_connect(executor, how, where, connect_options(), std::forward<Token>(token));
}

// clang-format off
template <class How, std::integral Port, class... T> auto async_connect(const asio::any_io_executor&, How&&, std::string, Port, T&&...) = delete; // the port goes into the options: pop3::connect_options options; options.port = 995;
template <class... T> auto async_connect(asio::execution_context&, T&&...) = delete; // pass its executor: context.get_executor()
template <class How, class... T> requires(!detail::security_value<std::remove_cvref_t<How>>) auto async_connect(const asio::any_io_executor&, How&&, T&&...) = delete; // say how, before the host: a pop3::tls_context, pop3::stls(tls), pop3::without_tls or pop3::allow_cleartext
// clang-format on

/// Reads the greeting over a stream that is connected already (through a proxy, say, or over a Unix socket), with
/// TLS done if it has TLS.
///
///     S: +OK POP3 server ready
///
/// State: none -> AUTHORIZATION.
/// stream: any `async_stream`; moved from. Whom it is connected to is yours to verify: `asio::ssl::stream` checks
/// nothing that it was not told to.
/// options: copied; the port has no meaning.
/// Completion signature: `void(std::error_code, reply<session<authorization, Stream>>)`.
/// Errors, cancellation and limits: as of `async_connect`.
template <async_stream Stream, class Token = default_token>
auto async_greet(Stream stream, const connect_options& options, Token&& token = {})
{
    asio::any_io_executor executor = stream.get_executor();
    auto c =
        std::make_shared<detail::connection<Stream>>(std::move(stream), options.limits, options.observer);
    if (options.pipelining == pipelining::never)
        c->never_send_ahead();
    c->learn(options.capabilities);
    return detail::async_drive(std::move(c), executor, command::await_greeting(), detail::greeted<Stream>(),
                               detail::part::whole, std::forward<Token>(token));
}

/// The same with the options as they are by default.
template <async_stream Stream, detail::no_options Token = default_token>
auto async_greet(Stream stream, Token&& token = {})
{
    return pop3::async_greet(std::move(stream), connect_options(), std::forward<Token>(token));
}

} // namespace pop3

#if defined(POP3_SEPARATE_COMPILATION)
#include <pop3/extern.ipp>
#endif
