// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/dele.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/lenient_listing.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/range_pipeline.hpp>
#include <pop3/command/receive.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/rset.hpp>
#include <pop3/command/single.hpp>
#include <pop3/command/sink.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/top.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/delivery.hpp>
#include <pop3/lenient.hpp>
#include <pop3/line_count.hpp>
#include <pop3/listing.hpp>
#include <pop3/message.hpp>
#include <pop3/message_number.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/inquiring.hpp>
#include <pop3/session/receiving.hpp>
#include <pop3/session/update.hpp>
#include <pop3/state.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace pop3 {

namespace detail {

/// Keeps `async_list(1)`, `async_list(lenient)` and `async_list(token)` apart.
template <class Token>
concept no_number = token_like<Token> && !std::convertible_to<Token, message_number> &&
                    !std::same_as<std::remove_cvref_t<Token>, lenient_t>;

/// Keeps `async_retr(1, sink)` and `async_retr(1, token)` apart: what can take the reply is a token.
template <class F, class Piece, class Result>
concept sink_not_token =
    sink_for<F, Piece> && !std::invocable<std::decay_t<F>&, std::error_code, reply<Result>>;

template <class Token, class Piece, class Result>
concept token_not_sink =
    no_number<Token> && !sink_not_token<Token, Piece, Result> && completed_with<Token, reply<Result>>;

/// What may be sent in a pipeline over `Stream`.
template <class Command, class Stream>
concept pipelined_command =
    command_value<std::decay_t<Command>> && stays_in<std::decay_t<Command>, transaction, Stream>;

template <class Stream, class... Args>
constexpr bool are_commands = (pipelined_command<Args, Stream> && ...);

/// Commands, and a completion token behind them.
template <class Stream, class... Args>
constexpr bool are_commands_and_token = []<std::size_t... I>(std::index_sequence<I...>) {
    using all = std::tuple<Args...>;
    return (pipelined_command<std::tuple_element_t<I, all>, Stream> && ...) &&
           token_like<std::tuple_element_t<sizeof...(I), all>> &&
           !command_value<std::decay_t<std::tuple_element_t<sizeof...(I), all>>>;
}(std::make_index_sequence<sizeof...(Args) - 1>());

/// What may stand before QUIT in a pipeline: nothing that it would carry out before the replies were seen.
template <class Command, class Stream>
concept pipelined_before_quit =
    pipelined_command<Command, Stream> && !std::same_as<std::decay_t<Command>, command::dele>;

template <class Stream, class... Args>
constexpr bool are_commands_and_quit = []<std::size_t... I>(std::index_sequence<I...>) {
    using all = std::tuple<Args...>;
    return (pipelined_before_quit<std::tuple_element_t<I, all>, Stream> && ...) &&
           std::same_as<std::decay_t<std::tuple_element_t<sizeof...(I), all>>, command::quit>;
}(std::make_index_sequence<sizeof...(Args) - 1>());

/// Commands, QUIT, and a completion token behind them.
template <class Stream, class... Args>
constexpr bool are_commands_quit_and_token = []<std::size_t... I>(std::index_sequence<I...>) {
    using all = std::tuple<Args...>;
    return are_commands_and_quit<Stream, std::tuple_element_t<I, all>...> &&
           token_like<std::tuple_element_t<sizeof...(I), all>> &&
           !command_value<std::decay_t<std::tuple_element_t<sizeof...(I), all>>>;
}(std::make_index_sequence<sizeof...(Args) - 1>());

/// Calls `f` with the last argument before the others.
template <class F, class... Args>
auto last_first(F f, Args&&... args)
{
    auto all = std::forward_as_tuple(std::forward<Args>(args)...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return f(std::get<sizeof...(I)>(std::move(all)), std::get<I>(std::move(all))...);
    }(std::make_index_sequence<sizeof...(Args) - 1>());
}

} // namespace detail

/// TRANSACTION: logged in, the maildrop is locked for this session (RFC 1939, section 5). Messages have numbers
/// from 1, which hold until the session ends. Those marked as deleted leave gaps: no listing is a sequence.
///
/// Nothing is deleted before `async_quit`. A session that ends otherwise changes nothing.
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`; each operation names only what is
/// its own.
template <class Stream>
class [[nodiscard("its destructor closes the connection, and deletes nothing")]] session<transaction, Stream>
    : public inquiring_session<transaction, Stream> {
public:
    session() = default;

    /// STAT: how many messages there are, and their size (RFC 1939, section 5).
    ///
    ///     C: STAT
    ///     S: +OK 2 320
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<drop_listing>)`.
    template <detail::completed_with<reply<drop_listing>> Token = default_token>
    auto async_stat(Token&& token = {})
    {
        return this->async_execute(command::stat(), std::forward<Token>(token));
    }

    /// LIST: number and size of every message not marked as deleted (RFC 1939, section 5).
    ///
    ///     C: LIST
    ///     S: +OK 2 messages (320 octets)
    ///     S: 1 120
    ///     S: 3 200
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<std::vector<scan_listing>>)`.
    /// Limits: `limits::listing_entries`, `limits::response_line`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, scan_listing, std::vector<scan_listing>>
    auto async_list(Token&& token = {})
    {
        return this->async_execute(command::list(), std::forward<Token>(token));
    }

    /// The same, one entry after the other as they come: nothing is kept.
    ///
    /// sink: called with a `scan_listing`; returns void, or what it wants next (`flow`). Copied or moved into the operation.
    /// It must start no operation of the same session, and what it throws ends the session (`errc::function_threw`).
    /// Completion signature: `void(std::error_code, reply<listing_delivery>)`.
    template <class Sink, detail::completed_with<reply<listing_delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, scan_listing, std::vector<scan_listing>>
    auto async_list(Sink sink, Token&& token = {})
    {
        return this->async_execute(command::list_to(std::move(sink)), std::forward<Token>(token));
    }

    /// LIST, with the lines that cannot be read beside the entries: one bad line does not hide the others.
    ///
    /// Completion signature: `void(std::error_code, reply<lenient_listing<scan_listing>>)`.
    /// Errors: those of `async_list`, but not `errc::malformed_value`.
    /// Limits: `limits::listing_entries`, of which a line that cannot be read takes one more for each `limits::unique_id`
    /// octets that it has; `limits::response_line`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, listing_line<scan_listing>, lenient_listing<scan_listing>>
    auto async_list(lenient_t, Token&& token = {})
    {
        return this->async_execute(command::lenient_list(), std::forward<Token>(token));
    }

    /// The same, one line after the other as they come: nothing is kept.
    ///
    /// sink: called with a `listing_line<scan_listing>`, valid during the call; else as that of `async_list`.
    /// Completion signature: `void(std::error_code, reply<listing_delivery>)`.
    template <class Sink, detail::completed_with<reply<listing_delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, listing_line<scan_listing>, lenient_listing<scan_listing>>
    auto async_list(lenient_t, Sink sink, Token&& token = {})
    {
        return this->async_execute(command::lenient_list_to(std::move(sink)), std::forward<Token>(token));
    }

    /// LIST msg: number and size of one message (RFC 1939, section 5).
    ///
    ///     C: LIST 2
    ///     S: +OK 2 200
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<scan_listing>)`.
    template <detail::completed_with<reply<scan_listing>> Token = default_token>
    auto async_list(message_number number, Token&& token = {})
    {
        return this->async_execute(command::list_one(number), std::forward<Token>(token));
    }

    /// UIDL: number and unique-id of every message not marked as deleted (RFC 1939, section 7).
    ///
    ///     C: UIDL
    ///     S: +OK
    ///     S: 1 whqtswO00WBw418f9t5JxYwZ
    ///     S: 2 QhdPYR:00WBw1Ph7x7
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers: one that has it not refuses.
    /// Completion signature: `void(std::error_code, reply<std::vector<unique_id_listing>>)`. Identical copies of a
    /// message may have the same unique-id.
    /// Limits: `limits::listing_entries`, `limits::unique_id`, `limits::response_line`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, unique_id_view, std::vector<unique_id_listing>>
    auto async_uidl(Token&& token = {})
    {
        return this->async_execute(command::uidl(), std::forward<Token>(token));
    }

    /// The same, one entry after the other as they come: nothing is kept.
    ///
    /// sink: called with a `unique_id_view`, valid during the call; else as that of `async_list`.
    /// Completion signature: `void(std::error_code, reply<listing_delivery>)`.
    template <class Sink, detail::completed_with<reply<listing_delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, unique_id_view, std::vector<unique_id_listing>>
    auto async_uidl(Sink sink, Token&& token = {})
    {
        return this->async_execute(command::uidl_to(std::move(sink)), std::forward<Token>(token));
    }

    /// UIDL, with the lines that cannot be read beside the entries: one bad line does not hide the others. A unique-id that
    /// is longer than `limits::unique_id` is among them, whole.
    ///
    /// Completion signature: `void(std::error_code, reply<lenient_listing<unique_id_listing>>)`.
    /// Errors: those of `async_uidl`, but not `errc::malformed_value` and `errc::unique_id_limit`.
    /// Limits: as of `async_list(lenient)`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, listing_line<unique_id_view>,
                                        lenient_listing<unique_id_listing>>
    auto async_uidl(lenient_t, Token&& token = {})
    {
        return this->async_execute(command::lenient_uidl(), std::forward<Token>(token));
    }

    /// The same, one line after the other as they come: nothing is kept.
    ///
    /// sink: called with a `listing_line<unique_id_view>`, valid during the call; else as that of `async_list`.
    /// Completion signature: `void(std::error_code, reply<listing_delivery>)`.
    template <class Sink, detail::completed_with<reply<listing_delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, listing_line<unique_id_view>,
                                        lenient_listing<unique_id_listing>>
    auto async_uidl(lenient_t, Sink sink, Token&& token = {})
    {
        return this->async_execute(command::lenient_uidl_to(std::move(sink)), std::forward<Token>(token));
    }

    /// UIDL msg: number and unique-id of one message (RFC 1939, section 7).
    ///
    ///     C: UIDL 2
    ///     S: +OK 2 QhdPYR:00WBw1Ph7x7
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<unique_id_listing>)`.
    template <detail::completed_with<reply<unique_id_listing>> Token = default_token>
    auto async_uidl(message_number number, Token&& token = {})
    {
        return this->async_execute(command::uidl_one(number), std::forward<Token>(token));
    }

    /// RETR msg: a whole message, into memory (RFC 1939, section 5).
    ///
    ///     C: RETR 1
    ///     S: +OK 120 octets
    ///     S: <the message>
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<message>)`.
    /// Errors: `errc::message_octets_limit`, after which the session lives; `errc::connection_closed` or `errc::connection_truncated` if the
    /// connection ends before the message does: a part of a message is never passed for the whole.
    /// Limits: `limits::message_octets`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, std::span<const char>, message>
    auto async_retr(message_number number, Token&& token = {})
    {
        return this->async_execute(command::retr(number), std::forward<Token>(token));
    }

    /// The same, piece by piece as it comes, never whole in memory. Nothing is copied between the decryption and the sink.
    ///
    /// sink: called with a `std::span<const char>`, or with a `std::string_view` if it takes only that, valid during the call:
    /// the next octets, dot-stuffing undone, as many as happened to come. Returns void, or what it wants next (`flow`). Copied or moved into the operation. It must start
    /// no operation of the same session, and what it throws ends the session (`errc::function_threw`).
    /// Completion signature: `void(std::error_code, reply<delivery>)`. Only `delivery::complete` says that the sink was given
    /// the whole message: beside an error, or if the sink wanted no more, it was given a part.
    /// Limits: `limits::streamed_octets`, `limits::drained_octets`.
    template <class Sink, detail::completed_with<reply<delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, std::span<const char>, message>
    auto async_retr(message_number number, Sink sink, Token&& token = {})
    {
        return this->async_execute(command::retr_to(number, std::move(sink)), std::forward<Token>(token));
    }

    /// The same, piece by piece at the pace of the reader: see `session<receiving>`, which this leads to.
    ///
    /// State: TRANSACTION -> receiving; after a refusal TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature:
    /// `void(std::error_code, reply<session<receiving, Stream>, session<transaction, Stream>>)`.
    template <detail::completed_with<reply<session<receiving, Stream>, session>> Token = default_token>
    auto async_receive(message_number number, Token&& token = {}) &&
    {
        return std::move(*this).async_receive(command::retr(number), std::forward<Token>(token));
    }

    /// The same of any command the reply to which is a message, such as `command::top`.
    template <class Command, class Token = default_token>
        requires(detail::stays_in<Command, transaction, Stream> && Command::shape == reply_shape::octets)
    auto async_receive(Command command, Token&& token = {}) &&
    {
        using next = session<receiving, Stream>;
        if (this->connection_)
            this->connection_->body = {};
        return this->start(
            std::move(this->connection_),
            command::single<command::opened<Command>>(command::opened<Command>(std::move(command))),
            detail::leave<next, session>(), std::forward<Token>(token));
    }

    /// TOP msg n: the header of a message, and the first lines of its body (RFC 1939, section 7).
    ///
    ///     C: TOP 1 10
    ///     S: +OK
    ///     S: <header, empty line, 10 lines of the body>
    ///     S: .
    ///
    /// State: TRANSACTION -> TRANSACTION. Optional for servers.
    /// number: from 1, not marked as deleted. lines: how many of the body, from 0; a negative one is refused
    /// (`errc::invalid_argument`).
    /// Completion signature: `void(std::error_code, reply<message>)`.
    /// Limits: `limits::message_octets`.
    template <class Token = default_token>
        requires detail::token_not_sink<Token, std::span<const char>, message>
    auto async_top(message_number number, line_count lines, Token&& token = {})
    {
        return this->async_execute(command::top(number, lines), std::forward<Token>(token));
    }

    /// The same, piece by piece as it comes: see `async_retr` with a sink.
    ///
    /// Completion signature: `void(std::error_code, reply<delivery>)`.
    template <class Sink, detail::completed_with<reply<delivery>> Token = default_token>
        requires detail::sink_not_token<Sink, std::span<const char>, message>
    auto async_top(message_number number, line_count lines, Sink sink, Token&& token = {})
    {
        return this->async_execute(command::top_to(number, lines, std::move(sink)),
                                   std::forward<Token>(token));
    }

    /// DELE msg: marks a message as deleted (RFC 1939, section 5). It is removed by `async_quit`, and not before.
    ///
    ///     C: DELE 1
    ///     S: +OK message 1 deleted
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// number: from 1, not marked as deleted.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <detail::completed_with<reply<void>> Token = default_token>
    auto async_dele(message_number number, Token&& token = {})
    {
        return this->async_execute(command::dele(number), std::forward<Token>(token));
    }

    /// RSET: no message is marked as deleted any more (RFC 1939, section 5).
    ///
    ///     C: RSET
    ///     S: +OK maildrop has 2 messages (320 octets)
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <detail::completed_with<reply<void>> Token = default_token>
    auto async_rset(Token&& token = {})
    {
        return this->async_execute(command::rset(), std::forward<Token>(token));
    }

    /// NOOP: nothing but a reply, by which the server sees that the client is still there (RFC 1939, section 5).
    ///
    ///     C: NOOP
    ///     S: +OK
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// Completion signature: `void(std::error_code, reply<void>)`.
    template <detail::completed_with<reply<void>> Token = default_token>
    auto async_noop(Token&& token = {})
    {
        return this->async_execute(command::noop(), std::forward<Token>(token));
    }

    /// LAST: the highest number of a message that was accessed (RFC 1460, section 5).
    ///
    ///     C: LAST
    ///     S: +OK 1
    ///
    /// State: TRANSACTION -> TRANSACTION. Removed from POP3 by RFC 1725: most servers refuse it.
    /// Completion signature: `void(std::error_code, reply<std::optional<message_number>>)`; nothing if none was.
    template <detail::completed_with<reply<std::optional<message_number>>> Token = default_token>
    auto async_last(Token&& token = {})
    {
        return this->async_execute(command::last(), std::forward<Token>(token));
    }

    /// Several commands in one round trip (RFC 2449, section 6.6), each with a reply of its own.
    ///
    ///     C: STAT
    ///     C: UIDL
    ///     C: TOP 2 0
    ///     S: +OK 2 320
    ///     S: +OK
    ///     S: 1 whqtswO00WBw418f9t5JxYwZ
    ///     S: .
    ///     S: -ERR no such message
    ///
    ///     auto [stat, uids, top] = co_await mailbox.async_pipeline(
    ///         pop3::command::stat(), pop3::command::uidl(), pop3::command::top(2, 0));
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// commands: any that stay in TRANSACTION; behind them the completion token, if it is not the default one. If one of them
    /// cannot be sent, none is (`errc::invalid_argument`, `errc::command_too_long`).
    /// Completion signature: `void(std::error_code, std::tuple<reply<R>...>)`. Beside an error there is what was answered
    /// until then; the rest is not `answered()`, and it is not known what the server did of it. (The default token throws
    /// the error, and drops that.)
    /// The commands are sent ahead of the replies if the server announces PIPELINING, and one by one if not, or with
    /// `connect_options::pipelining` set to `never`. If the session does not know, it asks for CAPA first.
    /// A server may announce it and mix up its replies: then one stands inside another. So the +OK of a command with a reply
    /// of several lines counts as answered only when the next reply has begun as one must, if the next command was sent
    /// already. If it never comes, there is no reply to either.
    /// Errors: `errc::pipeline_out_of_step`, `errc::pipeline_timed_out`: that server should be connected to with `never`.
    /// Limits: `limits::pipeline_commands`, `limits::pipeline_octets`, and those of the commands. Each reply has
    /// `limits::operation_time`.
    template <class... Commands>
        requires(sizeof...(Commands) != 0 && detail::are_commands<Stream, Commands...>)
    auto async_pipeline(Commands&&... commands)
    {
        // Without coroutines there is no such token; only who calls this needs to hear of it.
        using token = std::conditional_t<sizeof...(Commands) != 0, default_token, void>;
        return this->start_pipeline(token(), std::forward<Commands>(commands)...);
    }

    /// The same with a completion token behind the commands.
    template <class First, class... Rest>
        requires(sizeof...(Rest) != 0 && !range_of_commands<First> &&
                 detail::are_commands_and_token<Stream, First, Rest...>)
    auto async_pipeline(First&& first, Rest&&... rest)
    {
        return detail::last_first(
            [this]<class... Args>(Args&&... args) {
                return this->start_pipeline(std::forward<Args>(args)...);
            },
            std::forward<First>(first), std::forward<Rest>(rest)...);
    }

    /// The same with QUIT behind them: a session that only looks what is there has one round trip after the login.
    ///
    ///     C: STAT
    ///     C: UIDL
    ///     C: QUIT
    ///     S: +OK 1 120
    ///     S: +OK
    ///     S: 1 whqtswO00WBw418f9t5JxYwZ
    ///     S: .
    ///     S: +OK dewey POP3 server signing off
    ///
    ///     auto [stat, uids, update] = co_await std::move(mailbox).async_pipeline(
    ///         pop3::command::stat(), pop3::command::uidl(), pop3::command::quit());
    ///
    /// State: TRANSACTION -> UPDATE, and the connection is closed.
    /// commands: as above, and `command::quit`; behind them the completion token, if it is not the default one. No
    /// `command::dele`: it would be carried out before you have seen whether you got what you delete. (What was marked before
    /// is deleted, as by any QUIT.)
    /// Completion signature: `void(std::error_code, std::tuple<reply<R>..., reply<session<update, Stream>,
    /// session<transaction, Stream>>>)`. The last is what `async_quit` completes with: beside an error
    /// `deletions::unknown` if QUIT was sent, and the session if the error is not fatal.
    /// Limits: as above.
    template <class First, class Second, class... Rest>
        requires(detail::are_commands_and_quit<Stream, First, Second, Rest...>)
    auto async_pipeline(First&& first, Second&& second, Rest&&... rest) &&
    {
        using token = std::conditional_t<std::is_void_v<First>, void, default_token>;
        return this->start_pipeline_and_quit(token(), std::forward<First>(first),
                                             std::forward<Second>(second), std::forward<Rest>(rest)...);
    }

    /// The same with a completion token behind QUIT.
    template <class First, class Second, class... Rest>
        requires(detail::are_commands_quit_and_token<Stream, First, Second, Rest...>)
    auto async_pipeline(First&& first, Second&& second, Rest&&... rest) &&
    {
        return detail::last_first(
            [this]<class... Args>(Args&&... args) {
                return this->start_pipeline_and_quit(std::forward<Args>(args)...);
            },
            std::forward<First>(first), std::forward<Second>(second), std::forward<Rest>(rest)...);
    }

    /// The same with any number of commands of one type. Memory is taken for those on their way, not for all.
    ///
    ///     auto retr = [&](int n) {
    ///         return pop3::command::retr_to(n, [&, n](std::span<const char> piece) { save(n, piece); });
    ///     };
    ///     auto retrs = std::views::iota(1, 100'001) | std::views::transform(retr); // or a vector of decltype(retr(1))
    ///     co_await mailbox.async_pipeline(retrs, [&](std::size_t index, pop3::reply<pop3::delivery> reply) {
    ///         if (!reply)
    ///             std::cerr << index + 1 << ": " << to_string(reply.error()) << '\n';
    ///     });
    ///
    /// State: TRANSACTION -> TRANSACTION.
    /// commands: a range (`std::ranges::input_range`), copied or moved into the operation: a view, or a container. They may
    /// stand in braces, too. What a view shows must live until the operation completes; what going over it throws ends the session.
    /// on_reply: called with the index in the range, from 0, and a `reply<R>`, in order, each as soon as it is complete, and, if
    /// it has several lines, the next has begun as above: until then what a sink was given is not to be relied on. Returns
    /// void, or a `flow`: `flow::drain` sends no more commands, but those on their way are still answered; `flow::close`
    /// closes the session at once. It must start no operation of the same session; what it
    /// throws ends the session.
    /// What the sink of a command wants is another thing, and done as in `async_retr`: `flow::drain` drops the rest of that
    /// message, and the next ones come; `flow::close` closes the session. `on_reply` is told of either (`delivery::complete`
    /// is false), and neither is an error.
    /// Completion signature: `void(std::error_code, std::size_t)`: how many were answered. Beside an error too: what the
    /// server did of the others on their way is not known.
    /// Errors: of a container, or a view of one with a size (`std::span`), nothing is sent if one command of it cannot be
    /// (`errc::invalid_argument`, `errc::command_too_long`). Of what makes its commands as it goes, has no size
    /// (`std::forward_list`), or can be gone over only once, such an error is that of the command behind those answered: it
    /// was not sent, and none behind it.
    template <range_of_commands Range, class OnReply,
              detail::completed_with<std::size_t> Token = default_token>
        requires(detail::pipelined_command<detail::command_of_range<std::decay_t<Range>>, Stream> &&
                 reply_handler<OnReply, typename detail::command_of_range<std::decay_t<Range>>::result_type>)
    auto async_pipeline(Range&& commands, OnReply&& on_reply, Token&& token = {})
    {
        using pipeline = command::range_pipeline<std::decay_t<Range>, std::decay_t<OnReply>>;
        return this->start(
            this->connection_,
            pipeline(announced(), std::forward<Range>(commands), std::forward<OnReply>(on_reply)),
            detail::pipelined<std::size_t>(), std::forward<Token>(token));
    }

    /// The same with commands in braces, which are copied. (In a `co_await` expression g++ 12 cannot compile braces: give it a
    /// vector.)
    template <std::copy_constructible Command, class OnReply, class Token = default_token>
        requires(detail::pipelined_command<Command, Stream> &&
                 reply_handler<OnReply, typename Command::result_type>)
    auto async_pipeline(std::initializer_list<Command> commands, OnReply&& on_reply, Token&& token = {})
    {
        return async_pipeline(std::vector<Command>(commands), std::forward<OnReply>(on_reply),
                              std::forward<Token>(token));
    }

    /// QUIT: removes the messages marked as deleted, and ends the session (RFC 1939, section 6).
    ///
    ///     C: QUIT
    ///     S: +OK dewey POP3 server signing off
    ///
    /// State: TRANSACTION -> UPDATE, and the connection is closed. Over TLS its end is announced; only a stream of the user's
    /// own with an `async_shutdown` is given time for it (`limits::shutdown_time`).
    /// Completion signature: `void(std::error_code, reply<session<update, Stream>, session<transaction, Stream>>)`.
    /// A -ERR is no refusal: the value says `deletions::partly_failed`. If the connection is lost after QUIT was
    /// sent, there is the error, and beside it a value that says `deletions::unknown`. (The default token throws the error;
    /// the deletions are unknown then.) Takes up to `limits::operation_time`, and then that.
    template <detail::completed_with<reply<session<update, Stream>, session>> Token = default_token>
    auto async_quit(Token&& token = {}) &&
    {
        return this->start(std::move(this->connection_), command::single<command::quit>(command::quit()),
                           detail::quit_and_update<Stream>(), std::forward<Token>(token));
    }

    // What is too early, too late, or called with the wrong handler. No templates: editors do not offer them then.
    // clang-format off
    detail::awaited<drop_listing> async_stat(...) const POP3_DELETED("wanted: a session that is not const, and a handler for a std::error_code and a pop3::reply<pop3::drop_listing>");
    detail::awaited<std::vector<scan_listing>> async_list(...) const POP3_DELETED("wanted: a session that is not const; pop3::lenient, a number, or nothing; perhaps a sink for a pop3::scan_listing; and a handler for a std::error_code and a pop3::reply, of a std::vector<pop3::scan_listing>, with a number of a pop3::scan_listing, with a sink of a pop3::listing_delivery");
    detail::awaited<std::vector<unique_id_listing>> async_uidl(...) const POP3_DELETED("wanted: a session that is not const; pop3::lenient, a number, or nothing; perhaps a sink for a pop3::unique_id_view; and a handler for a std::error_code and a pop3::reply, of a std::vector<pop3::unique_id_listing>, with a number of a pop3::unique_id_listing, with a sink of a pop3::listing_delivery");
    detail::awaited<message> async_retr(...) const POP3_DELETED("wanted: a session that is not const; a number from 1; perhaps a sink for a std::span<const char> or a std::string_view; and a handler for a std::error_code and a pop3::reply<pop3::message>, or with a sink a pop3::reply<pop3::delivery>");
    detail::awaited<message> async_top(...) const POP3_DELETED("wanted: a session that is not const; a number from 1, and one of lines; perhaps a sink for a std::span<const char> or a std::string_view; and a handler for a std::error_code and a pop3::reply<pop3::message>, or with a sink a pop3::reply<pop3::delivery>");
    detail::awaited<void> async_dele(...) const POP3_DELETED("wanted: a session that is not const, a number from 1, and a handler for a std::error_code and a pop3::reply<void>");
    detail::awaited<void> async_rset(...) const POP3_DELETED("wanted: a session that is not const, and a handler for a std::error_code and a pop3::reply<void>");
    detail::awaited<void> async_noop(...) const POP3_DELETED("wanted: a session that is not const, and a handler for a std::error_code and a pop3::reply<void>");
    detail::awaited<std::optional<message_number>> async_last(...) const POP3_DELETED("wanted: a session that is not const, and a handler for a std::error_code and a pop3::reply<std::optional<pop3::message_number>>");
    detail::awaited<session<receiving, Stream>> async_receive(...) const&& POP3_DELETED("wanted: a number from 1, or a command whose reply is a message; and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::receiving>, pop3::session<pop3::transaction>>");
    detail::awaited<session<update, Stream>> async_quit(...) const&& POP3_DELETED("wanted: a handler for a std::error_code and a pop3::reply<pop3::session<pop3::update>, pop3::session<pop3::transaction>>");
    template <range_of_commands Range, class F, class... T> requires(!reply_handler<F, typename detail::command_of_range<std::decay_t<Range>>::result_type>) detail::awaited<std::size_t> async_pipeline(Range&&, F&&, T&&...) POP3_DELETED_TEMPLATE("the function behind the range is called with a std::size_t (the index) and a pop3::reply of what the command gives, and returns void or a pop3::flow; the handler with a std::error_code and a std::size_t");
    detail::awaited<session<receiving, Stream>> async_receive(...) const& POP3_DELETED("it consumes the session: write std::move(s).async_receive(...)");
    auto async_pipeline(...) const POP3_DELETED("what may be pipelined: commands of TRANSACTION that stay there (and QUIT behind them, if none is a DELE: write std::move(s).async_pipeline(..., pop3::command::quit())), or a range of one and a function for the index and the reply");
    detail::awaited<session<update, Stream>> async_quit(...) const& POP3_DELETED("QUIT consumes the session: write std::move(s).async_quit()");
    auto async_login(...) const = delete; // this session is logged in: for another user connect again
    auto async_user(...) const = delete; // USER is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_pass(...) const = delete; // PASS is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_apop(...) const = delete; // APOP is an AUTHORIZATION command (RFC 1939 s.7): this session is logged in
    auto async_auth(...) const = delete; // AUTH is an AUTHORIZATION command (RFC 5034 s.4): this session is logged in
    auto async_stls(...) const = delete; // STLS is an AUTHORIZATION command (RFC 2595 s.4): TLS must come before the login
    auto async_utf8(...) const = delete; // UTF8 is an AUTHORIZATION command (RFC 6856 s.2): send it before the login
    // clang-format on

private:
    friend detail::session_access;
    using inquiring_session<transaction, Stream>::inquiring_session;

    /// Whether the server announces PIPELINING, if it was asked.
    std::optional<bool> announced() const
    {
        return this->connection_ ? this->connection_->pipelining : std::nullopt;
    }

    template <class Token, class... Commands>
    auto start_pipeline(Token&& token, Commands&&... commands)
    {
        using pipeline = command::pipeline<std::decay_t<Commands>...>;
        return this->start(this->connection_, pipeline(announced(), std::forward<Commands>(commands)...),
                           detail::pipelined<typename pipeline::result_type>(), std::forward<Token>(token));
    }

    template <class Token, class... Commands>
    auto start_pipeline_and_quit(Token&& token, Commands&&... commands)
    {
        using pipeline = command::pipeline<std::decay_t<Commands>...>;
        pipeline exchange(announced(), std::forward<Commands>(commands)...);
        return this->start(std::move(this->connection_), std::move(exchange),
                           detail::pipelined_quit<Stream, std::decay_t<Commands>...>(),
                           std::forward<Token>(token));
    }
};

} // namespace pop3
