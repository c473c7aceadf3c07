// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What a server says while nothing was asked is no reply, whatever is asked next.

#include "support/into.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
namespace command = pop3::command;
using test::into;

/// A stream of a user's own, which can read without waiting.
class own_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = asio::ip::tcp::socket;

    explicit own_stream(asio::ip::tcp::socket socket) : socket_(std::move(socket))
    {
        socket_.non_blocking(true);
    }

    executor_type get_executor()
    {
        return socket_.get_executor();
    }

    lowest_layer_type& lowest_layer()
    {
        return socket_;
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

    std::size_t read_now(asio::mutable_buffer into, std::error_code& ec)
    {
        return socket_.read_some(into, ec);
    }

private:
    asio::ip::tcp::socket socket_;
};

} // namespace

template <>
inline constexpr bool pop3::is_secure_stream<own_stream> = true;

namespace {

/// STLS on the way.
struct over_stls {};

/// What the server says when it should be silent, and whether it hangs up then.
struct outburst {
    std::string text;
    bool hangs_up = false;
};

/// A server that says something when nothing was asked, and notes what it is asked then.
template <class Stream>
class chatterbox {
public:
    explicit chatterbox(outburst what)
        : what_(std::move(what)), peer_([this](auto& stream) { this->talk(stream); })
    {
    }

    std::uint16_t port() const
    {
        return peer_.port();
    }

    const pop3::testing::certificate& identity() const
    {
        return peer_.identity;
    }

    /// Has it speak, and waits until that has come.
    asio::awaitable<void> provoke()
    {
        may_speak_ = true;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!spoke_) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    /// What the client has sent since. Once it has gone.
    std::string heard_since() const
    {
        while (!ended_)
            std::this_thread::sleep_for(1ms);
        return heard_since_;
    }

private:
    static constexpr bool tls_later = std::same_as<Stream, over_stls>;
    using peer = std::conditional_t<
        tls_later, test::tcp_peer,
        std::conditional_t<std::same_as<Stream, pop3::tls_stream>, test::tls_peer, test::tcp_peer>>;

    template <class Socket>
    void talk(Socket& socket)
    {
        test::say(socket, "+OK ready <1.2@example.org>\r\n");
        if constexpr (tls_later) {
            test::hear(socket); // CAPA
            test::say(socket, "+OK\r\nSTLS\r\n.\r\n");
            test::hear(socket); // STLS
            test::say(socket, "+OK\r\n");
            asio::ssl::context tls(asio::ssl::context::tls_server);
            peer_.identity.load_into(tls);
            asio::ssl::stream<asio::ip::tcp::socket&> stream(socket, tls);
            std::error_code ec;
            stream.handshake(asio::ssl::stream_base::server, ec);
            converse(stream);
        } else {
            converse(socket);
        }
        ended_ = true;
    }

    /// Answers until it may speak.
    template <class Socket>
    void converse(Socket& socket)
    {
        while (!spoke_) {
            if (!may_speak_ && !has_something(socket)) {
                std::this_thread::sleep_for(1ms);
                continue;
            }
            if (may_speak_) {
                test::say(socket, what_.text);
                if (what_.hangs_up) {
                    std::error_code ignored;
                    socket.lowest_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
                }
                spoke_ = true;
                break;
            }
            const auto line = test::hear(socket);
            if (line.starts_with("CAPA"))
                test::say(socket, "+OK\r\nUSER\r\nPIPELINING\r\n.\r\n");
            else if (line.starts_with("RETR"))
                test::say(socket, "+OK\r\nmessage\r\n.\r\n");
            else
                test::say(socket, "+OK\r\n");
        }
        for (auto line = test::hear(socket); !line.empty(); line = test::hear(socket))
            heard_since_ += line;
    }

    template <class Socket>
    static bool has_something(Socket& socket)
    {
        std::error_code ec;
        if constexpr (requires {
                          socket.native_handle();
                          socket.next_layer();
                      }) {
            // A record may have come with the end of the handshake.
            const auto ssl = socket.native_handle();
            if (SSL_pending(ssl) > 0 || BIO_ctrl_pending(SSL_get_rbio(ssl)) > 0)
                return true;
        }
        return socket.lowest_layer().available(ec) > 0 || ec;
    }

    outburst what_;
    std::string heard_since_;
    std::atomic<bool> may_speak_ = false;
    std::atomic<bool> spoke_ = false;
    std::atomic<bool> ended_ = false;
    peer peer_;
};

template <class Stream>
struct stream_of {
    using type = Stream;
};

template <>
struct stream_of<over_stls> {
    using type = pop3::tls_stream;
};

template <class Stream>
using greeted = pop3::session<pop3::authorization, typename stream_of<Stream>::type>;
template <class Stream>
using mailbox = pop3::session<pop3::transaction, typename stream_of<Stream>::type>;

template <class Stream>
asio::awaitable<greeted<Stream>> greet(const chatterbox<Stream>& server)
{
    const auto executor = co_await asio::this_coro::executor;
    pop3::connect_options options;
    options.port = server.port();
    if constexpr (std::same_as<Stream, own_stream>) {
        asio::ip::tcp::socket socket(executor);
        co_await socket.async_connect({asio::ip::address_v4::loopback(), server.port()}, asio::use_awaitable);
        own_stream stream(std::move(socket));
        co_return co_await pop3::async_greet(std::move(stream));
    } else if constexpr (std::same_as<Stream, pop3::cleartext_stream>) {
        co_return co_await pop3::async_connect(executor, pop3::allow_cleartext, "127.0.0.1", options);
    } else {
        pop3::tls_context tls;
        tls.add_certificate_authority(server.identity().pem());
        if constexpr (std::same_as<Stream, pop3::tls_stream>)
            co_return co_await pop3::async_connect(executor, tls, "localhost", options);
        else
            co_return co_await pop3::async_connect(executor, pop3::stls(tls), "localhost", options);
    }
}

template <class Stream>
asio::awaitable<mailbox<Stream>> log_in(const chatterbox<Stream>& server)
{
    auto session = co_await greet(server);
    const pop3::password alice("alice", "secret");
    co_return co_await std::move(session).async_login(alice);
}

/// A sink, of anything.
void never(auto&&...)
{
    FAIL("a sink is given what nobody asked for");
}

/// Keeps the error, whatever comes with it.
struct note {
    template <class... Result>
    void operator()(std::error_code e, const Result&...)
    {
        *ec = e;
    }

    std::error_code* ec;
};

template <class Session>
struct operation {
    const char* name;
    void (*start)(Session&, note);
};

const pop3::password alice("alice", "secret");

template <class Session>
std::vector<operation<Session>> operations_before_login()
{
    std::vector<operation<Session>> all{
        {"login",
         [](Session& s, note n) {
             std::move(s).async_login(alice, n);
         }},
        {"login with a token",
         [](Session& s, note n) {
             std::move(s).async_login(pop3::access_token("alice", "token"), n);
         }},
        {"login with a provider of tokens",
         [](Session& s, note n) {
             const pop3::token_provider provider(
                 "alice",
                 [](bool, const pop3::token_provider::callback& got) { got({}, pop3::secret("token")); });
             std::move(s).async_login(provider, n);
         }},
        {"USER",
         [](Session& s, note n) {
             std::move(s).async_user("alice", n);
         }},
        {"APOP",
         [](Session& s, note n) {
             std::move(s).async_apop("alice", "secret", n);
         }},
        {"AUTH",
         [](Session& s, note n) {
             std::move(s).async_auth(pop3::sasl::cram_md5(alice), n);
         }},
        {"CAPA",
         [](Session& s, note n) {
             s.async_capa(n);
         }},
        {"UTF8",
         [](Session& s, note n) {
             s.async_utf8(n);
         }},
        {"LANG",
         [](Session& s, note n) {
             s.async_lang(n);
         }},
        {"QUIT",
         [](Session& s, note n) {
             std::move(s).async_quit(n);
         }},
    };
    if constexpr (std::same_as<Session, greeted<pop3::cleartext_stream>>)
        all.push_back({"STLS", [](Session& s, note n) {
                           const pop3::tls_context tls;
                           std::move(s).async_stls(tls, "localhost", n);
                       }});
    return all;
}

template <class Session>
std::vector<operation<Session>> operations_after_login()
{
    return {
        {"STAT",
         [](Session& s, note n) {
             s.async_stat(n);
         }},
        {"LIST",
         [](Session& s, note n) {
             s.async_list(n);
         }},
        {"LIST 1",
         [](Session& s, note n) {
             s.async_list(1, n);
         }},
        {"LIST to a sink",
         [](Session& s, note n) {
             s.async_list([](pop3::scan_listing entry) { never(entry); }, n);
         }},
        {"UIDL",
         [](Session& s, note n) {
             s.async_uidl(n);
         }},
        {"UIDL 1",
         [](Session& s, note n) {
             s.async_uidl(1, n);
         }},
        {"RETR",
         [](Session& s, note n) {
             s.async_retr(1, n);
         }},
        {"RETR to a sink",
         [](Session& s, note n) {
             s.async_retr(1, [](std::span<const char> piece) { never(piece); }, n);
         }},
        {"TOP",
         [](Session& s, note n) {
             s.async_top(1, 0, n);
         }},
        {"RETR, piece by piece",
         [](Session& s, note n) {
             std::move(s).async_receive(1, n);
         }},
        {"DELE",
         [](Session& s, note n) {
             s.async_dele(1, n);
         }},
        {"RSET",
         [](Session& s, note n) {
             s.async_rset(n);
         }},
        {"NOOP",
         [](Session& s, note n) {
             s.async_noop(n);
         }},
        {"LAST",
         [](Session& s, note n) {
             s.async_last(n);
         }},
        {"CAPA",
         [](Session& s, note n) {
             s.async_capa(n);
         }},
        {"LANG",
         [](Session& s, note n) {
             s.async_lang("de", n);
         }},
        {"a pipeline of two",
         [](Session& s, note n) {
             s.async_pipeline(command::stat(), command::uidl(), n);
         }},
        {"a pipeline of a range",
         [](Session& s, note n) {
             const std::vector three{command::retr(1), command::retr(2), command::retr(3)};
             s.async_pipeline(three, [](std::size_t, const pop3::reply<pop3::message>&) { never(); }, n);
         }},
        {"a pipeline that ends with QUIT",
         [](Session& s, note n) {
             std::move(s).async_pipeline(
                 command::stat(), command::quit(), [n](std::error_code ec, auto replies) mutable {
                     n(ec);
                     CHECK(!std::get<0>(replies).answered());
                     CHECK(!std::get<1>(replies)); // QUIT was not sent: nothing is unknown
                 });
         }},
        {"QUIT",
         [](Session& s, note n) {
             std::move(s).async_quit([n](std::error_code ec, auto update) mutable {
                 n(ec);
                 CHECK(!update);
             });
         }},
    };
}

template <class Stream, class Session>
void check(const std::vector<operation<Session>>& operations,
           asio::awaitable<Session> (*open)(const chatterbox<Stream>&))
{
    for (const auto& what : {outburst{"+OK 9 999\r\n"}, outburst{"+OK\r\nstray\r\n.\r\n"},
                             outburst{"-ERR Disconnected for inactivity.\r\n", true}, outburst{"", true}}) {
        for (const auto& o : operations) {
            INFO(o.name << " after " << what.text);
            chatterbox<Stream> server(what);
            std::error_code ec;
            {
                asio::io_context context(1);
                Session session;
                test::run(context, [&]() -> asio::awaitable<void> {
                    session = co_await open(server);
                    co_await server.provoke();
                });
                o.start(session, note{&ec});
                test::run(context);
            }
            if (what.text.empty())
                CHECK((ec == pop3::errc::connection_closed || ec == pop3::errc::connection_truncated));
            else
                CHECK(ec == pop3::errc::unexpected_data);
            CHECK(server.heard_since() == "");
        }
    }
}

} // namespace

#define POP3_TEST_UNASKED pop3::cleartext_stream, pop3::tls_stream, over_stls, own_stream

TEST_CASE_TEMPLATE("what comes unasked before the login is no reply", Stream, POP3_TEST_UNASKED)
{
    check<Stream>(operations_before_login<greeted<Stream>>(), greet<Stream>);
}

TEST_CASE_TEMPLATE("what comes unasked after the login is no reply", Stream, POP3_TEST_UNASKED)
{
    check<Stream>(operations_after_login<mailbox<Stream>>(), log_in<Stream>);
}

TEST_CASE_TEMPLATE("what comes unasked between USER and PASS is no reply", Stream, POP3_TEST_UNASKED)
{
    using session = pop3::session<pop3::awaiting_password, typename stream_of<Stream>::type>;
    const std::vector<operation<session>> operations{
        {"PASS",
         [](session& s, note n) {
             std::move(s).async_pass("secret", n);
         }},
        {"QUIT",
         [](session& s, note n) {
             std::move(s).async_quit(n);
         }},
    };
    check<Stream, session>(operations, [](const chatterbox<Stream>& server) -> asio::awaitable<session> {
        auto named = co_await greet(server);
        co_return co_await std::move(named).async_user("alice");
    });
}

TEST_CASE_TEMPLATE("what comes unasked behind a message that was read piece by piece is no reply", Stream,
                   POP3_TEST_UNASKED)
{
    chatterbox<Stream> server({"+OK\r\n"});
    test::run([&]() -> asio::awaitable<void> {
        auto session = co_await log_in(server);
        auto body = co_await std::move(session).async_receive(1);
        std::array<char, 64> piece;
        std::error_code ec;
        while (!ec)
            co_await body.async_read_some(asio::buffer(piece), into(ec));
        CHECK(ec == asio::error::eof);
        co_await server.provoke();
        session = co_await std::move(body).async_finish();
        ec = {};
        (void)co_await session.async_dele(1, into(ec));
        CHECK(ec == pop3::errc::unexpected_data);
    });
    CHECK(server.heard_since() == "");
}
