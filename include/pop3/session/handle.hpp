// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/command/single.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/fwd.hpp>
#include <pop3/stream.hpp>
#include <pop3/tls/info.hpp>
#include <pop3/tls_info.hpp>

#include <asio/any_io_executor.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

/// Keeps `async_lang("de")` and `async_lang(token)` apart.
template <class Token>
concept no_text = token_like<Token> && !std::convertible_to<Token, std::string_view>;

/// What is sent over `Stream` in the state `State`, and leads to none other.
template <class Command, class State, class Stream>
inline constexpr bool stays_in = false;

template <class Command, class State, class Stream>
    requires command_for<Command, State>
inline constexpr bool stays_in<Command, State, Stream> =
    !leaves_state<Command> && (!reveals_secret<Command> || may_carry_secrets<Stream>);

/// What is sent over `Stream` in the state `State`, and leads to another.
template <class Command, class State, class Stream>
inline constexpr bool leads_out_of = false;

template <class Command, class State, class Stream>
    requires command_for<Command, State>
inline constexpr bool leads_out_of<Command, State, Stream> =
    leaves_state<Command> && (!reveals_secret<Command> || may_carry_secrets<Stream>);

} // namespace detail

/// What the sessions of all states have in common.
///
/// Lifetime: a session can be moved and destroyed at any time while the context of its executor lives. Moved while an operation runs, the operation
/// goes on. Destroyed, it closes the socket, and the operation completes with `asio::error::operation_aborted`.
/// QUIT is never sent by a destructor: what was marked as deleted stays.
///
/// Threads: distinct sessions are independent. One session must not be used from two threads at once, but need not be used
/// in the same one each time. What an operation does by itself, and what it calls (sinks, reply handlers, the observer), it
/// does on the executor of the session, which is that of its stream: where several threads call `run()`, that must be a
/// strand: `async_connect(asio::make_strand(context), ...)`. (On a `thread_pool` or the system's executor `async_connect` makes
/// one of its own.) Only the completion handler is called on the handler's own executor. An operation may be started anywhere,
/// and cancelled where its handler runs. While one runs, destroy the session on its executor, or where nothing else runs.
///
/// An operation completes with `void(std::error_code, reply<T>)`, if it does not say otherwise (pipelines, pieces of a
/// message). With the default token, `co_await` gives the `T`, and throws `std::system_error` or `refused`. Errors of all
/// operations:
/// - `errc::no_session`, `errc::operation_in_progress`, `errc::invalid_argument`, `errc::command_too_long`:
///   nothing was sent, the connection is as it was. An operation that leaves a state hands the session back in its
///   reply (`reply::session()`); with the default token, which throws, it is dropped, and so closed;
/// - `errc::not_begun`: a function that it called threw before anything was sent: the same. What throws later, a sink or an
///   observer for example, ends the session: `errc::function_threw`. What was thrown is in `reply::thrown`, and comes out of
///   `co_await`;
/// - `errc::unexpected_data`: also if the server said something since the last reply, which is not taken for the reply to what
///   comes next. Nothing was sent then. What it said is in `notice()`;
/// - `errc::malformed_value`, and the limits of values (`errc::capabilities_limit`, `listing_entries_limit`, `streamed_entries_limit`, `languages_limit`,
///   `unique_id_limit`, `message_octets_limit`): the reply was read to its end, and is of no use. The session lives;
/// - any other error (but the `asio::error::eof` that ends a message, see `session<receiving>`): the session is dead, its
///   socket closed; later operations complete with `errc::session_closed`.
///
/// Cancellation: `asio::cancellation_type::terminal`. The conversation can no longer be followed, so it ends the
/// session. So does a deadline that passes (`limits::operation_time`): `errc::timed_out`.
template <class State, class Stream>
class session_handle {
public:
    /// What the session is made of: its two template arguments, and the executor that it runs on.
    using state_type = State;
    using stream_type = Stream;
    using executor_type = asio::any_io_executor;

    /// That of the stream. An empty session keeps the one it had.
    executor_type get_executor() const noexcept
    {
        return executor_;
    }

    /// False if the session is empty (moved from), or dead.
    bool is_open() const noexcept
    {
        return connection_ && !connection_->closed();
    }

    /// What the server last said that it can do: the reply to CAPA, asked by `async_capa`, or by a login or STLS that needed
    /// it; or what `connect_options::capabilities` said. Nothing if it was not asked in this state; all empty if it refused to say. After the login it may be able to do
    /// other things, and what is `per_user` is the user's own (RFC 2449, section 5).
    std::optional<pop3::capabilities> capabilities() const
    {
        return connection_ ? connection_->capabilities : std::nullopt;
    }

    /// How the login was done, or last tried: the name of the SASL mechanism, "+APOP", or "USER" for USER and PASS. Empty
    /// before any.
    std::string login_mechanism() const
    {
        return connection_ ? connection_->login_mechanism : std::string();
    }

    /// Who is logged in, or last tried, and where, as `user@host:port`; the port is left out if it is 110 or 995, so that it is the
    /// same with each kind of security. Empty if that is not known: after `async_auth` with a mechanism, and over a stream of
    /// the user's own.
    std::string account() const
    {
        return connection_ ? detail::make_account(connection_->user, connection_->host, connection_->port)
                           : std::string();
    }

    /// What the server last said unasked, such as "-ERR Disconnected for inactivity." before it hung up: the operation that
    /// found it completed with `errc::unexpected_data`. Untrusted input, without controls. See also `reply::notice`.
    std::string notice() const
    {
        return connection_ ? connection_->notice : std::string();
    }

    /// Whether nobody on the way can read what is sent. Of a session over `any_stream` it depends on how it was connected.
    bool is_encrypted() const noexcept
    {
        return connection_ && detail::is_secure(connection_->stream);
    }

    /// What TLS has negotiated; all is empty if there is no TLS. On a stream without OpenSSL below there is no such function.
    tls_info tls() const
        requires detail::has_ssl<Stream>
    {
        return connection_ ? detail::make_tls_info(connection_->stream.native_handle()) : tls_info();
    }

    /// Sets the limits: of time for the operations to come, of sizes from now on. No effect on an empty session.
    void set_limits(const limits& l)
    {
        if (connection_)
            connection_->limits = l;
    }

    /// Sets who is shown the lines that are sent and received; an empty function for nobody. No effect on an
    /// empty session, and none to be relied on for an operation that runs.
    void set_observer(observer o)
    {
        if (connection_)
            connection_->observe(std::move(o));
    }

    /// Sends `command`, any value that models `command_for<State>`, and completes with what its reply was read
    /// into: `void(std::error_code, reply<typename Command::result_type>)`. The session stays in its state.
    template <class Command, class Token = default_token>
        requires(detail::stays_in<Command, State, Stream>)
    auto async_execute(Command command, Token&& token = {})
    {
        using finish = detail::stay<typename Command::result_type>;
        return start(connection_, command::single<Command>(std::move(command)), finish(),
                     std::forward<Token>(token));
    }

    /// The same for a command that leads to another state: consumes the session, and completes with
    /// `void(std::error_code, reply<session<Command::on_ok, Stream>, session<Command::on_refusal, Stream>>)`.
    template <class Command, class Token = default_token>
        requires(detail::leads_out_of<Command, State, Stream>)
    auto async_execute(Command command, Token&& token = {}) &&
    {
        using next = session<typename Command::on_ok, Stream>;
        using back = session<typename Command::on_refusal, Stream>;
        return start(std::move(connection_), command::single<Command>(std::move(command)),
                     detail::leave<next, back>(), std::forward<Token>(token));
    }

    // clang-format off
    template <class Command, class... T> requires(!detail::stays_in<Command, State, Stream>) auto async_execute(Command, T&&...) & POP3_DELETED_TEMPLATE("not a command of this state (see its permitted_in), or one that consumes the session: write std::move(s).async_execute(...)");
    template <class Command, class... T> requires(!detail::stays_in<Command, State, Stream> && !detail::leads_out_of<Command, State, Stream>) auto async_execute(Command, T&&...) && POP3_DELETED_TEMPLATE("not a command of this state (see its permitted_in), or one that shows a secret in clear text on this stream");
    // clang-format on

protected:
    using connection_ptr = std::shared_ptr<detail::connection_of<Stream>>;

    session_handle() = default;

    void remember_user(std::string_view name)
    {
        if (connection_)
            connection_->user = name;
    }

    explicit session_handle(connection_ptr c) : connection_(std::move(c))
    {
        if (connection_)
            executor_ = connection_->stream.get_executor();
    }

    session_handle(session_handle&& other) noexcept
        : connection_(std::move(other.connection_)), executor_(other.executor_)
    {
    }

    session_handle& operator=(session_handle&& other) noexcept
    {
        if (this != &other) {
            abandon();
            connection_ = std::move(other.connection_);
            executor_ = other.executor_;
        }
        return *this;
    }

    ~session_handle()
    {
        abandon();
    }

    template <class Exchange, class Finish, class Token>
    auto start(connection_ptr c, Exchange exchange, Finish finish, Token&& token) const
    {
        return detail::async_drive(std::move(c), executor_, std::move(exchange), std::move(finish),
                                   detail::part::whole, std::forward<Token>(token));
    }

    connection_ptr connection_;

private:
    friend detail::session_access;
    friend detail::executor_access;

    /// An empty one gets the executor of the session that it came of.
    void fall_back_to(const executor_type& executor) noexcept
    {
        if (!executor_)
            executor_ = executor;
    }

    void abandon() noexcept
    {
        if (connection_)
            connection_->abandon();
    }

    executor_type executor_;
};

} // namespace pop3
