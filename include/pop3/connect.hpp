// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/await_greeting.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/connect/connect.hpp>
#include <pop3/connect/connect_stls.hpp>
#include <pop3/connect/destination.hpp>
#include <pop3/connect/dial.hpp>
#include <pop3/connect_options.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/shared.hpp>
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
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3 {

class security;

namespace detail {

/// Finish of the greeting.
template <class Stream>
struct greeted : finish_defaults {
    using reply_type = reply<session<authorization, Stream>>;

    template <class Exchange>
    reply_type succeed(std::shared_ptr<connection_of<Stream>> c, Exchange& exchange)
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
auto async_connect_how(destination to, const security& how, const connect_options& options, Token&& token);

/// With what was chosen for it. What the server is able to do it learns when it is in the state for which that was said.
template <class Stream>
std::shared_ptr<connection_of<Stream>> make_connection(Stream stream, const connect_options& options)
{
    const bool may_reveal = detail::may_reveal(stream);
    auto c = detail::share_new<connection_of<Stream>>(std::move(stream), options.limits, options.observer);
    c->may_reveal = may_reveal;
    if (options.pipelining == pipelining::never)
        c->never_send_ahead();
    return c;
}

/// The connection that is to be made.
template <class Stream>
std::shared_ptr<connection_of<Stream>> prepare(Stream stream, const dial& to, const connect_options& options)
{
    auto c = detail::make_connection(std::move(stream), options);
    c->host = to.host();
    c->port = to.port();
    return c;
}

/// Connects, and reads the greeting over the stream as it is made: with TLS from the first octet, or without TLS.
template <class Stream, class Token>
auto async_connect_stream(Stream stream, std::error_code unusable, std::shared_ptr<dial> to,
                          const connect_options& options, Token&& token)
{
    asio::any_io_executor executor = stream.get_executor();
    auto c = detail::prepare(std::move(stream), *to, options);
    c->learn(options.capabilities);
    if (!unusable)
        unusable = to->unusable();
    return detail::compose<Token, void(std::error_code, typename greeted<Stream>::reply_type)>(
        connect<carrier_of<Stream>, greeted<Stream>>(std::move(c), std::move(to), unusable), token, executor);
}

template <class Token>
auto async_connect_how(destination to, const tls_context& tls, const connect_options& options, Token&& token)
{
    tls_stream stream(to.executor, tls);
    const auto unusable = stream.expect_host(to.host);
    return detail::async_connect_stream(std::move(stream), unusable, dial::make(std::move(to), 995, options),
                                        options, std::forward<Token>(token));
}

template <class Token>
auto async_connect_how(destination to, const stls& how, const connect_options& options, Token&& token)
{
    const auto executor = to.executor;
    tls_stream stream(executor, how.context());
    auto unusable = stream.expect_host(to.host);
    auto d = dial::make(std::move(to), 110, options);
    if (!unusable)
        unusable = d->unusable();
    auto c = detail::prepare(tcp_stream(executor), *d, options);
    return detail::compose<Token, void(std::error_code, secured::reply_type)>(
        connect_stls<secured>(std::move(c), std::move(d), std::move(stream), unusable, how.policy(),
                              secured{options.capabilities}),
        token, executor);
}

template <class Token>
auto async_connect_how(destination to, without_tls_t, const connect_options& options, Token&& token)
{
    tcp_stream stream(to.executor);
    return detail::async_connect_stream(std::move(stream), {}, dial::make(std::move(to), 110, options),
                                        options, std::forward<Token>(token));
}

template <class Token>
auto async_connect_how(destination to, allow_cleartext_t, const connect_options& options, Token&& token)
{
    cleartext_stream stream(to.executor);
    return detail::async_connect_stream(std::move(stream), {}, dial::make(std::move(to), 110, options),
                                        options, std::forward<Token>(token));
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
/// host: name or IP address (v4 or v6, without brackets). All its addresses are tried, the next one as soon as one has failed or
/// has not answered for a while (RFC 8305, "Happy Eyeballs"; `connect_options::attempt_delay`); the first that answers is
/// taken. The certificate must be for it. With a proxy (`connect_options::proxy`) the name is not looked up here: the proxy
/// gets it, and the addresses are the proxy's.
/// options: copied.
/// Completion signature: `void(std::error_code, reply<session<authorization, tls_stream>>)`, or that with another stream. A
/// refusal is a greeting that begins with -ERR, or the -ERR to STLS (`refusal::verb`); the connection is closed then. Beside
/// an error `reply::verb` says where it was to go, for a human: "pop.example.org:995 (192.0.2.1)", the address if one was
/// tried, or "pop.example.org:995 through proxy.example.net:1080 (192.0.2.1)", and what the proxy said. What the default token
/// throws has that in its text.
/// Errors: `std::errc::invalid_argument` if there can be no such host, or host, name or password are none that can be said to
/// such a proxy; of the resolver
/// (`asio::error::host_not_found`; `asio::error::no_memory` and `try_again` if there is no memory or no thread to ask it
/// in), of the system (`asio::error::connection_refused`). If all addresses failed it is the error that says most: refused
/// before timed out, both before others, and last that there is no way there; of equal ones the first address's. Of TLS; `certificate_category()` if the certificate was rejected, with the reason; `errc::timed_out`;
/// `errc::malformed_reply` if what answers is no POP3 server. Port and security that do not fit: `errc::tls_not_spoken`,
/// `errc::tls_expected`, `errc::no_greeting`. Of a proxy: `errc::proxy_refused`, `errc::proxy_authentication`,
/// `errc::proxy_malformed`. `errc::stls_not_offered`; `errc::unexpected_data` if something came in clear
/// behind the +OK to STLS.
/// Cancellation: terminal. Closes the connection. A lookup of the name cannot be stopped, neither so nor by the
/// deadline: it is no longer waited for, but keeps `io_context::run()` from returning until the system gives it up.
/// Limits: `limits::connect_time` for all of it; `limits::response_line`; `limits::capabilities` with STLS.
template <detail::security_value How, class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, std::string host,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_how(detail::destination(executor, std::move(host), options.port), how,
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
    const auto port = options.port == 0 ? where.port : options.port;
    return detail::async_connect_how(detail::destination(executor, where.host, port), how, options,
                                     std::forward<Token>(token));
}

/// The same with the options as they are by default.
template <detail::security_value How, detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const How& how, const url& where,
                   Token&& token = {})
{
    return pop3::async_connect(executor, how, where, connect_options(), std::forward<Token>(token));
}

/// The same over a socket of yours that leads to the server: one that you connected in a way of your own, or got from
/// somewhere.
///
/// connected: moved from; nothing may run on it. The session has its executor, or, if that is of a `thread_pool` or the system's,
/// a strand of its own. What was read from it is lost to the session.
/// how: as above. TLS, STLS and the greeting are done over it.
/// host: whom the certificate must be for. It is not looked up.
/// options: `endpoints`, `attempt_delay` and `proxy` have no meaning, and `port` is only what errors name.
/// Errors: as above; `asio::error::not_connected`, or `asio::error::bad_descriptor`, if it is not connected.
template <detail::security_value How, class Token = default_token>
auto async_connect(asio::ip::tcp::socket&& connected, const How& how, std::string host,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_how(detail::destination(std::move(connected), std::move(host), options.port),
                                     how, options, std::forward<Token>(token));
}

/// The same with the options as they are by default.
template <detail::security_value How, detail::no_options Token = default_token>
auto async_connect(asio::ip::tcp::socket&& connected, const How& how, std::string host, Token&& token = {})
{
    return pop3::async_connect(std::move(connected), how, std::move(host), connect_options(),
                               std::forward<Token>(token));
}

// clang-format off
template <class How, std::integral Port, class... T> void async_connect(const asio::any_io_executor&, How&&, std::string, Port, T&&...) POP3_DELETED_TEMPLATE("the port goes into the options: pop3::connect_options options; options.port = 995;");
template <class... T> void async_connect(asio::execution_context&, T&&...) POP3_DELETED_TEMPLATE("pass its executor: context.get_executor()");
template <class How, class... T> requires(!detail::security_value<std::remove_cvref_t<How>>) void async_connect(const asio::any_io_executor&, How&&, T&&...) POP3_DELETED_TEMPLATE("say how, before the host: a pop3::tls_context, pop3::stls(tls), pop3::without_tls or pop3::allow_cleartext");
template <class How, class... T> requires(!detail::security_value<std::remove_cvref_t<How>>) void async_connect(asio::ip::tcp::socket&&, How&&, T&&...) POP3_DELETED_TEMPLATE("say how, before the host: a pop3::tls_context, pop3::stls(tls), pop3::without_tls or pop3::allow_cleartext");
template <class... T> void async_connect(asio::ip::tcp::socket&, T&&...) POP3_DELETED_TEMPLATE("the session takes the socket over: std::move(socket)");
// clang-format on

/// Reads the greeting over a stream that is connected already (a Unix socket, say), with TLS done if it has TLS. For a TCP
/// socket on which TLS is to be done yet there is `async_connect`.
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
    auto c = detail::make_connection(std::move(stream), options);
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
#include <pop3/extern/streams.ipp>
#endif
