// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/access_token.hpp>
#include <pop3/command/apop.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/login_choice.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/single.hpp>
#include <pop3/command/user.hpp>
#include <pop3/command/utf8.hpp>
#include <pop3/completion.hpp>
#include <pop3/config.hpp>
#include <pop3/error.hpp>
#include <pop3/greeting.hpp>
#include <pop3/initial_response.hpp>
#include <pop3/login_options.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/secret.hpp>
#include <pop3/session/awaiting_password.hpp>
#include <pop3/session/finish.hpp>
#include <pop3/session/inquiring.hpp>
#include <pop3/session/start_tls.hpp>
#include <pop3/session/token_login.hpp>
#include <pop3/session/transaction.hpp>
#include <pop3/state.hpp>
#include <pop3/stls_policy.hpp>
#include <pop3/stream.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls/channel_binding.hpp>
#include <pop3/tls/info.hpp>
#include <pop3/tls/refused_binding.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>
#include <pop3/token_provider.hpp>

#include <asio/system_executor.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

template <class Token>
concept no_login_options = token_like<Token> && !std::convertible_to<Token, login_options>;

/// TCP of this library's, to which TLS can be added. Not what a user derives from it: TLS would go past what that does.
template <class Stream>
concept can_start_tls = std::same_as<Stream, tcp_stream> || std::same_as<Stream, cleartext_stream>;

} // namespace detail

/// AUTHORIZATION: the server has greeted, and wants to know who you are (RFC 1939, section 4). Made by
/// `async_connect`, or by `async_greet` over a stream of your own.
///
/// Errors, cancellation, lifetime and threads are those of `session_handle`.
template <class Stream>
class [[nodiscard("its destructor closes the connection")]] session<authorization, Stream>
    : public inquiring_session<authorization, Stream> {
public:
    session() = default;

    /// What the server said first. Empty for an empty session. After STLS it is what was said before TLS: anyone on the way
    /// could have written it.
    pop3::greeting greeting() const
    {
        return this->connection_ ? this->connection_->greeting : pop3::greeting();
    }

    /// Logs in the safest way that server and credentials share, under one deadline. Asks for CAPA first, if the
    /// session has not yet (`capabilities()`).
    ///
    ///     C: CAPA
    ///     S: +OK
    ///     S: SASL PLAIN SCRAM-SHA-256
    ///     S: .
    ///     C: AUTH SCRAM-SHA-256 ****
    ///     S: + ****
    ///     C: ****
    ///     S: + ****
    ///     C:
    ///     S: +OK maildrop locked and ready
    ///
    /// - With TLS: SCRAM bound to the TLS channel (TLS 1.3), SCRAM, PLAIN, LOGIN, USER and PASS, in this order.
    /// - Without TLS: SCRAM, CRAM-MD5, APOP; what shows the password only on a stream of `allow_cleartext`. APOP is taken if
    ///   the greeting has a timestamp, and some servers show one and always refuse: use TLS, or, where `allow_cleartext`
    ///   will do, `login_options("USER")`.
    /// - USER and PASS where the server has no CAPA, or its CAPA no SASL.
    ///
    /// There is no second, weaker try after a refusal, which may mean a wrong password. Two exceptions send nothing weaker,
    /// each at most once. A server that may have refused the form of AUTH gets the other, with the same mechanism: see
    /// `initial_response`. A server that refuses to bind to the channel, before it has asked for anything (but with [AUTH]) or
    /// with the "bad protocol" of Cyrus, gets SCRAM unbound; not with `login_options::require_channel_binding`. If it takes that,
    /// the `tls_context` remembers it for a day, and the next login to this host and port begins with it. If it hangs
    /// up instead of an answer to a second try, the first refusal is what the login completes with, and the session that comes with it is
    /// dead (`errc::session_closed`). What was chosen: `login_mechanism()`. How a name or password that is not ASCII is sent: see `async_utf8`, and `sasl::scram`, which
    /// refuses what is not UTF-8; `login_options("PLAIN")` sends any octets.
    ///
    /// State: AUTHORIZATION -> TRANSACTION; after a refusal AUTHORIZATION, so that another password can be tried on the
    /// same connection.
    /// credentials: copied; the copy is wiped. options: what is demanded.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<authorization, Stream>>)`. A refusal says
    /// whether to ask for another password (`refusal::advice`), or how long to wait (`refusal::retry_after`, if CAPA was asked).
    /// Errors: `errc::no_shared_mechanism`, `errc::no_timestamp`: the session is in AUTHORIZATION, and no credentials were
    /// sent. `errc::malformed_challenge`, and those of the first three limits: it is so, too; the login was called off (`*`).
    /// `errc::server_not_authenticated`, and those of the other limits: the session is dead.
    /// Limits: `limits::challenges`, `limits::scram_min_iterations`, `limits::scram_max_iterations`,
    /// `limits::capabilities`, `limits::response_line`.
    template <detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
    auto async_login(const password& credentials, const login_options& options, Token&& token = {}) &&
    {
        this->remember_user(credentials.name());
        return std::move(*this).log_in(command::login<password>(credentials, options, context()),
                                       std::forward<Token>(token));
    }

    /// The same without `login_options`.
    template <detail::no_login_options Token = default_token>
        requires detail::completed_with<Token, reply<session<transaction, Stream>, session>>
    auto async_login(const password& credentials, Token&& token = {}) &&
    {
        return std::move(*this).async_login(credentials, login_options(), std::forward<Token>(token));
    }

    /// The same with an access token: OAUTHBEARER or XOAUTH2. A token that the server refuses with a reason in JSON has that
    /// in `refusal::details`. The session stays in AUTHORIZATION then.
    template <detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
        requires may_carry_secrets<Stream>
    auto async_login(const access_token& credentials, const login_options& options, Token&& token = {}) &&
    {
        this->remember_user(credentials.name());
        return std::move(*this).log_in(command::login<access_token>(credentials, options, context()),
                                       std::forward<Token>(token));
    }

    /// The same without `login_options`.
    template <detail::no_login_options Token = default_token>
        requires(may_carry_secrets<Stream> &&
                 detail::completed_with<Token, reply<session<transaction, Stream>, session>>)
    auto async_login(const access_token& credentials, Token&& token = {}) &&
    {
        return std::move(*this).async_login(credentials, login_options(), std::forward<Token>(token));
    }

    /// The same with an access token that is got when it is needed, and got anew, once, if the server refuses it, unless its
    /// response code says that the token is not the reason; see `token_provider`.
    /// An error of the provider completes the login. Each token, and each login with one, has `limits::operation_time`.
    template <detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
        requires may_carry_secrets<Stream>
    auto async_login(const token_provider& credentials, const login_options& options, Token&& token = {}) &&
    {
        this->remember_user(credentials.name());
        auto terms = context();
        return detail::async_token_login<detail::enter<session<transaction, Stream>, session>>(
            std::move(this->connection_), this->get_executor(), credentials, options, std::move(terms),
            std::forward<Token>(token));
    }

    /// The same without `login_options`.
    template <detail::no_login_options Token = default_token>
        requires(may_carry_secrets<Stream> &&
                 detail::completed_with<Token, reply<session<transaction, Stream>, session>>)
    auto async_login(const token_provider& credentials, Token&& token = {}) &&
    {
        return std::move(*this).async_login(credentials, login_options(), std::forward<Token>(token));
    }

    /// AUTH: logs in with this very SASL mechanism, announced or not (RFC 5034, section 4).
    ///
    ///     C: AUTH CRAM-MD5
    ///     S: + ****
    ///     C: ****
    ///     S: +OK maildrop locked and ready
    ///
    /// State: AUTHORIZATION -> TRANSACTION; after a refusal AUTHORIZATION.
    /// mechanism: any value that models `sasl::mechanism`: those in pop3/sasl, or your own. One that shows a reusable secret
    /// (`reveals_secret`) over a secure stream, or one of `allow_cleartext`, only.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<authorization, Stream>>)`.
    /// Errors: of the mechanism, and those of the limits. `errc::invalid_argument`, `errc::no_channel_binding`: nothing was
    /// sent. `errc::authentication_cancelled`, `errc::malformed_challenge`, `errc::challenges_limit` and those of SCRAM's
    /// limits: it was called off (`*`). After all of these the session is in AUTHORIZATION. Others end it.
    /// Limits: `limits::challenges`, `limits::response_line`, and those of the mechanism.
    ///
    /// `form` says whether the first response may go with AUTH; see `initial_response`.
    template <sasl::mechanism Mechanism,
              detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
        requires(!sasl::reveals_secret<Mechanism> || may_carry_secrets<Stream>)
    auto async_auth(Mechanism mechanism, initial_response form, Token&& token = {}) &&
    {
        if constexpr (sasl::binds<Mechanism>) {
            const auto terms = context();
            std::optional<bool> announced;
            if (terms.known)
                announced = command::announces_binding(*terms.known);
            mechanism.bind(terms.binding, announced);
        }
        return std::move(*this).log_in(command::auth<Mechanism>(std::move(mechanism), command::form_of(form)),
                                       std::forward<Token>(token));
    }

    /// The same with `initial_response::automatic`.
    template <sasl::mechanism Mechanism,
              detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
        requires(!sasl::reveals_secret<Mechanism> || may_carry_secrets<Stream>)
    auto async_auth(Mechanism mechanism, Token&& token = {}) &&
    {
        return std::move(*this).async_auth(std::move(mechanism), initial_response::automatic,
                                           std::forward<Token>(token));
    }

    /// APOP: logs in with a digest of the greeting's timestamp and a shared secret (RFC 1939, section 7). Inside TLS it is
    /// worth no more than a password, and outside little: what is heard can be searched for the secret. A server that shows a
    /// timestamp need not be able to do it: one that keeps no passwords in clear always refuses. Log in by another way then,
    /// over TLS.
    ///
    ///     S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>
    ///     C: APOP mrose ****
    ///     S: +OK maildrop has 1 message (369 octets)
    ///
    /// State: AUTHORIZATION -> TRANSACTION; after a refusal AUTHORIZATION.
    /// name: one word. secret: copied; the copy is wiped.
    /// Completion signature:
    /// `void(std::error_code, reply<session<transaction, Stream>, session<authorization, Stream>>)`.
    /// Errors: `errc::no_timestamp`: the greeting has none, or one that no server should send (CVE-2007-1558). The session is
    /// in AUTHORIZATION.
    template <detail::completed_with<reply<session<transaction, Stream>, session>> Token = default_token>
    auto async_apop(std::string_view name, std::string_view secret, Token&& token = {}) &&
    {
        this->remember_user(name);
        const auto timestamp = this->connection_ ? this->connection_->greeting.timestamp : std::string();
        return std::move(*this).async_execute(command::apop(name, pop3::secret(secret), timestamp),
                                              std::forward<Token>(token));
    }

    /// STLS: starts TLS on this connection (RFC 2595, section 4). Asks for CAPA first, if the session has not yet.
    ///
    ///     C: STLS
    ///     S: +OK Begin TLS negotiation
    ///     <TLS handshake>
    ///
    /// State: AUTHORIZATION without TLS -> AUTHORIZATION with TLS, where nothing is left of what was learned without, but the
    /// greeting. After a refusal AUTHORIZATION without TLS; think twice before you go on there.
    /// tls: what is trusted; need not outlive the call. host: whom the certificate must be for; not needed after
    /// `async_connect`, which was told.
    /// policy: whether to send STLS only if CAPA announces it.
    /// Completion signature:
    /// `void(std::error_code, reply<session<authorization, tls_stream>, session<authorization, Stream>>)`.
    /// Errors: `errc::stls_not_offered`, `errc::invalid_argument` (there can be no such host): the session is in
    /// AUTHORIZATION. `errc::unexpected_data`: something came in clear behind
    /// the +OK (response injection); of TLS; `certificate_category()`: the session is dead.
    /// Limits: `limits::operation_time` for all of it; `limits::capabilities`, `limits::response_line`.
    template <
        detail::completed_with<reply<session<authorization, tls_stream>, session>> Token = default_token>
        requires detail::can_start_tls<Stream>
    auto async_stls(const tls_context& tls, std::string host, stls_policy policy, Token&& token = {}) &&
    {
        // An empty session may have no executor; the operation completes all the same.
        auto executor = this->get_executor();
        if (!executor)
            executor = asio::system_executor();
        tls_stream secured(executor, tls);
        const auto unusable =
            secured.expect_host(host) ? make_error_code(errc::invalid_argument) : std::error_code();
        return detail::async_start_tls<detail::enter<session<authorization, tls_stream>, session>>(
            std::move(this->connection_), executor, std::move(secured), unusable, policy,
            std::forward<Token>(token));
    }

    /// The same with `stls_policy::if_offered`: STLS is sent if the server announces it.
    template <
        detail::completed_with<reply<session<authorization, tls_stream>, session>> Token = default_token>
        requires detail::can_start_tls<Stream>
    auto async_stls(const tls_context& tls, std::string host, Token&& token = {}) &&
    {
        return std::move(*this).async_stls(tls, std::move(host), stls_policy::if_offered,
                                           std::forward<Token>(token));
    }

    /// The same for the host that `async_connect` was told.
    template <detail::no_text Token = default_token>
        requires(detail::can_start_tls<Stream> &&
                 detail::completed_with<Token, reply<session<authorization, tls_stream>, session>>)
    auto async_stls(const tls_context& tls, Token&& token = {}) &&
    {
        auto host = this->connection_ ? this->connection_->host : std::string();
        return std::move(*this).async_stls(tls, std::move(host), stls_policy::if_offered,
                                           std::forward<Token>(token));
    }

    /// UTF8: from here on the server may send UTF-8 in headers and listings (RFC 6856, section 2).
    ///
    /// In the arguments of USER, PASS and APOP, UTF-8 may be used where the server announces `UTF8 USER`
    /// (`capabilities::utf8`), before or after this command. They send the octets that they are given, whatever they are;
    /// what a server without it makes of such that are not ASCII is its own affair. SASL mechanisms use UTF-8 in any case.
    ///
    ///     C: UTF8
    ///     S: +OK UTF8 enabled
    ///
    /// State: AUTHORIZATION -> AUTHORIZATION. STLS must come before it (RFC 6856, section 2.1).
    /// Completion signature: `void(std::error_code, reply<void>)`. A message that needs it, and is asked for without, is
    /// refused with `response_code::utf8`.
    template <detail::completed_with<reply<void>> Token = default_token>
    auto async_utf8(Token&& token = {})
    {
        return this->async_execute(command::utf8(), std::forward<Token>(token));
    }

    /// USER: names the mailbox (RFC 1939, section 7).
    ///
    ///     C: USER mrose
    ///     S: +OK
    ///
    /// State: AUTHORIZATION -> awaiting PASS; after a refusal AUTHORIZATION.
    /// name: copied. Octets from 0x80 are sent as they are.
    /// Completion signature:
    /// `void(std::error_code, reply<session<awaiting_password, Stream>, session<authorization, Stream>>)`.
    template <
        detail::completed_with<reply<session<awaiting_password, Stream>, session>> Token = default_token>
    auto async_user(std::string_view name, Token&& token = {}) &&
    {
        this->remember_user(name);
        return std::move(*this).async_execute(command::user(name), std::forward<Token>(token));
    }

    /// QUIT: ends the session before the login (RFC 1939, section 6). There is no UPDATE.
    ///
    ///     C: QUIT
    ///     S: +OK dewey POP3 server signing off
    ///
    /// State: AUTHORIZATION -> closed.
    /// Completion signature: `void(std::error_code, reply<closed, session<authorization, Stream>>)`.
    template <detail::completed_with<reply<closed, session>> Token = default_token>
    auto async_quit(Token&& token = {}) &&
    {
        return this->start(std::move(this->connection_), command::single<command::quit>(command::quit()),
                           detail::quit_at_once<session>(), std::forward<Token>(token));
    }

    // What is too early, or called with the wrong arguments. No templates, where it can be: editors do not offer them then.
    // clang-format off
    detail::awaited<session<transaction, Stream>> async_login(...) const&& POP3_DELETED("wanted: a pop3::password, pop3::access_token or pop3::token_provider; perhaps pop3::login_options; and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>");
    detail::awaited<session<transaction, Stream>> async_apop(...) const&& POP3_DELETED("wanted: a name, a secret, and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>");
    detail::awaited<session<transaction, Stream>> async_auth(...) const&& POP3_DELETED("wanted: a mechanism, pop3::sasl::plain(credentials) say; perhaps a pop3::initial_response; and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::transaction>, pop3::session<pop3::authorization>>. What a mechanism of your own lacks is told by static_assert(pop3::sasl::mechanism<yours>)");
    detail::awaited<session<awaiting_password, Stream>> async_user(...) const&& POP3_DELETED("wanted: a name, and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::awaiting_password>, pop3::session<pop3::authorization>>");
    detail::awaited<void> async_utf8(...) const POP3_DELETED("wanted: a session that is not const, and a handler for a std::error_code and a pop3::reply<void>");
    detail::awaited<closed> async_quit(...) const&& POP3_DELETED("wanted: a handler for a std::error_code and a pop3::reply<pop3::closed, pop3::session<pop3::authorization>>");
    detail::awaited<session<authorization, tls_stream>> async_stls(...) const&& requires(detail::can_start_tls<Stream>) POP3_DELETED("wanted: a pop3::tls_context; perhaps a host and a pop3::stls_policy; and a handler for a std::error_code and a pop3::reply<pop3::session<pop3::authorization>, pop3::session<pop3::authorization, pop3::tcp_stream>>");
    detail::awaited<session<transaction, Stream>> async_login(const access_token&, ...) && requires(!may_carry_secrets<Stream>) POP3_DELETED("the token would be sent in clear text on this stream: connect with TLS, or with pop3::allow_cleartext");
    detail::awaited<session<transaction, Stream>> async_login(const token_provider&, ...) && requires(!may_carry_secrets<Stream>) POP3_DELETED("the token would be sent in clear text on this stream: connect with TLS, or with pop3::allow_cleartext");
    template <class M, class... T> requires(!sasl::mechanism<M>) detail::awaited<session<transaction, Stream>> async_auth(M, T&&...) && POP3_DELETED_TEMPLATE("this is no SASL mechanism: pass one, pop3::sasl::plain(credentials) say; what yours lacks is told by static_assert(pop3::sasl::mechanism<yours>)");
    template <sasl::mechanism M, class... T> requires(sasl::reveals_secret<M> && !may_carry_secrets<Stream>) detail::awaited<session<transaction, Stream>> async_auth(M, T&&...) && POP3_DELETED_TEMPLATE("the mechanism shows the secret in clear text on this stream: connect with TLS, or with pop3::allow_cleartext");
    detail::awaited<session<authorization, tls_stream>> async_stls(...) const& requires(is_secure_stream<Stream>) POP3_DELETED("there is TLS already (RFC 2595 s.4: STLS only once)");
    detail::awaited<session<authorization, tls_stream>> async_stls(...) const& requires(!is_secure_stream<Stream> && !detail::can_start_tls<Stream>) POP3_DELETED("STLS is for pop3::tcp_stream: make TLS of your stream yourself, and pass that to async_greet");
    detail::awaited<session<authorization, tls_stream>> async_stls(...) const& requires(detail::can_start_tls<Stream>) POP3_DELETED("STLS consumes the session: write std::move(s).async_stls(...)");
    template <class C, class... T> requires(!std::convertible_to<const C&, std::string_view>) detail::awaited<session<transaction, Stream>> async_login(const C&, std::string_view, T&&...) && POP3_DELETED_TEMPLATE(R"(the mechanism goes into the options: async_login(credentials, pop3::login_options("SCRAM-SHA-256")))");
    detail::awaited<session<transaction, Stream>> async_login(std::string_view, std::string_view, ...) && POP3_DELETED("write async_login(pop3::password{name, secret})");
    detail::awaited<session<transaction, Stream>> async_login(...) const& POP3_DELETED("the login consumes the session: write std::move(s).async_login(...)");
    detail::awaited<session<transaction, Stream>> async_auth(...) const& POP3_DELETED("AUTH consumes the session: write std::move(s).async_auth(...)");
    detail::awaited<session<transaction, Stream>> async_apop(...) const& POP3_DELETED("APOP consumes the session: write std::move(s).async_apop(...)");
    detail::awaited<session<awaiting_password, Stream>> async_user(...) const& POP3_DELETED("USER consumes the session: write std::move(s).async_user(...)");
    detail::awaited<closed> async_quit(...) const& POP3_DELETED("QUIT consumes the session: write std::move(s).async_quit()");
    auto async_pass(...) const = delete; // PASS comes after USER (RFC 1939 s.7): finish async_user() first, or call async_login()
    auto async_stat(...) const = delete; // STAT is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_list(...) const = delete; // LIST is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_uidl(...) const = delete; // UIDL is a TRANSACTION command (RFC 1939 s.7): finish async_login() first
    auto async_retr(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_top(...) const = delete;  // TOP is a TRANSACTION command (RFC 1939 s.7): finish async_login() first
    auto async_receive(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_pipeline(...) const = delete; // pipelines are for TRANSACTION: finish async_login() first
    auto async_dele(...) const = delete; // DELE is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_rset(...) const = delete; // RSET is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_noop(...) const = delete; // NOOP is a TRANSACTION command (RFC 1939 s.5): finish async_login() first
    auto async_last(...) const = delete; // LAST is a TRANSACTION command (RFC 1460 s.5): finish async_login() first
    // clang-format on

private:
    friend detail::session_access;
    using inquiring_session<authorization, Stream>::inquiring_session;

    /// What there is to know for a login; of an empty session, nothing.
    command::login_context context() const
    {
        command::login_context result;
        result.terms.may_reveal = may_carry_secrets<Stream>;
        if (!this->connection_)
            return result;
        result.terms.secure = detail::is_secure(this->connection_->stream);
        result.terms.may_reveal = this->connection_->may_reveal;
        result.timestamp = this->connection_->greeting.timestamp;
        result.known = this->connection_->capabilities;
        result.refuses_binding = detail::refuses_binding(this->connection_->stream);
        if constexpr (detail::has_ssl<Stream>)
            result.binding = detail::channel_binding_of(this->connection_->stream.native_handle());
        return result;
    }

    template <class Exchange, class Token>
    auto log_in(Exchange exchange, Token&& token) &&
    {
        using finish = detail::leave<session<transaction, Stream>, session>;
        return this->start(std::move(this->connection_), std::move(exchange), finish(),
                           std::forward<Token>(token));
    }
};

} // namespace pop3
