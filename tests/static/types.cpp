// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What the types promise: sessions, streams, message numbers. What compiles has passed.

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

using pop3::authorization;
using pop3::awaiting_password;
using pop3::transaction;
using pop3::update;

using ssl_stream = asio::ssl::stream<asio::ip::tcp::socket>;

// ---- Sessions

template <class S>
concept moves = std::is_nothrow_move_constructible_v<S> && std::is_nothrow_move_assignable_v<S> &&
                std::is_nothrow_destructible_v<S> && std::is_nothrow_swappable_v<S>;

template <class S>
concept copies = std::is_copy_constructible_v<S> || std::is_copy_assignable_v<S>;

template <class State, class Stream>
constexpr bool is_live_session()
{
    using session = pop3::session<State, Stream>;
    using handle = pop3::session_handle<State, Stream>;

    // Made only by the library, or empty; moved, never copied.
    static_assert(std::default_initializable<session>);
    static_assert(moves<session> && !copies<session>);
    static_assert(!std::constructible_from<session, std::shared_ptr<pop3::detail::connection<Stream>>>);
    static_assert(!std::constructible_from<session, Stream>);

    // What would move the connection out of the session, and leave its state behind.
    static_assert(!std::constructible_from<handle, session> && !std::constructible_from<handle, handle>);
    static_assert(!std::default_initializable<handle> && !std::destructible<handle>);

    static_assert(std::same_as<typename session::state_type, State>);
    static_assert(std::same_as<typename session::stream_type, Stream>);
    static_assert(std::same_as<typename session::executor_type, asio::any_io_executor>);
    static_assert(
        std::same_as<decltype(std::declval<const session&>().get_executor()), asio::any_io_executor>);
    static_assert(std::same_as<decltype(std::declval<const session&>().is_open()), bool>);
    return true;
}

template <class Stream>
constexpr bool are_live_sessions()
{
    // Only an operation leads from a state to another.
    static_assert(
        !std::convertible_to<pop3::session<authorization, Stream>, pop3::session<transaction, Stream>>);
    static_assert(!std::constructible_from<pop3::session<transaction, Stream>,
                                           pop3::session<awaiting_password, Stream>>);
    return is_live_session<authorization, Stream>() && is_live_session<awaiting_password, Stream>() &&
           is_live_session<transaction, Stream>();
}

static_assert(are_live_sessions<pop3::tls_stream>());
static_assert(are_live_sessions<pop3::tcp_stream>());
static_assert(are_live_sessions<pop3::cleartext_stream>());
static_assert(are_live_sessions<ssl_stream>());

// Nor from a stream to another: what is in clear text stays so.
static_assert(!std::constructible_from<pop3::session<authorization, pop3::cleartext_stream>,
                                       pop3::session<authorization, pop3::tcp_stream>>);
static_assert(!std::constructible_from<pop3::session<authorization>,
                                       pop3::session<authorization, pop3::cleartext_stream>>);

// STLS is the only way to TLS.
static_assert(
    !std::constructible_from<pop3::session<authorization>, pop3::session<authorization, pop3::tcp_stream>>);
static_assert(!std::constructible_from<pop3::tls_stream, pop3::tcp_stream>);

// UPDATE has no connection any more, and is moved like the other sessions.
static_assert(moves<pop3::session<update>> && !copies<pop3::session<update>>);

// There is nothing to ask of a session that was closed before the login.
template <class S>
concept complete = requires { sizeof(S); };

static_assert(complete<pop3::session<update>> && !complete<pop3::session<pop3::closed>>);

// ---- Replies

static_assert(moves<pop3::reply<pop3::session<transaction>, pop3::session<authorization>>>);
static_assert(
    std::default_initializable<pop3::reply<pop3::session<transaction>, pop3::session<authorization>>>);
static_assert(!copies<pop3::reply<pop3::session<transaction>, pop3::session<authorization>>>);
static_assert(
    moves<pop3::reply<pop3::session<authorization>, pop3::session<authorization, pop3::tcp_stream>>>);
static_assert(std::semiregular<pop3::reply<pop3::drop_listing>> && std::semiregular<pop3::reply<void>>);
static_assert(!std::convertible_to<pop3::reply<pop3::drop_listing>, bool>); // explicit, as of std::expected
static_assert(std::constructible_from<bool, pop3::reply<pop3::drop_listing>>);

// ---- Streams

struct without_lowest_layer {
    using executor_type = asio::any_io_executor;

    executor_type get_executor();
    void async_read_some(asio::mutable_buffer, void (*)(std::error_code, std::size_t));
    void async_write_some(asio::const_buffer, void (*)(std::error_code, std::size_t));
};

/// The least that there must be.
struct least_stream : without_lowest_layer {
    asio::ip::tcp::socket& lowest_layer();
};

struct without_executor_type : least_stream {
private:
    using least_stream::executor_type;
};

struct without_read : least_stream {
    void async_read_some() = delete;
};

struct without_write : least_stream {
    void async_write_some() = delete;
};

struct without_move : least_stream {
    without_move(const without_move&) = delete;
};

static_assert(pop3::async_stream<pop3::tls_stream> && pop3::async_stream<pop3::tcp_stream>);
static_assert(pop3::async_stream<pop3::cleartext_stream> && pop3::async_stream<ssl_stream>);
static_assert(pop3::async_stream<asio::ip::tcp::socket>);
static_assert(pop3::async_stream<asio::ssl::stream<asio::ip::tcp::socket&>>); // the socket stays elsewhere
static_assert(pop3::async_stream<asio::ssl::stream<asio::local::stream_protocol::socket>>);
static_assert(pop3::async_stream<asio::local::stream_protocol::socket>);
static_assert(pop3::async_stream<asio::posix::stream_descriptor>); // a pipe to ssh, say
static_assert(pop3::async_stream<least_stream>);

static_assert(!pop3::async_stream<without_lowest_layer> && !pop3::async_stream<without_executor_type>);
static_assert(!pop3::async_stream<without_read> && !pop3::async_stream<without_write>);
static_assert(!pop3::async_stream<without_move>);
static_assert(!pop3::async_stream<asio::ip::udp::socket> && !pop3::async_stream<asio::ip::tcp::acceptor>);
static_assert(!pop3::async_stream<asio::steady_timer> && !pop3::async_stream<const asio::ip::tcp::socket>);
static_assert(!pop3::async_stream<asio::ip::tcp::socket&>); // a session owns its stream
static_assert(!pop3::async_stream<int> && !pop3::async_stream<void>);

// A plain socket does not turn into a stream that may carry passwords by itself.
static_assert(!std::convertible_to<asio::ip::tcp::socket, pop3::tcp_stream>);
static_assert(!std::convertible_to<asio::ip::tcp::socket, pop3::cleartext_stream>);
static_assert(!std::convertible_to<pop3::tcp_stream, pop3::cleartext_stream>);

// ---- Secrets

template <class T>
concept prints = requires(std::ostream& out, const T& value) { out << value; };

static_assert(prints<pop3::message_number> && !prints<pop3::secret> && !prints<pop3::password>);
static_assert(!prints<pop3::access_token> && !prints<pop3::token_provider> && !prints<pop3::sasl::plain>);
static_assert(!std::convertible_to<std::string_view, pop3::secret>); // it is copied: say so
static_assert(!std::convertible_to<pop3::secret, std::string_view>);

// A password is no token: a server would be sent the one in a line for the other.
static_assert(!std::constructible_from<pop3::password, pop3::access_token> &&
              !std::constructible_from<pop3::access_token, pop3::password>);
static_assert(!std::constructible_from<pop3::sasl::plain, pop3::access_token> &&
              !std::constructible_from<pop3::sasl::xoauth2, pop3::password>);

// Text in the place of options could be the name of a mechanism as well as a password.
static_assert(!std::convertible_to<std::string_view, pop3::login_options> &&
              std::constructible_from<pop3::login_options, std::string>);
// Nor does a context that is passed say that STLS may be used.
static_assert(!std::convertible_to<const pop3::tls_context&, pop3::stls> &&
              std::constructible_from<pop3::stls, const pop3::tls_context&>);

// ---- What is passed into an awaited call, or comes out of one

// g++ 12 miscompiles aggregate temporaries that own memory in a co_await expression.
template <class... T>
concept none_is_aggregate = (!std::is_aggregate_v<T> && ...);

static_assert(none_is_aggregate<pop3::password, pop3::access_token, pop3::token_provider, pop3::secret>);
static_assert(none_is_aggregate<pop3::login_options, pop3::connect_options, pop3::url, pop3::stls>);
static_assert(none_is_aggregate<pop3::sasl::plain, pop3::sasl::login, pop3::sasl::cram_md5>);
static_assert(none_is_aggregate<pop3::sasl::xoauth2, pop3::sasl::oauthbearer>);
static_assert(none_is_aggregate<pop3::sasl::external, pop3::sasl::anonymous>);
static_assert(none_is_aggregate<pop3::sasl::scram_sha_256, pop3::sasl::scram_sha_256_plus>);
static_assert(none_is_aggregate<pop3::command::apop, pop3::command::lang, pop3::command::user>);
static_assert(none_is_aggregate<pop3::command::pass, pop3::tls_info>);

// ---- Message numbers

using pop3::message_number;

enum unscoped { one = 1 };
enum class scoped { one = 1 };

static_assert(std::convertible_to<int, message_number> && std::convertible_to<unsigned, message_number>);
static_assert(std::convertible_to<short, message_number> && std::convertible_to<long long, message_number>);
static_assert(std::convertible_to<std::size_t, message_number> &&
              std::convertible_to<std::uint8_t, message_number>);
static_assert(std::convertible_to<const int&, message_number>);

static_assert(!std::constructible_from<message_number, bool> &&
              !std::constructible_from<message_number, char>);
static_assert(!std::constructible_from<message_number, wchar_t> &&
              !std::constructible_from<message_number, char8_t>);
static_assert(!std::constructible_from<message_number, double> &&
              !std::constructible_from<message_number, float>);
static_assert(!std::constructible_from<message_number, const char*>);
static_assert(!std::constructible_from<message_number, std::nullptr_t>);
static_assert(!std::constructible_from<message_number, std::string>);
static_assert(!std::constructible_from<message_number, unscoped>);

// What it refuses, the lines of TOP refuse.
template <class Lines>
concept lines_of_top = std::constructible_from<pop3::command::top, int, Lines>;

static_assert(lines_of_top<int> && lines_of_top<std::uint64_t> && lines_of_top<std::uint8_t>);
static_assert(!lines_of_top<bool> && !lines_of_top<char> && !lines_of_top<char8_t>);
static_assert(!lines_of_top<double> && !lines_of_top<float> && !lines_of_top<const char*>);
static_assert(!lines_of_top<unscoped> && !lines_of_top<scoped>);
static_assert(pop3::line_count(0).valid() && !pop3::line_count(-1).valid());
static_assert(!std::constructible_from<message_number, scoped>);
static_assert(!std::default_initializable<message_number>); // there is no first guess

// Out of it comes a number by name only.
static_assert(!std::convertible_to<message_number, std::uint32_t> &&
              !std::convertible_to<message_number, bool>);
static_assert(std::same_as<decltype(message_number(1).value()), std::uint32_t>);

static_assert(std::totally_ordered<message_number> && std::copyable<message_number>);
static_assert(std::same_as<std::compare_three_way_result_t<message_number>, std::strong_ordering>);
static_assert(std::is_trivially_copyable_v<message_number> && sizeof(message_number) == 4);
static_assert(std::is_nothrow_constructible_v<message_number, long long>);

static_assert(message_number(1).value() == 1 && message_number(1).valid());
static_assert(message_number(4294967295).value() == 4294967295 && message_number(4294967295).valid());
static_assert(!message_number(0).valid() && !message_number(-1).valid());
static_assert(!message_number(4294967296).valid() &&
              !message_number(-4294967295).valid()); // 1, if it wrapped
static_assert(message_number(2) > 1 && message_number(2) == 2u);

} // namespace
