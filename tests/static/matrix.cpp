// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Which state allows what, and what it completes with, over every kind of stream. What compiles has passed.

#include <pop3/command/hello.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/stls.hpp>
#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/ssl/stream.hpp>
#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/use_awaitable.hpp>
#endif

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// ---- Tools

/// A completion token of which an operation returns nothing but the completion signature, as a type.
struct ask {};

/// A stream of a user, who vouches for it.
struct unix_stream : asio::local::stream_protocol::socket {
    using asio::local::stream_protocol::socket::socket;
};

/// A stream of a user, who does not.
struct serial_stream : asio::ip::tcp::socket {
    using asio::ip::tcp::socket::socket;
};

using ssl_stream = asio::ssl::stream<asio::ip::tcp::socket>;

} // namespace

template <class Signature>
struct asio::async_result<ask, Signature> {
    template <class Initiation, class... Args>
    static std::type_identity<Signature> initiate(Initiation&&, ask, Args&&...)
    {
        return {};
    }
};

template <>
inline constexpr bool pop3::is_secure_stream<unix_stream> = true;

namespace {

using pop3::authorization;
using pop3::awaiting_password;
using pop3::transaction;
using pop3::update;
namespace command = pop3::command;
namespace sasl = pop3::sasl;

// ---- Commands of a user

/// The example of the documentation.
struct xtnd_archive {
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
    using result_type = std::vector<std::string>;
    using permitted_in = pop3::states<transaction>;

    void write(command::command_line& line) const
    {
        line.verb(verb).argument("ARCHIVE");
    }

    std::error_code read_line(std::string_view line, result_type& into, const pop3::limits&)
    {
        into.emplace_back(line);
        return {};
    }
};

/// In two states, with nothing to read.
struct ping {
    static constexpr std::string_view verb = "PING";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<authorization, transaction>;

    void write(command::command_line& line) const
    {
        line.verb(verb);
    }
};

/// Shows a secret, and stays in its state.
struct shows_secret : ping {
    static constexpr bool reveals_secret = true;
};

/// Says that it shows none.
struct shows_no_secret : ping {
    static constexpr bool reveals_secret = false;
};

/// Shows a secret, and logs in.
struct logs_in : shows_secret {
    using permitted_in = pop3::states<authorization>;
    using on_ok = transaction;
    using on_refusal = authorization;
};

// What is missing in each is said by its name.
struct without_verb : ping {
private:
    using ping::verb;
};

struct without_shape : ping {
private:
    using ping::shape;
};

struct without_write : ping {
private:
    using ping::write;
};

struct without_permitted_in : ping {
private:
    using ping::permitted_in;
};

struct without_read_line : xtnd_archive {
private:
    using xtnd_archive::read_line;
};

struct without_read_status : ping {
    using result_type = std::string;
};

struct returns_nothing : xtnd_archive {
    void read_line(std::string_view line, result_type& into, const pop3::limits&);
};

// ---- SASL mechanisms of a user

/// The least that there must be. It cannot be copied.
struct own_mechanism {
    static constexpr std::string_view name = "X-MINE";

    own_mechanism(own_mechanism&&) = default;

    std::error_code respond(std::string_view, sasl::octets&, const pop3::limits&)
    {
        return {};
    }
};

/// Has all that there can be, and shows the secret.
struct own_revealing_mechanism : own_mechanism {
    static constexpr bool reveals_secret = true;

    std::error_code begin(sasl::octets&)
    {
        return {};
    }
    std::error_code finish(std::string_view)
    {
        return {};
    }
    void bind(const sasl::channel_binding&, std::optional<bool>)
    {
    }

    std::string details() const
    {
        return {};
    }
};

/// Says that it shows none, though what it is made of does.
struct own_digest_mechanism : own_revealing_mechanism {
    static constexpr bool reveals_secret = false;
};

struct without_name : own_mechanism {
private:
    using own_mechanism::name;
};

struct without_respond : own_mechanism {
private:
    using own_mechanism::respond;
};

struct responds_nothing : own_mechanism {
    void respond(std::string_view challenge, sasl::octets& response, const pop3::limits&);
};

struct without_mechanism_move : own_mechanism {
    without_mechanism_move(without_mechanism_move&&) = delete;
};

// ---- One concept per operation: asked of `session<...>` for an rvalue, and of `session<...>&` for an lvalue

// clang-format off
template <class S, class Credentials> concept can_login_with = requires(S s, const Credentials& c) { std::forward<S>(s).async_login(c, ask()); };
template <class S, class Credentials> concept can_login_so = requires(S s, const Credentials& c, const pop3::login_options& o) { std::forward<S>(s).async_login(c, o, ask()); };
template <class S> concept can_login = can_login_with<S, pop3::password>;
template <class S> concept can_login_options = can_login_so<S, pop3::password>;
template <class S> concept can_login_token = can_login_with<S, pop3::access_token>;
template <class S> concept can_login_token_options = can_login_so<S, pop3::access_token>;
template <class S> concept can_login_provider = can_login_with<S, pop3::token_provider>;
template <class S> concept can_login_provider_options = can_login_so<S, pop3::token_provider>;

template <class S, class Mechanism> concept can_auth = requires(S s, Mechanism m) { std::forward<S>(s).async_auth(std::move(m), ask()); };
template <class S> concept can_auth_plain = can_auth<S, sasl::plain>;
template <class S> concept can_auth_login = can_auth<S, sasl::login>;
template <class S> concept can_auth_xoauth2 = can_auth<S, sasl::xoauth2>;
template <class S> concept can_auth_oauthbearer = can_auth<S, sasl::oauthbearer>;
template <class S> concept can_auth_cram_md5 = can_auth<S, sasl::cram_md5>;
template <class S> concept can_auth_scram_sha_1 = can_auth<S, sasl::scram_sha_1>;
template <class S> concept can_auth_scram_sha_256 = can_auth<S, sasl::scram_sha_256>;
template <class S> concept can_auth_scram_sha_512 = can_auth<S, sasl::scram_sha_512>;
template <class S> concept can_auth_scram_sha_1_plus = can_auth<S, sasl::scram_sha_1_plus>;
template <class S> concept can_auth_scram_sha_256_plus = can_auth<S, sasl::scram_sha_256_plus>;
template <class S> concept can_auth_scram_sha_512_plus = can_auth<S, sasl::scram_sha_512_plus>;
template <class S> concept can_auth_external = can_auth<S, sasl::external>;
template <class S> concept can_auth_anonymous = can_auth<S, sasl::anonymous>;
template <class S> concept can_auth_own = can_auth<S, own_mechanism>;
template <class S> concept can_auth_own_revealing = can_auth<S, own_revealing_mechanism>;
template <class S> concept can_auth_own_digest = can_auth<S, own_digest_mechanism>;
template <class S> concept can_auth_credentials = can_auth<S, pop3::password>;
template <class S> concept can_auth_name = can_auth<S, const char*>;

template <class S> concept can_apop = requires(S s) { std::forward<S>(s).async_apop("mrose", "tanstaaf", ask()); };
template <class S> concept can_stls = requires(S s, const pop3::tls_context& t) { std::forward<S>(s).async_stls(t, ask()); };
template <class S> concept can_stls_host = requires(S s, const pop3::tls_context& t) { std::forward<S>(s).async_stls(t, "pop.example.org", pop3::stls_policy::insist, ask()); };
template <class S> concept can_utf8 = requires(S s) { std::forward<S>(s).async_utf8(ask()); };
template <class S> concept can_lang_list = requires(S s) { std::forward<S>(s).async_lang(ask()); };
template <class S> concept can_lang = requires(S s) { std::forward<S>(s).async_lang("de", ask()); };
template <class S> concept can_lang_string = requires(S s, std::string range) { std::forward<S>(s).async_lang(range, ask()); };
template <class S> concept can_user = requires(S s) { std::forward<S>(s).async_user("mrose", ask()); };
template <class S> concept can_pass = requires(S s) { std::forward<S>(s).async_pass("secret", ask()); };
template <class S> concept can_capa = requires(S s) { std::forward<S>(s).async_capa(ask()); };
template <class S> concept can_stat = requires(S s) { std::forward<S>(s).async_stat(ask()); };
template <class S> concept can_list = requires(S s) { std::forward<S>(s).async_list(ask()); };
template <class S> concept can_list_one = requires(S s) { std::forward<S>(s).async_list(1, ask()); };
template <class S> concept can_uidl = requires(S s) { std::forward<S>(s).async_uidl(ask()); };
template <class S> concept can_uidl_one = requires(S s) { std::forward<S>(s).async_uidl(1, ask()); };
template <class S> concept can_retr = requires(S s) { std::forward<S>(s).async_retr(1, ask()); };
template <class S> concept can_top = requires(S s) { std::forward<S>(s).async_top(1, 10, ask()); };
template <class S> concept can_dele = requires(S s) { std::forward<S>(s).async_dele(1, ask()); };
template <class S> concept can_rset = requires(S s) { std::forward<S>(s).async_rset(ask()); };
template <class S> concept can_noop = requires(S s) { std::forward<S>(s).async_noop(ask()); };
template <class S> concept can_last = requires(S s) { std::forward<S>(s).async_last(ask()); };
template <class S> concept can_quit = requires(S s) { std::forward<S>(s).async_quit(ask()); };

template <class S, class Command>
concept can_execute = requires(S s, Command c) { std::forward<S>(s).async_execute(std::move(c), ask()); };

template <class S> concept can_execute_capa = can_execute<S, command::capa>;
template <class S> concept can_execute_user = can_execute<S, command::user>;
template <class S> concept can_execute_pass = can_execute<S, command::pass>;
template <class S> concept can_execute_stat = can_execute<S, command::stat>;
template <class S> concept can_execute_retr = can_execute<S, command::retr>;
template <class S> concept can_execute_quit = can_execute<S, command::quit>;
template <class S> concept can_execute_apop = can_execute<S, command::apop>;
template <class S> concept can_execute_stls = can_execute<S, command::stls>;
template <class S> concept can_execute_utf8 = can_execute<S, command::utf8>;
template <class S> concept can_execute_lang = can_execute<S, command::lang>;
template <class S> concept can_execute_lang_list = can_execute<S, command::lang_list>;
template <class S> concept can_execute_hello = can_execute<S, command::hello>;
template <class S> concept can_execute_xtnd = can_execute<S, xtnd_archive>;
template <class S> concept can_execute_ping = can_execute<S, ping>;
template <class S> concept can_execute_shows_secret = can_execute<S, shows_secret>;
template <class S> concept can_execute_logs_in = can_execute<S, logs_in>;
// clang-format on

// ---- The matrix

enum class allowed {
    no,
    moved, ///< The operation leaves the state: std::move(s).async_x().
    yes,
    only_lvalue, ///< Never wanted.
};

constexpr allowed allowed_for(bool lvalue, bool rvalue)
{
    if (lvalue)
        return rvalue ? allowed::yes : allowed::only_lvalue;
    return rvalue ? allowed::moved : allowed::no;
}

// A concept cannot be passed to a template, so the row of one is a macro.
#define POP3_CELL(can, state, expected)                                                                      \
    static_assert(allowed_for(can<pop3::session<state, Stream>&>, can<pop3::session<state, Stream>>) ==      \
                  expected)
#define POP3_ROW(can, in_authorization, in_awaiting_password, in_transaction, in_update)                     \
    POP3_CELL(can, authorization, in_authorization);                                                         \
    POP3_CELL(can, awaiting_password, in_awaiting_password);                                                 \
    POP3_CELL(can, transaction, in_transaction);                                                             \
    POP3_CELL(can, update, in_update)

/// `with_password`: what is `moved` over a stream that may carry a password, and does not exist over others;
/// `with_secret`: the same for what stays in its state. `with_stls`: what exists where TLS can be started.
template <class Stream, allowed with_password, allowed with_secret, allowed with_stls>
constexpr bool matrix()
{
    constexpr auto no = allowed::no;
    constexpr auto moved = allowed::moved;
    constexpr auto yes = allowed::yes;

    // clang-format off
    //                                  authorization  awaiting_password  transaction  update
    POP3_ROW(can_login,                 moved,         no,                no,          no); // finds a way that shows no password
    POP3_ROW(can_login_options,         moved,         no,                no,          no);
    POP3_ROW(can_login_token,           with_password, no,                no,          no); // there is no such way
    POP3_ROW(can_login_token_options,   with_password, no,                no,          no);
    POP3_ROW(can_login_provider,        with_password, no,                no,          no);
    POP3_ROW(can_login_provider_options, with_password, no,               no,          no);
    POP3_ROW(can_auth_plain,            with_password, no,                no,          no);
    POP3_ROW(can_auth_login,            with_password, no,                no,          no);
    POP3_ROW(can_auth_xoauth2,          with_password, no,                no,          no);
    POP3_ROW(can_auth_oauthbearer,      with_password, no,                no,          no);
    POP3_ROW(can_auth_cram_md5,         moved,         no,                no,          no);
    POP3_ROW(can_auth_scram_sha_1,      moved,         no,                no,          no);
    POP3_ROW(can_auth_scram_sha_256,    moved,         no,                no,          no);
    POP3_ROW(can_auth_scram_sha_512,    moved,         no,                no,          no);
    POP3_ROW(can_auth_scram_sha_1_plus,   moved,       no,                no,          no); // without TLS: errc::no_channel_binding
    POP3_ROW(can_auth_scram_sha_256_plus, moved,       no,                no,          no);
    POP3_ROW(can_auth_scram_sha_512_plus, moved,       no,                no,          no);
    POP3_ROW(can_auth_external,         moved,         no,                no,          no);
    POP3_ROW(can_auth_anonymous,        moved,         no,                no,          no);
    POP3_ROW(can_auth_own,              moved,         no,                no,          no);
    POP3_ROW(can_auth_own_revealing,    with_password, no,                no,          no);
    POP3_ROW(can_auth_own_digest,       moved,         no,                no,          no);
    POP3_ROW(can_auth_credentials,      no,            no,                no,          no); // async_login()
    POP3_ROW(can_auth_name,             no,            no,                no,          no);
    POP3_ROW(can_apop,                  moved,         no,                no,          no);
    POP3_ROW(can_stls,                  with_stls,     no,                no,          no);
    POP3_ROW(can_stls_host,             with_stls,     no,                no,          no);
    POP3_ROW(can_utf8,                  yes,           no,                no,          no);
    POP3_ROW(can_lang_list,             yes,           no,                yes,         no);
    POP3_ROW(can_lang,                  yes,           no,                yes,         no);
    POP3_ROW(can_lang_string,           yes,           no,                yes,         no);
    POP3_ROW(can_user,                  moved,         no,                no,          no);
    POP3_ROW(can_pass,                  no,            with_password,     no,          no);
    POP3_ROW(can_capa,                  yes,           no,                yes,         no); // USER: then PASS or QUIT only
    POP3_ROW(can_stat,                  no,            no,                yes,         no);
    POP3_ROW(can_list,                  no,            no,                yes,         no);
    POP3_ROW(can_list_one,              no,            no,                yes,         no);
    POP3_ROW(can_uidl,                  no,            no,                yes,         no);
    POP3_ROW(can_uidl_one,              no,            no,                yes,         no);
    POP3_ROW(can_retr,                  no,            no,                yes,         no);
    POP3_ROW(can_top,                   no,            no,                yes,         no);
    POP3_ROW(can_dele,                  no,            no,                yes,         no);
    POP3_ROW(can_rset,                  no,            no,                yes,         no);
    POP3_ROW(can_noop,                  no,            no,                yes,         no); // not before the login (RFC 1939, s. 5)
    POP3_ROW(can_last,                  no,            no,                yes,         no);
    POP3_ROW(can_quit,                  moved,         moved,             moved,       no); // UPDATE: QUIT was sent already

    POP3_ROW(can_execute_capa,          yes,           no,                yes,         no);
    POP3_ROW(can_execute_user,          moved,         no,                no,          no);
    POP3_ROW(can_execute_pass,          no,            with_password,     no,          no);
    POP3_ROW(can_execute_apop,          moved,         no,                no,          no);
    POP3_ROW(can_execute_stls,          no,            no,                no,          no); // what follows is no POP3: async_stls() only
    POP3_ROW(can_execute_utf8,          yes,           no,                no,          no);
    POP3_ROW(can_execute_lang,          yes,           no,                yes,         no);
    POP3_ROW(can_execute_lang_list,     yes,           no,                yes,         no);
    POP3_ROW(can_execute_stat,          no,            no,                yes,         no);
    POP3_ROW(can_execute_retr,          no,            no,                yes,         no);
    POP3_ROW(can_execute_quit,          no,            no,                no,          no); // ends the session: async_quit() only
    POP3_ROW(can_execute_hello,         no,            no,                no,          no); // never sent: the server speaks first
    POP3_ROW(can_execute_xtnd,          no,            no,                yes,         no);
    POP3_ROW(can_execute_ping,          yes,           no,                yes,         no);
    POP3_ROW(can_execute_shows_secret,  with_secret,   no,                with_secret, no);
    POP3_ROW(can_execute_logs_in,       with_password, no,                no,          no);
    // clang-format on
    return true;
}

// clang-format off
//                                              with_password    with_secret    with_stls
static_assert(matrix<pop3::tls_stream,          allowed::moved,  allowed::yes,  allowed::no>()); // STLS only once
static_assert(matrix<pop3::tcp_stream,          allowed::no,     allowed::no,   allowed::moved>());
static_assert(matrix<pop3::cleartext_stream,    allowed::moved,  allowed::yes,  allowed::moved>());
static_assert(matrix<ssl_stream,                allowed::moved,  allowed::yes,  allowed::no>());
static_assert(matrix<unix_stream,               allowed::moved,  allowed::yes,  allowed::no>()); // TLS is its user's to start
static_assert(matrix<serial_stream,             allowed::no,     allowed::no,   allowed::no>());
// clang-format on

// A session that is const can be asked, but sends nothing.
static_assert(!can_stat<const pop3::session<transaction>&> && !can_quit<const pop3::session<transaction>&>);
static_assert(!can_stat<const pop3::session<transaction>> && !can_quit<const pop3::session<transaction>>);

// ---- What can be asked of a session, without a word to the server

template <class S>
concept knows_capabilities = requires(const S& s) {
    { s.capabilities() } -> std::same_as<std::optional<pop3::capabilities>>;
};

template <class S>
concept knows_login_mechanism = requires(const S& s) {
    { s.login_mechanism() } -> std::same_as<std::string>;
};

template <class S>
concept knows_greeting = requires(const S& s) {
    { s.greeting() } -> std::same_as<pop3::greeting>;
};

template <class S>
concept knows_tls = requires(const S& s) {
    { s.tls() } -> std::same_as<pop3::tls_info>;
};

template <class S>
concept has_tls = requires(S s) { s.tls(); };

template <class Stream, bool with_tls>
constexpr bool knowledge()
{
    using greeted = pop3::session<authorization, Stream>;
    using named = pop3::session<awaiting_password, Stream>;
    using mailbox = pop3::session<transaction, Stream>;
    using ended = pop3::session<update, Stream>;

    static_assert(knows_capabilities<greeted> && knows_capabilities<named> && knows_capabilities<mailbox>);
    static_assert(knows_login_mechanism<greeted> && knows_login_mechanism<named> &&
                  knows_login_mechanism<mailbox>);
    static_assert(knows_greeting<greeted>);
    static_assert(knows_tls<greeted> == with_tls && knows_tls<named> == with_tls &&
                  knows_tls<mailbox> == with_tls);
    static_assert(has_tls<greeted> == with_tls && has_tls<named> == with_tls && has_tls<mailbox> == with_tls);
    // There is no connection any more.
    static_assert(!knows_capabilities<ended> && !knows_login_mechanism<ended> && !has_tls<ended>);
    return true;
}

// Whether OpenSSL is below: that a stream is secure does not say so.
static_assert(knowledge<pop3::tls_stream, true>() && knowledge<ssl_stream, true>());
static_assert(knowledge<asio::ssl::stream<unix_stream>, true>());
static_assert(knowledge<pop3::tcp_stream, false>() && knowledge<pop3::cleartext_stream, false>());
static_assert(knowledge<unix_stream, false>() && knowledge<serial_stream, false>());

// ---- What is no argument

// clang-format off
template <class N> concept numbers_retr = requires(pop3::session<transaction>& s, N n) { s.async_retr(n, ask()); };
template <class N> concept numbers_dele = requires(pop3::session<transaction>& s, N n) { s.async_dele(n, ask()); };
template <class N> concept numbers_list = requires(pop3::session<transaction>& s, N n) { s.async_list(n, ask()); };
template <class N> concept numbers_uidl = requires(pop3::session<transaction>& s, N n) { s.async_uidl(n, ask()); };
template <class N> concept numbers_top = requires(pop3::session<transaction>& s, N n) { s.async_top(n, 0, ask()); };
// clang-format on

template <class N>
concept numbers_all =
    numbers_retr<N> && numbers_dele<N> && numbers_list<N> && numbers_uidl<N> && numbers_top<N>;

template <class N>
concept numbers_none =
    !(numbers_retr<N> || numbers_dele<N> || numbers_list<N> || numbers_uidl<N> || numbers_top<N>);

static_assert(numbers_all<int> && numbers_all<unsigned> && numbers_all<long long> &&
              numbers_all<std::size_t>);
static_assert(numbers_all<pop3::message_number>);
static_assert(numbers_none<bool> && numbers_none<char> && numbers_none<double> && numbers_none<const char*>);

// A language is text, a completion token is none.
template <class T>
concept lang_takes = requires(pop3::session<transaction>& s, T t) { s.async_lang(t, ask()); };

static_assert(lang_takes<const char*> && lang_takes<std::string_view> && lang_takes<std::string>);
static_assert(!lang_takes<int> && !lang_takes<char> && !lang_takes<ask>);

// Credentials are one value, and how they are used another.
template <class... Args>
concept login_takes =
    requires(pop3::session<authorization>&& s, Args... args) { std::move(s).async_login(args..., ask()); };

static_assert(login_takes<pop3::password> && login_takes<pop3::password, pop3::login_options>);
static_assert(!login_takes<const char*> && !login_takes<const char*, const char*>);
static_assert(!login_takes<pop3::password, const char*>);
static_assert(!login_takes<pop3::login_options> && !login_takes<pop3::secret>);

// ---- Command values

/// In the order of the columns.
struct permitted {
    bool in_authorization, in_awaiting_password, in_transaction, in_update;

    friend constexpr bool operator==(const permitted&, const permitted&) = default;
};

template <class C>
constexpr permitted states_of = {pop3::command_for<C, authorization>, pop3::command_for<C, awaiting_password>,
                                 pop3::command_for<C, transaction>, pop3::command_for<C, update>};

// clang-format off
//                                                authorization  awaiting_password  transaction  update
static_assert(states_of<command::user>     == permitted{true,    false,             false,       false});
static_assert(states_of<command::pass>     == permitted{false,   true,              false,       false});
static_assert(states_of<command::capa>     == permitted{true,    false,             true,        false});
static_assert(states_of<command::apop>     == permitted{true,    false,             false,       false});
static_assert(states_of<command::utf8>     == permitted{true,    false,             false,       false});
static_assert(states_of<command::lang>     == permitted{true,    false,             true,        false});
static_assert(states_of<command::lang_list> == permitted{true,   false,             true,        false});
static_assert(states_of<command::stls>     == permitted{false,   false,             false,       false}); // async_stls()
static_assert(states_of<command::stat>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::list>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::list_one> == permitted{false,   false,             true,        false});
static_assert(states_of<command::uidl>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::uidl_one> == permitted{false,   false,             true,        false});
static_assert(states_of<command::retr>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::top>      == permitted{false,   false,             true,        false});
static_assert(states_of<command::dele>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::rset>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::noop>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::last>     == permitted{false,   false,             true,        false});
static_assert(states_of<command::quit>     == permitted{false,   false,             false,       false}); // async_quit()
static_assert(states_of<command::hello>    == permitted{false,   false,             false,       false}); // the greeting
static_assert(states_of<xtnd_archive>      == permitted{false,   false,             true,        false});
static_assert(states_of<ping>              == permitted{true,    false,             true,        false});
static_assert(states_of<logs_in>           == permitted{true,    false,             false,       false});
static_assert(states_of<int>               == permitted{false,   false,             false,       false});
// clang-format on

static_assert(pop3::command_value<xtnd_archive> && pop3::command_value<ping>);
static_assert(!pop3::command_value<without_verb> && !pop3::command_value<without_shape>);
static_assert(!pop3::command_value<without_write> && !pop3::command_value<without_permitted_in>);
static_assert(!pop3::command_value<without_read_line> && !pop3::command_value<without_read_status>);
static_assert(!pop3::command_value<returns_nothing>);
static_assert(!pop3::command_value<int> && !pop3::command_value<std::string> && !pop3::command_value<void>);

// ---- SASL mechanisms

static_assert(sasl::mechanism<sasl::plain> && sasl::mechanism<sasl::login>);
static_assert(sasl::mechanism<sasl::xoauth2> && sasl::mechanism<sasl::oauthbearer>);
static_assert(sasl::mechanism<sasl::cram_md5> && sasl::mechanism<sasl::external>);
static_assert(sasl::mechanism<sasl::anonymous>);
static_assert(sasl::mechanism<sasl::scram_sha_1> && sasl::mechanism<sasl::scram_sha_1_plus>);
static_assert(sasl::mechanism<sasl::scram_sha_256> && sasl::mechanism<sasl::scram_sha_256_plus>);
static_assert(sasl::mechanism<sasl::scram_sha_512> && sasl::mechanism<sasl::scram_sha_512_plus>);
static_assert(sasl::mechanism<own_mechanism> && sasl::mechanism<own_revealing_mechanism>);
static_assert(!sasl::mechanism<without_name> && !sasl::mechanism<without_respond>);
static_assert(!sasl::mechanism<responds_nothing> && !sasl::mechanism<without_mechanism_move>);
static_assert(!sasl::mechanism<pop3::password> && !sasl::mechanism<const char*> && !sasl::mechanism<int>);

// What a mechanism may have besides.
static_assert(!sasl::begins<own_mechanism> && sasl::begins<own_revealing_mechanism>);
static_assert(!sasl::finishes<own_mechanism> && sasl::finishes<own_revealing_mechanism>);
static_assert(!sasl::binds<own_mechanism> && sasl::binds<own_revealing_mechanism>);
static_assert(!sasl::explains<own_mechanism> && sasl::explains<own_revealing_mechanism>);

// RFC 5034, section 4, needs to know who speaks first; a server that is not shown to be the right one is noticed by
// `finish` alone.
static_assert(sasl::begins<sasl::plain> && sasl::begins<sasl::external> && sasl::begins<sasl::anonymous>);
static_assert(sasl::begins<sasl::xoauth2> && sasl::begins<sasl::oauthbearer>);
static_assert(!sasl::begins<sasl::login> && !sasl::begins<sasl::cram_md5>);
static_assert(sasl::begins<sasl::scram_sha_256> && sasl::begins<sasl::scram_sha_256_plus>);
static_assert(sasl::finishes<sasl::scram_sha_256> && sasl::finishes<sasl::scram_sha_256_plus>);
static_assert(sasl::binds<sasl::scram_sha_256> &&
              sasl::binds<sasl::scram_sha_256_plus>); // "y" must be told from "n"
static_assert(sasl::explains<sasl::xoauth2> && sasl::explains<sasl::oauthbearer>);
static_assert(sasl::explains<sasl::scram_sha_256>);

// ---- Secrets

static_assert(sasl::reveals_secret<sasl::plain> && sasl::reveals_secret<sasl::login>);
static_assert(sasl::reveals_secret<sasl::xoauth2> && sasl::reveals_secret<sasl::oauthbearer>);
static_assert(!sasl::reveals_secret<sasl::cram_md5> && !sasl::reveals_secret<sasl::scram_sha_256>);
static_assert(!sasl::reveals_secret<sasl::scram_sha_256_plus> && !sasl::reveals_secret<sasl::external>);
static_assert(!sasl::reveals_secret<own_mechanism> && !sasl::reveals_secret<own_digest_mechanism>);
static_assert(!sasl::reveals_secret<sasl::anonymous> && sasl::reveals_secret<own_revealing_mechanism>);
static_assert(sasl::mechanism<sasl::any_mechanism> && sasl::reveals_secret<sasl::any_mechanism>);

static_assert(!pop3::reveals_secret<command::apop>); // a digest
static_assert(pop3::reveals_secret<command::pass> && pop3::reveals_secret<shows_secret>);
static_assert(!pop3::reveals_secret<command::user> && !pop3::reveals_secret<command::retr>);
static_assert(!pop3::reveals_secret<ping> && !pop3::reveals_secret<shows_no_secret>);
static_assert(can_execute<pop3::session<transaction, pop3::tcp_stream>&, shows_no_secret>);

template <class Stream>
constexpr std::pair<bool, bool> secure_and_may_carry = {pop3::is_secure_stream<Stream>,
                                                        pop3::may_carry_secrets<Stream>};

static_assert(secure_and_may_carry<pop3::tls_stream> == std::pair(true, true));
static_assert(secure_and_may_carry<ssl_stream> == std::pair(true, true));
static_assert(secure_and_may_carry<unix_stream> == std::pair(true, true)); // its user says so
static_assert(secure_and_may_carry<pop3::cleartext_stream> == std::pair(false, true));
static_assert(secure_and_may_carry<pop3::tcp_stream> == std::pair(false, false));
static_assert(secure_and_may_carry<asio::ip::tcp::socket> == std::pair(false, false));
static_assert(secure_and_may_carry<serial_stream> == std::pair(false, false)); // unknown is not secure

// ---- What the operations complete with

template <class T, class Back = void>
using completes = std::type_identity<void(std::error_code, pop3::reply<T, Back>)>;

#define POP3_COMPLETES(expression, ...) static_assert(std::same_as<decltype(expression), __VA_ARGS__>)

template <class Stream>
constexpr bool replies()
{
    using greeted = pop3::session<authorization, Stream>;
    using named = pop3::session<awaiting_password, Stream>;
    using mailbox = pop3::session<transaction, Stream>;
    using ended = pop3::session<update, Stream>;
    using std::declval;

    POP3_COMPLETES(declval<greeted>().async_user("mrose", ask()), completes<named, greeted>);
    POP3_COMPLETES(declval<greeted&>().async_capa(ask()), completes<pop3::capabilities>);
    POP3_COMPLETES(declval<greeted&>().async_utf8(ask()), completes<void>);
    POP3_COMPLETES(declval<greeted&>().async_lang(ask()), completes<std::vector<pop3::language>>);
    POP3_COMPLETES(declval<greeted&>().async_lang("de", ask()), completes<pop3::language>);
    POP3_COMPLETES(declval<greeted>().async_quit(ask()), completes<pop3::closed, greeted>);

    using options = const pop3::login_options&;
    POP3_COMPLETES(declval<greeted>().async_login(declval<const pop3::password&>(), ask()),
                   completes<mailbox, greeted>);
    POP3_COMPLETES(
        declval<greeted>().async_login(declval<const pop3::password&>(), declval<options>(), ask()),
        completes<mailbox, greeted>);
    POP3_COMPLETES(declval<greeted>().async_apop("mrose", "tanstaaf", ask()), completes<mailbox, greeted>);
    POP3_COMPLETES(declval<greeted>().async_auth(declval<sasl::scram_sha_256>(), ask()),
                   completes<mailbox, greeted>);
    POP3_COMPLETES(declval<greeted>().async_auth(declval<own_mechanism>(), ask()),
                   completes<mailbox, greeted>);

    POP3_COMPLETES(declval<named>().async_quit(ask()), completes<pop3::closed, named>);

    POP3_COMPLETES(declval<mailbox&>().async_stat(ask()), completes<pop3::drop_listing>);
    POP3_COMPLETES(declval<mailbox&>().async_list(ask()), completes<std::vector<pop3::scan_listing>>);
    POP3_COMPLETES(declval<mailbox&>().async_list(1, ask()), completes<pop3::scan_listing>);
    POP3_COMPLETES(declval<mailbox&>().async_list(pop3::lenient, ask()),
                   completes<pop3::lenient_listing<pop3::scan_listing>>);
    POP3_COMPLETES(declval<mailbox&>().async_uidl(pop3::lenient, ask()),
                   completes<pop3::lenient_listing<pop3::unique_id_listing>>);
    POP3_COMPLETES(declval<mailbox&>().async_uidl(ask()), completes<std::vector<pop3::unique_id_listing>>);
    POP3_COMPLETES(declval<mailbox&>().async_uidl(1, ask()), completes<pop3::unique_id_listing>);
    POP3_COMPLETES(declval<mailbox&>().async_retr(1, ask()), completes<pop3::message>);
    POP3_COMPLETES(declval<mailbox&>().async_top(1, 10, ask()), completes<pop3::message>);
    POP3_COMPLETES(declval<mailbox&>().async_dele(1, ask()), completes<void>);
    POP3_COMPLETES(declval<mailbox&>().async_rset(ask()), completes<void>);
    POP3_COMPLETES(declval<mailbox&>().async_noop(ask()), completes<void>);
    POP3_COMPLETES(declval<mailbox&>().async_last(ask()), completes<std::optional<pop3::message_number>>);
    POP3_COMPLETES(declval<mailbox&>().async_capa(ask()), completes<pop3::capabilities>);
    POP3_COMPLETES(declval<mailbox&>().async_lang(ask()), completes<std::vector<pop3::language>>);
    POP3_COMPLETES(declval<mailbox&>().async_lang("de", ask()), completes<pop3::language>);
    POP3_COMPLETES(declval<mailbox>().async_quit(ask()), completes<ended, mailbox>);

    POP3_COMPLETES(declval<mailbox&>().async_execute(xtnd_archive(), ask()),
                   completes<std::vector<std::string>>);
    POP3_COMPLETES(declval<mailbox&>().async_execute(ping(), ask()), completes<void>);
    POP3_COMPLETES(declval<greeted&>().async_execute(ping(), ask()), completes<void>);

    // A refused login is back in AUTHORIZATION: the server has forgotten the name as well.
    if constexpr (pop3::may_carry_secrets<Stream>) {
        POP3_COMPLETES(declval<greeted>().async_login(declval<const pop3::access_token&>(), ask()),
                       completes<mailbox, greeted>);
        POP3_COMPLETES(
            declval<greeted>().async_login(declval<const pop3::access_token&>(), declval<options>(), ask()),
            completes<mailbox, greeted>);
        POP3_COMPLETES(declval<greeted>().async_login(declval<const pop3::token_provider&>(), ask()),
                       completes<mailbox, greeted>);
        POP3_COMPLETES(
            declval<greeted>().async_login(declval<const pop3::token_provider&>(), declval<options>(), ask()),
            completes<mailbox, greeted>);
        POP3_COMPLETES(declval<greeted>().async_auth(declval<sasl::plain>(), ask()),
                       completes<mailbox, greeted>);
        POP3_COMPLETES(declval<named>().async_pass("secret", ask()), completes<mailbox, greeted>);
        POP3_COMPLETES(declval<greeted>().async_execute(logs_in(), ask()), completes<mailbox, greeted>);
    }

    // Refused, it goes on without TLS, if the user wants that.
    if constexpr (can_stls<greeted>) {
        using secured = pop3::session<authorization, pop3::tls_stream>;
        using tls = const pop3::tls_context&;
        POP3_COMPLETES(declval<greeted>().async_stls(declval<tls>(), ask()), completes<secured, greeted>);
        POP3_COMPLETES(
            declval<greeted>().async_stls(declval<tls>(), "host", pop3::stls_policy::if_offered, ask()),
            completes<secured, greeted>);
    }

    POP3_COMPLETES(pop3::async_greet(declval<Stream>(), ask()), completes<greeted>);
    POP3_COMPLETES(pop3::async_greet(declval<Stream>(), pop3::connect_options(), ask()), completes<greeted>);
    return true;
}

static_assert(replies<pop3::tls_stream>());
static_assert(replies<pop3::tcp_stream>());
static_assert(replies<pop3::cleartext_stream>());
static_assert(replies<ssl_stream>());
static_assert(replies<unix_stream>());

// ---- How a session begins

template <class... Args>
using connected =
    decltype(pop3::async_connect(std::declval<asio::any_io_executor>(), std::declval<Args>()...));

template <class... Args>
concept can_connect = requires { typename connected<Args...>; };

template <class Stream>
using begins = completes<pop3::session<authorization, Stream>>;

using options = pop3::connect_options;

/// By a host's name and by a URL, with options and without.
template <class How, class Stream>
concept leads_to = std::same_as<connected<How, std::string, ask>, begins<Stream>> &&
                   std::same_as<connected<How, const char*, options, ask>, begins<Stream>> &&
                   std::same_as<connected<How, pop3::url, ask>, begins<Stream>> &&
                   std::same_as<connected<How, const pop3::url&, const options&, ask>, begins<Stream>>;

static_assert(leads_to<pop3::tls_context&, pop3::tls_stream>);
static_assert(leads_to<const pop3::tls_context&, pop3::tls_stream>);
static_assert(leads_to<pop3::stls, pop3::tls_stream>); // no way to end up without TLS
static_assert(leads_to<pop3::without_tls_t, pop3::tcp_stream>);
static_assert(leads_to<const pop3::without_tls_t&, pop3::tcp_stream>);
static_assert(leads_to<pop3::allow_cleartext_t, pop3::cleartext_stream>);
static_assert(leads_to<const pop3::allow_cleartext_t&, pop3::cleartext_stream>);
static_assert(std::same_as<pop3::session<transaction>, pop3::session<transaction, pop3::tls_stream>>);

/// Over a socket that is connected.
template <class... Args>
using connected_over =
    decltype(pop3::async_connect(std::declval<asio::ip::tcp::socket>(), std::declval<Args>()...));

template <class... Args>
concept can_connect_over = requires { typename connected_over<Args...>; };

template <class How, class Stream>
concept leads_over_socket_to = std::same_as<connected_over<How, std::string, ask>, begins<Stream>> &&
                               std::same_as<connected_over<How, const char*, options, ask>, begins<Stream>>;

static_assert(leads_over_socket_to<pop3::tls_context&, pop3::tls_stream>);
static_assert(leads_over_socket_to<pop3::stls, pop3::tls_stream>);
static_assert(leads_over_socket_to<pop3::without_tls_t, pop3::tcp_stream>);
static_assert(leads_over_socket_to<pop3::allow_cleartext_t, pop3::cleartext_stream>);
static_assert(!can_connect_over<std::string, ask> && !can_connect_over<pop3::url, options, ask>);

// TLS, or none, is never a default.
static_assert(!can_connect<std::string, ask> && !can_connect<std::string, options, ask>);
static_assert(!can_connect<pop3::url, ask> && !can_connect<pop3::url, options, ask>);
static_assert(!can_connect<pop3::stls_policy, std::string, ask> && !can_connect<bool, std::string, ask>);
// STLS must be told whom to trust, and a context is not taken for it.
static_assert(!std::default_initializable<pop3::stls>);
static_assert(!std::convertible_to<pop3::tls_context&, pop3::stls>);
// A URL is not made of any text, or passed where a host is wanted.
static_assert(!std::convertible_to<std::string_view, pop3::url> &&
              !std::convertible_to<pop3::url, std::string>);
// A port is an option.
static_assert(!can_connect<pop3::tls_context&, std::string, int, ask>);

// ---- The default token

static_assert(std::same_as<decltype(std::declval<pop3::session<transaction>&>().async_stat(
                               std::declval<pop3::throwing_t<ask>>())),
                           std::type_identity<void(std::exception_ptr, pop3::drop_listing)>>);
static_assert(std::same_as<decltype(std::declval<pop3::session<transaction>&>().async_dele(
                               1, std::declval<pop3::throwing_t<ask>>())),
                           std::type_identity<void(std::exception_ptr)>>);
static_assert(std::same_as<decltype(std::declval<pop3::session<transaction>>().async_quit(
                               std::declval<pop3::throwing_t<ask>>())),
                           std::type_identity<void(std::exception_ptr, pop3::session<update>)>>);
static_assert(std::same_as<decltype(std::declval<pop3::session<authorization, pop3::tcp_stream>>().async_stls(
                               std::declval<pop3::tls_context&>(), std::declval<pop3::throwing_t<ask>>())),
                           std::type_identity<void(std::exception_ptr, pop3::session<authorization>)>>);
#if defined(ASIO_HAS_CO_AWAIT)
static_assert(std::same_as<pop3::default_token, pop3::throwing_t<asio::use_awaitable_t<>>>);
#endif

} // namespace
