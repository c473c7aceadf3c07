// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/completion.hpp>
#include <pop3/detail/connect.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/session.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/compose.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/tcp.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3 {

/// What can be chosen when a connection is made.
struct connect_options {
    // Not an aggregate: g++ 12 miscompiles temporaries of such in a co_await expression.
    connect_options()
    {
    }

    /// TCP port; 0 means that of the protocol: 995 with TLS, 110 without.
    std::uint16_t port = 0;
    /// Where to connect to, instead of to the addresses that the host's name stands for: of a resolver of your own,
    /// or from SRV records (RFC 6186). Tried in turn; they have ports of their own. The certificate must be for the
    /// host all the same.
    std::vector<asio::ip::tcp::endpoint> endpoints;
    /// Of this connection, also in the states to come.
    pop3::limits limits;
    /// Is shown each line that is sent and received.
    pop3::observer observer;
};

/// Says that TLS is not wanted, and that no password will be sent: `async_connect(executor, without_tls, host)`.
struct without_tls_t {};
inline constexpr without_tls_t without_tls{};

/// Says that TLS is not wanted, and that passwords may be read by anyone on the way:
/// `async_connect(executor, allow_cleartext, host)`.
struct allow_cleartext_t {};
inline constexpr allow_cleartext_t allow_cleartext{};

namespace detail {

/// Finish of the greeting.
template <class Stream>
struct greeted {
    using reply_type = reply<session<authorization, Stream>>;
    static constexpr bool ends_session = false;

    template <class Exchange>
    reply_type succeed(std::shared_ptr<connection<Stream>>& c, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said) {
            c->close();
            return std::move(said).error();
        }
        c->greeting = *std::move(said);
        return reply_type(session_access::make<session<authorization, Stream>>(std::move(c)));
    }

    template <class Connection>
    reply_type fail(const Connection&, std::error_code, bool)
    {
        return {};
    }
};

template <class Token>
concept no_options = token_like<Token> && !std::convertible_to<Token, connect_options>;

template <class Stream, class Token>
auto async_connect_stream(Stream stream, std::error_code unusable, std::string host,
                          std::uint16_t default_port, const connect_options& options, Token&& token)
{
    asio::any_io_executor executor = stream.get_executor();
    auto c = std::make_shared<connection<Stream>>(std::move(stream), options.limits, options.observer);
    // The resolver would take an empty name for this machine, and a name up to its NUL for the whole.
    if (!unusable && ((host.empty() && options.endpoints.empty()) || host.find('\0') != std::string::npos))
        unusable = std::make_error_code(std::errc::invalid_argument);
    const auto port = options.port == 0 ? default_port : options.port;
    return asio::async_compose<Token, void(std::error_code, typename greeted<Stream>::reply_type)>(
        connect<Stream, greeted<Stream>>(std::move(c), unusable, std::move(host), port, options.endpoints),
        token, executor);
}

} // namespace detail

/// Connects with TLS from the first octet (RFC 8314, section 3.3), and reads the greeting.
///
///     S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
///
/// State: none -> AUTHORIZATION.
/// executor: that of the session to come.
/// tls: what is trusted; need not outlive the call.
/// host: name or IP address (v4 or v6, without brackets). All its addresses are tried in turn. The certificate
/// must be for it.
/// options: copied. `options.port` is 995 if not set.
/// Completion signature: `void(std::error_code, reply<session<authorization, tls_stream>>)`. A refusal is a
/// greeting that begins with -ERR; the connection is closed then.
/// Errors: `std::errc::invalid_argument` if there can be no such host; of the resolver
/// (`asio::error::host_not_found`), of the system (`asio::error::connection_refused`, the last address's if all
/// failed), of TLS ("wrong version number" if the port has no TLS); `certificate_category()` if the certificate was rejected, with the reason;
/// `errc::timed_out`; `errc::malformed_reply` if what answers is no POP3 server.
/// Cancellation: terminal. Closes the connection. A lookup of the name cannot be stopped, neither so nor by the
/// deadline: it is no longer waited for, but keeps `io_context::run()` from returning until the system gives it up.
/// Limits: `limits::connect_time` for all of it; `limits::response_line`.
template <class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const tls_context& tls, std::string host,
                   const connect_options& options, Token&& token = {})
{
    tls_stream stream(executor, tls);
    const auto unusable = stream.expect_host(host);
    return detail::async_connect_stream(std::move(stream), unusable, std::move(host), 995, options,
                                        std::forward<Token>(token));
}

template <detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, const tls_context& tls, std::string host,
                   Token&& token = {})
{
    return async_connect(executor, tls, std::move(host), connect_options(), std::forward<Token>(token));
}

/// The same without TLS, to port 110 if none is set: a `session<authorization, tcp_stream>`. What would show a
/// password does not compile on it.
template <class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, without_tls_t, std::string host,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_stream(tcp_stream(executor), {}, std::move(host), 110, options,
                                        std::forward<Token>(token));
}

template <detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, without_tls_t w, std::string host,
                   Token&& token = {})
{
    return async_connect(executor, w, std::move(host), connect_options(), std::forward<Token>(token));
}

/// The same without TLS, and passwords may be sent: a `session<authorization, cleartext_stream>`. Anyone on the way
/// can read and change everything.
template <class Token = default_token>
auto async_connect(const asio::any_io_executor& executor, allow_cleartext_t, std::string host,
                   const connect_options& options, Token&& token = {})
{
    return detail::async_connect_stream(cleartext_stream(executor), {}, std::move(host), 110, options,
                                        std::forward<Token>(token));
}

template <detail::no_options Token = default_token>
auto async_connect(const asio::any_io_executor& executor, allow_cleartext_t a, std::string host,
                   Token&& token = {})
{
    return async_connect(executor, a, std::move(host), connect_options(), std::forward<Token>(token));
}

// clang-format off
template <class How, std::integral Port, class... T> auto async_connect(const asio::any_io_executor&, How&&, std::string, Port, T&&...) = delete; // the port goes into the options: pop3::connect_options options; options.port = 995;
template <class... T> auto async_connect(asio::execution_context&, T&&...) = delete; // pass its executor: context.get_executor()
template <class... T> auto async_connect(const asio::any_io_executor&, const std::string&, T&&...) = delete; // say how, before the host: a pop3::tls_context, pop3::without_tls or pop3::allow_cleartext
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
    return detail::async_drive(std::move(c), executor, command::exchange<command::hello>(command::hello()),
                               detail::greeted<Stream>(), detail::part::whole, std::forward<Token>(token));
}

template <async_stream Stream, detail::no_options Token = default_token>
auto async_greet(Stream stream, Token&& token = {})
{
    return async_greet(std::move(stream), connect_options(), std::forward<Token>(token));
}

} // namespace pop3
