// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sinks, pipelines, and messages that are read piece by piece: what is taken for what, what may be done when, and what it
// completes with. What compiles has passed.

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/use_future.hpp>
#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>
#endif

#include <concepts>
#include <cstddef>
#include <functional>
#include <future>
#include <list>
#include <memory>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

/// A completion token of which an operation returns nothing but the completion signature, as a type.
struct ask_signature {};

} // namespace

template <class Signature>
struct asio::async_result<ask_signature, Signature> {
    template <class Initiation, class... Args>
    static std::type_identity<Signature> initiate(Initiation&&, ask_signature, Args&&...)
    {
        return {};
    }
};

namespace {

namespace command = pop3::command;
using pop3::delivery;
using pop3::flow;
using pop3::listing_delivery;
using pop3::receiving;
using pop3::transaction;

using ssl_stream = asio::ssl::stream<asio::ip::tcp::socket>;
using mailbox = pop3::session<transaction>;
using body = pop3::session<receiving>;
using piece = std::span<const char>;

template <class... T>
using completes = std::type_identity<void(std::error_code, T...)>;

// ---- What is a sink

using to_piece = void (*)(piece);
using says_flow = flow (*)(piece);
using says_bool = bool (*)(piece);
using to_string_view = void (*)(std::string_view);

static_assert(pop3::sink_for<to_piece, piece> && pop3::sink_for<says_flow, piece>);
static_assert(pop3::sink_for<std::function<void(piece)>, piece>);
static_assert(!pop3::sink_for<says_bool, piece>); // true for more, or for enough?
static_assert(!pop3::sink_for<void (*)(int), piece> && !pop3::sink_for<int, piece>);
static_assert(pop3::sink_for<void (*)(pop3::unique_id_view), pop3::unique_id_view>);
static_assert(!pop3::sink_for<void (*)(pop3::scan_listing), pop3::unique_id_view>);

// Callables of which the operations must know which is which.
inline constexpr auto generic_sink = [](auto) {
}; // takes one argument of any kind
inline constexpr auto generic_token = [](auto...) {
}; // takes whatever it is given: a completion handler
inline constexpr auto generic_pair = [](auto, auto) {
}; // can only be one
inline constexpr auto retr_handler = [](std::error_code, pop3::reply<pop3::message>) {
};
inline constexpr auto delivery_handler = [](std::error_code, pop3::reply<delivery>) {
};

#define POP3_COMPLETES(expression, ...)                                                                      \
    static_assert(std::same_as<decltype(expression), completes<__VA_ARGS__>>)

template <class Stream>
constexpr bool what_completes_with_what()
{
    using session = pop3::session<transaction, Stream>;
    using next = pop3::session<receiving, Stream>;
    using s = session&;
    using r = session&&;
    const auto ask = [] {
        return ask_signature();
    };
    using ask_t = decltype(ask());

    POP3_COMPLETES(std::declval<s>().async_retr(1, ask_t()), pop3::reply<pop3::message>);
    POP3_COMPLETES(std::declval<s>().async_retr(1, to_piece(), ask_t()), pop3::reply<delivery>);
    POP3_COMPLETES(std::declval<s>().async_retr(1, says_flow(), ask_t()), pop3::reply<delivery>);
    POP3_COMPLETES(std::declval<s>().async_retr(1, generic_sink, ask_t()), pop3::reply<delivery>);
    POP3_COMPLETES(std::declval<s>().async_top(1, 0, ask_t()), pop3::reply<pop3::message>);
    POP3_COMPLETES(std::declval<s>().async_top(1, 0, generic_sink, ask_t()), pop3::reply<delivery>);
    POP3_COMPLETES(std::declval<s>().async_list(ask_t()), pop3::reply<std::vector<pop3::scan_listing>>);
    POP3_COMPLETES(std::declval<s>().async_list(generic_sink, ask_t()), pop3::reply<listing_delivery>);
    POP3_COMPLETES(std::declval<s>().async_list(1, ask_t()), pop3::reply<pop3::scan_listing>);
    POP3_COMPLETES(std::declval<s>().async_list(pop3::lenient, generic_sink, ask_t()),
                   pop3::reply<listing_delivery>);
    POP3_COMPLETES(std::declval<s>().async_uidl(pop3::lenient, generic_sink, ask_t()),
                   pop3::reply<listing_delivery>);
    POP3_COMPLETES(std::declval<s>().async_uidl(ask_t()), pop3::reply<std::vector<pop3::unique_id_listing>>);
    POP3_COMPLETES(std::declval<s>().async_uidl(generic_sink, ask_t()), pop3::reply<listing_delivery>);
    POP3_COMPLETES(std::declval<r>().async_receive(1, ask_t()), pop3::reply<next, session>);
    POP3_COMPLETES(std::declval<r>().async_receive(command::top(1, 0), ask_t()), pop3::reply<next, session>);
    POP3_COMPLETES(std::declval<next&>().async_read_some(asio::mutable_buffer(), ask_t()), std::size_t);
    POP3_COMPLETES(std::declval<next>().async_finish(ask_t()), pop3::reply<session, next>);

    POP3_COMPLETES(std::declval<s>().async_pipeline(command::stat(), ask_t()),
                   std::tuple<pop3::reply<pop3::drop_listing>>);
    POP3_COMPLETES(
        std::declval<s>().async_pipeline(command::noop(), command::retr(1), command::capa(), ask_t()),
        std::tuple<pop3::reply<void>, pop3::reply<pop3::message>, pop3::reply<pop3::capabilities>>);
    POP3_COMPLETES(std::declval<s>().async_pipeline(command::retr_to(1, to_piece()), ask_t()),
                   std::tuple<pop3::reply<delivery>>);
    POP3_COMPLETES(std::declval<s>().async_pipeline(std::vector<command::dele>(), generic_pair, ask_t()),
                   std::size_t);
    return true;
}

static_assert(what_completes_with_what<pop3::tls_stream>());
static_assert(what_completes_with_what<pop3::tcp_stream>());
static_assert(what_completes_with_what<pop3::cleartext_stream>());
static_assert(what_completes_with_what<ssl_stream>());

// ---- Token, or sink

/// What an operation returns for a token that returns something.
template <class T>
using future_of = std::future<pop3::reply<T>>;

using future_token = asio::use_future_t<>;

static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_retr(1, future_token())), future_of<pop3::message>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_retr(1, to_piece(), future_token())),
                           future_of<delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_list(future_token())),
                           future_of<std::vector<pop3::scan_listing>>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_list(generic_sink, future_token())),
                           future_of<listing_delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_top(1, 0, future_token())),
                           future_of<pop3::message>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_pipeline(command::noop(), command::stat(),
                                                                            future_token())),
                           std::future<std::tuple<pop3::reply<void>, pop3::reply<pop3::drop_listing>>>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_pipeline(std::vector<command::dele>(),
                                                                            generic_pair, future_token())),
                           std::future<std::size_t>>);

// With a callback alone a message goes into memory: nothing is returned, and no coroutine is made of it.
template <class... Args>
concept retr_is_started_by = requires(mailbox& m, Args... args) {
    { m.async_retr(1, args...) } -> std::same_as<void>;
};
template <class... Args>
concept list_is_started_by = requires(mailbox& m, Args... args) {
    { m.async_list(args...) } -> std::same_as<void>;
};

static_assert(retr_is_started_by<decltype(retr_handler)>);
static_assert(retr_is_started_by<decltype(generic_token)> && retr_is_started_by<decltype(generic_pair)>);
static_assert(retr_is_started_by<to_piece, decltype(delivery_handler)>);
static_assert(retr_is_started_by<asio::detached_t> && retr_is_started_by<to_piece, asio::detached_t>);
static_assert(list_is_started_by<decltype(generic_token)> && list_is_started_by<decltype(generic_pair)>);
static_assert(
    retr_is_started_by<decltype(asio::bind_executor(std::declval<asio::any_io_executor>(), retr_handler))>);
static_assert(
    retr_is_started_by<decltype(asio::bind_executor(std::declval<asio::any_io_executor>(), generic_token))>);
static_assert(retr_is_started_by<to_piece, decltype(asio::bind_executor(std::declval<asio::any_io_executor>(),
                                                                        delivery_handler))>);

#if defined(ASIO_HAS_CO_AWAIT)

// With a sink alone there is the default token.
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_retr(1)), asio::awaitable<pop3::message>>);
static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_retr(1, to_piece())), asio::awaitable<delivery>>);
static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_retr(1, generic_sink)), asio::awaitable<delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_retr(1, std::function<flow(piece)>())),
                           asio::awaitable<delivery>>);
static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_top(1, 0, to_piece())), asio::awaitable<delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_list(generic_sink)),
                           asio::awaitable<listing_delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_uidl(generic_sink)),
                           asio::awaitable<listing_delivery>>);
static_assert(std::same_as<decltype(std::declval<mailbox&>().async_retr(1, asio::use_awaitable)),
                           asio::awaitable<pop3::reply<pop3::message>>>);
static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_pipeline(command::noop(), command::stat())),
                 asio::awaitable<std::tuple<pop3::reply<void>, pop3::reply<pop3::drop_listing>>>>);
static_assert(
    std::same_as<decltype(std::declval<mailbox&>().async_pipeline(std::list<command::dele>(), generic_pair)),
                 asio::awaitable<std::size_t>>);
static_assert(std::same_as<decltype(std::declval<mailbox&&>().async_receive(1)), asio::awaitable<body>>);
static_assert(std::same_as<decltype(std::declval<body&&>().async_finish()), asio::awaitable<mailbox>>);
static_assert(std::same_as<decltype(std::declval<body&>().async_read_some(asio::mutable_buffer())),
                           asio::awaitable<std::size_t>>);

#endif

// ---- What a pipeline takes

/// In TRANSACTION, and leaves it.
struct leaves : command::noop {
    using on_ok = pop3::update;
    using on_refusal = transaction;
};

/// Shows a secret, and stays.
struct shows_secret : command::noop {
    static constexpr bool reveals_secret = true;
};

template <class Stream, class... Args>
concept pipeline_takes = requires(pop3::session<transaction, Stream>& m, Args&&... args) {
    m.async_pipeline(std::forward<Args>(args)..., ask_signature());
};

static_assert(pipeline_takes<pop3::tls_stream, command::stat> &&
              pipeline_takes<pop3::tls_stream, command::stat, command::uidl, command::top>);
static_assert(pipeline_takes<pop3::tls_stream, command::stat&, const command::uidl&>);
static_assert(!pipeline_takes<pop3::tls_stream> && !pipeline_takes<pop3::tls_stream, int>);
static_assert(!pipeline_takes<pop3::tls_stream, command::stat, int>);
static_assert(!pipeline_takes<pop3::tls_stream, command::stat, command::user>);
static_assert(!pipeline_takes<pop3::tls_stream, command::user> &&
              !pipeline_takes<pop3::tls_stream, command::pass>);
static_assert(!pipeline_takes<pop3::tls_stream, leaves> &&
              !pipeline_takes<pop3::tls_stream, command::stat, leaves>);
static_assert(!pipeline_takes<pop3::tls_stream, std::vector<leaves>, decltype(generic_pair)>);
static_assert(!pipeline_takes<pop3::tls_stream, std::vector<command::user>, decltype(generic_pair)>);
static_assert(pipeline_takes<pop3::tls_stream, shows_secret> &&
              pipeline_takes<pop3::cleartext_stream, shows_secret>);
static_assert(!pipeline_takes<pop3::tcp_stream, shows_secret> &&
              !pipeline_takes<pop3::tcp_stream, std::vector<shows_secret>, decltype(generic_pair)>);

// Nothing may be sent behind QUIT, STLS or a login before its reply: they are no commands of a pipeline.
static_assert(!pop3::detail::pipelined_command<command::quit, pop3::tls_stream>);
static_assert(!pop3::detail::pipelined_command<command::stls, pop3::tcp_stream>);

// A function that is told of the replies.
template <class F>
concept is_told = pipeline_takes<pop3::tls_stream, std::vector<command::stat>, F>;

static_assert(is_told<void (*)(std::size_t, pop3::reply<pop3::drop_listing>)>);
static_assert(is_told<flow (*)(std::size_t, const pop3::reply<pop3::drop_listing>&)>);
static_assert(is_told<decltype(generic_pair)> && is_told<decltype(generic_token)>);
static_assert(!is_told<bool (*)(std::size_t, pop3::reply<pop3::drop_listing>)>);
static_assert(!is_told<void (*)(pop3::reply<pop3::drop_listing>)>);
static_assert(!is_told<void (*)(std::size_t, pop3::reply<void>)>);
static_assert(!is_told<int>);

// Ranges of commands: lvalues are copied, what can only be moved is moved.
struct move_only_range : std::vector<command::stat> {
    move_only_range() = default;
    move_only_range(move_only_range&&) = default;
    move_only_range& operator=(move_only_range&&) = default;
};

static_assert(pipeline_takes<pop3::tls_stream, std::vector<command::stat>&, decltype(generic_pair)>);
static_assert(pipeline_takes<pop3::tls_stream, const std::vector<command::stat>&, decltype(generic_pair)>);
static_assert(pipeline_takes<pop3::tls_stream, std::span<const command::stat>, decltype(generic_pair)>);
static_assert(pipeline_takes<pop3::tls_stream, move_only_range, decltype(generic_pair)>);
static_assert(!pipeline_takes<pop3::tls_stream, move_only_range&, decltype(generic_pair)>);
static_assert(!pipeline_takes<pop3::tls_stream, std::vector<int>, decltype(generic_pair)>);

// ---- While a message is being received

template <class S>
constexpr bool reads = requires(S& s) { s.async_read_some(asio::mutable_buffer(), ask_signature()); };
template <class S>
constexpr bool finishes = requires(S&& s) { std::move(s).async_finish(ask_signature()); };
template <class S>
constexpr bool finishes_in_place = requires(S& s) { s.async_finish(ask_signature()); };
template <class S>
constexpr bool receives = requires(S&& s) { std::move(s).async_receive(1, ask_signature()); };
template <class S>
constexpr bool receives_in_place = requires(S& s) { s.async_receive(1, ask_signature()); };

static_assert(reads<body> && finishes<body> && !finishes_in_place<body>);
static_assert(!receives<body> && !receives_in_place<body>);
static_assert(receives<mailbox> && !receives_in_place<mailbox> && !reads<mailbox> && !finishes<mailbox>);
static_assert(!reads<pop3::session<pop3::authorization>> && !receives<pop3::session<pop3::authorization>>);
static_assert(!receives<pop3::session<pop3::update>> && !reads<pop3::session<pop3::update>>);

#define POP3_NOT_WHILE_RECEIVING(operation, ...)                                                             \
    template <class S>                                                                                       \
    constexpr bool does_##operation = requires(S&& s) { std::move(s).async_##operation(__VA_ARGS__); };      \
    static_assert(does_##operation<mailbox> && !does_##operation<body>)

POP3_NOT_WHILE_RECEIVING(stat, ask_signature());
POP3_NOT_WHILE_RECEIVING(list, ask_signature());
POP3_NOT_WHILE_RECEIVING(uidl, ask_signature());
POP3_NOT_WHILE_RECEIVING(retr, 1, ask_signature());
POP3_NOT_WHILE_RECEIVING(top, 1, 0, ask_signature());
POP3_NOT_WHILE_RECEIVING(dele, 1, ask_signature());
POP3_NOT_WHILE_RECEIVING(rset, ask_signature());
POP3_NOT_WHILE_RECEIVING(noop, ask_signature());
POP3_NOT_WHILE_RECEIVING(last, ask_signature());
POP3_NOT_WHILE_RECEIVING(capa, ask_signature());
POP3_NOT_WHILE_RECEIVING(lang, "de", ask_signature());
POP3_NOT_WHILE_RECEIVING(quit, ask_signature());
POP3_NOT_WHILE_RECEIVING(pipeline, command::stat(), ask_signature());
POP3_NOT_WHILE_RECEIVING(execute, command::stat(), ask_signature());

// It is received from no command whose reply is no message.
template <class C>
constexpr bool receives_of =
    requires(mailbox&& m, C c) { std::move(m).async_receive(std::move(c), ask_signature()); };

static_assert(receives_of<command::retr> && receives_of<command::top>);
static_assert(!receives_of<command::stat> && !receives_of<command::list> && !receives_of<command::user>);

// As sessions are, and as streams of Asio's are.
template <class Stream>
constexpr bool is_a_stream()
{
    using session = pop3::session<receiving, Stream>;
    static_assert(std::default_initializable<session> && std::is_nothrow_move_constructible_v<session> &&
                  std::is_nothrow_move_assignable_v<session> && !std::is_copy_constructible_v<session>);
    static_assert(std::same_as<typename session::executor_type, asio::any_io_executor>);
    static_assert(std::same_as<typename session::state_type, receiving>);
    static_assert(std::same_as<decltype(std::declval<session&>().get_executor()), asio::any_io_executor>);

    // What Asio builds of it.
    using handler = void (*)(std::error_code, std::size_t);
    static_assert(requires(session& s, std::string& into, asio::mutable_buffer buffer, handler h) {
        asio::async_read(s, buffer, h);
        asio::async_read(s, std::vector<asio::mutable_buffer>(), h);
        asio::async_read(s, asio::dynamic_buffer(into), h);
        asio::async_read_until(s, asio::dynamic_buffer(into), "\r\n\r\n", h);
    });
    return true;
}

static_assert(is_a_stream<pop3::tls_stream>() && is_a_stream<pop3::tcp_stream>());
static_assert(is_a_stream<pop3::cleartext_stream>() && is_a_stream<ssl_stream>());

// ---- Values

static_assert(!std::is_aggregate_v<command::delivered<command::retr, to_piece>>);
static_assert(!std::is_aggregate_v<command::opened<command::retr>>);
static_assert(pop3::command_for<command::delivered<command::retr, to_piece>, transaction>);
static_assert(!pop3::command_for<command::delivered<command::retr, to_piece>, receiving>);
static_assert(!pop3::command_for<command::retr, receiving> && !pop3::command_for<command::noop, receiving>);
static_assert(delivery{} == delivery{0, false} && listing_delivery{} == listing_delivery{0, false});
static_assert(flow{} == flow::more);

} // namespace

// What derives from a socket may encrypt what it reads and writes: only what `async_stream` names may be called.
struct masked : asio::ip::tcp::socket {
    using asio::ip::tcp::socket::socket;
};
static_assert(pop3::async_stream<masked>);
static_assert(!pop3::detail::works_at_once<masked>);
static_assert(pop3::detail::works_at_once<asio::ip::tcp::socket>);

struct masked_tls : pop3::tls_stream {
    using pop3::tls_stream::tls_stream;
};
static_assert(pop3::async_stream<masked_tls>);
static_assert(!pop3::detail::works_at_once<masked_tls>);
static_assert(pop3::detail::works_at_once<pop3::tcp_stream>);
// All of its operations are those of a tcp_stream.
static_assert(std::same_as<pop3::detail::connection_of<pop3::cleartext_stream>,
                           pop3::detail::connection_of<pop3::tcp_stream>>);
static_assert(pop3::detail::works_at_once<pop3::tls_stream>);
