// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Operations that are cancelled by the observer, at each line that it is shown: nothing more is sent, and no session comes
// of it.

#include "support/greeted.hpp"
#include "support/peer.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/ssl/context.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;
using asio::ip::tcp;
using lines = std::vector<std::string>;

/// Cancels the operation that it watches at the line with this number.
struct canceller {
    explicit canceller(std::size_t line) : at(line)
    {
    }

    std::size_t at;
    asio::cancellation_signal signal;
    std::size_t shown = 0;
    lines sent;
    bool armed = false;
    bool done = false;
    std::optional<std::error_code> completed;
    bool has_value = false;

    pop3::connect_options options()
    {
        pop3::connect_options o;
        o.observer = [this](pop3::direction from, std::string_view line) {
            if (!armed)
                return;
            const bool now = shown++ == at;
            if (from == pop3::direction::sent) {
                CHECK(!done);
                if (!now)
                    sent.emplace_back(line);
            }
            if (now) {
                done = true;
                signal.emit(asio::cancellation_type::terminal);
            }
        };
        return o;
    }

    auto handler()
    {
        return asio::bind_cancellation_slot(signal.slot(), [this](std::error_code ec, const auto& r) {
            CHECK(!completed);
            completed = ec;
            // QUIT's says beside an error what became of the deletions.
            if constexpr (requires { r.has_value(); } && !requires { r->deletions(); })
                has_value = r.has_value();
        });
    }

    /// Begins it from outside, or from a handler of its context.
    template <class Begin>
    void run(asio::io_context& context, bool inside, Begin begin)
    {
        armed = true;
        if (inside)
            asio::post(context, begin);
        else
            begin();
        test::run(context);
        REQUIRE(completed);
        if (!done) {
            CHECK(!*completed);
            return;
        }
        CHECK(*completed == asio::error::operation_aborted);
        CHECK(!has_value);
    }
};

/// Calls `once(canceller, inside)` for each line, until none is left. Returns how many there were.
template <class Once>
std::size_t at_each_line(Once once)
{
    std::size_t at = 0;
    for (const bool inside : {false, true}) {
        CAPTURE(inside);
        for (at = 0;; ++at) {
            CAPTURE(at);
            canceller c(at);
            once(c, inside);
            if (!c.done)
                break;
        }
    }
    return at;
}

/// Of an operation on a session that `prepare` makes in a script.
template <class MakeScript, class Prepare, class Begin>
std::size_t in_script(MakeScript make_script, Prepare prepare, Begin begin)
{
    return at_each_line([&](canceller& c, bool inside) {
        asio::io_context context(1);
        const std::shared_ptr<pop3::testing::script> talk = make_script();
        std::optional<typename decltype(prepare(talk, c.options()))::value_type> made;
        test::run(context,
                  [&]() -> asio::awaitable<void> { made.emplace(co_await prepare(talk, c.options())); });
        const auto before = talk->written().size();
        c.run(context, inside, [&] { begin(*made, c.handler()); });
        std::string expected;
        for (const auto& line : c.sent)
            expected += line + "\r\n";
        // Secrets are shown as something else, of another length.
        const auto said = talk->written().substr(before);
        if (expected.find("****") == expected.npos)
            CHECK((c.done ? expected.starts_with(said) : said == expected));
        CHECK(!talk->wrong());
        if (c.done)
            CHECK(talk->closed());
    });
}

} // namespace

TEST_CASE("cancelled at each line: commands, logins and pipelines")
{
    const auto greet = [](auto talk, pop3::connect_options options) {
        return test::greet(talk, options);
    };
    const auto log_in = [](auto talk, pop3::connect_options options) {
        return test::log_in(talk, options);
    };

    CHECK(
        in_script(
            [] {
                auto talk = test::greeting();
                talk->client("CAPA\r\n").server("+OK\r\nUSER\r\nTOP\r\n.\r\n");
                talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
                return talk;
            },
            greet,
            [](auto& session, auto handler) {
                std::move(session).async_login(pop3::password("alice", "secret"), std::move(handler));
            }) == 9);

    CHECK(in_script(
              [] {
                  auto talk = test::greeting();
                  talk->client("CAPA\r\n").server("+OK\r\nSASL OAUTHBEARER\r\n.\r\n");
                  talk->client("AUTH OAUTHBEARER bixhPWFsaWNlLAFhdXRoPUJlYXJlciB0b2tlbgEB\r\n");
                  talk->server("+OK\r\n");
                  return talk;
              },
              greet,
              [](auto& session, auto handler) {
                  std::move(session).async_login(
                      pop3::token_provider("alice",
                                           [](bool, const pop3::token_provider::callback& done) {
                                               done({}, pop3::secret("token"));
                                           }),
                      std::move(handler));
              }) == 6);

    CHECK(in_script(
              [] {
                  auto talk = test::greeting();
                  talk->client("AUTH LOGIN\r\n").server("+ VXNlcm5hbWU6\r\n");
                  talk->client("YWxpY2U=\r\n").server("+ UGFzc3dvcmQ6\r\n");
                  talk->client("c2VjcmV0\r\n").server("+OK\r\n");
                  return talk;
              },
              greet,
              [](auto& session, auto handler) {
                  std::move(session).async_auth(pop3::sasl::login(pop3::password("alice", "secret")),
                                                std::move(handler));
              }) == 6);

    const auto with_commands = [](std::string_view ahead) {
        auto talk = ahead.empty() ? test::logged_in() : test::logged_in_ahead();
        const lines said = {"STAT\r\n", "DELE 1\r\n", "UIDL\r\n"};
        const lines answers = {"+OK 2 320\r\n", "+OK\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n"};
        if (ahead.empty()) {
            for (std::size_t i = 0; i != said.size(); ++i)
                talk->client(said[i]).server(answers[i]);
        } else {
            talk->client(said[0] + said[1] + said[2]);
            talk->server(answers[0] + answers[1] + answers[2]);
        }
        return talk;
    };
    for (const std::string_view ahead : {"", "PIPELINING"}) {
        CAPTURE(ahead);
        CHECK(in_script([&] { return with_commands(ahead); }, log_in,
                        [](auto& session, auto handler) {
                            session.async_pipeline(command::stat(), command::dele(1), command::uidl(),
                                                   std::move(handler));
                        }) == 9);
    }

    CHECK(in_script(
              [] {
                  auto talk = test::logged_in();
                  talk->client("NOOP\r\n").server("+OK\r\n");
                  return talk;
              },
              log_in, [](auto& session, auto handler) { session.async_noop(std::move(handler)); }) == 2);
    CHECK(in_script(
              [] {
                  auto talk = test::logged_in();
                  talk->client("QUIT\r\n").server("+OK\r\n");
                  return talk;
              },
              log_in,
              [](auto& session, auto handler) { std::move(session).async_quit(std::move(handler)); }) == 2);
}

TEST_CASE("cancelled at the line that a silent server does not answer")
{
    canceller c(0);
    asio::io_context context(1);
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n");
    std::optional<test::mailbox_session> mailbox;
    test::run(context,
              [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk, c.options()); });
    c.run(context, false, [&] { mailbox->async_noop(c.handler()); });
    CHECK(!talk->written().ends_with("NOOP\r\n"));
}

namespace {

const pop3::testing::certificate identity;

/// Answers CAPA and STLS, and writes down what it hears.
void offer_stls(tcp::socket& socket, lines& heard)
{
    test::say(socket, "+OK ready\r\n");
    for (;;) {
        heard.push_back(test::hear(socket));
        if (heard.back() == "CAPA\r\n")
            test::say(socket, "+OK\r\nSTLS\r\n.\r\n");
        else
            break;
    }
    if (heard.back() != "STLS\r\n")
        return;
    test::say(socket, "+OK\r\n");
    asio::ssl::context context(asio::ssl::context::tls_server);
    identity.load_into(context);
    test::tls_peer_stream stream(std::move(socket), context);
    std::error_code ec;
    stream.handshake(test::tls_peer_stream::server, ec);
    if (!ec)
        heard.push_back(test::hear(stream));
    else
        heard.emplace_back();
}

/// Cancels what `begin(executor, options, handler)` begins with a server that does `talk`. What the server hears is what was
/// shown as sent before.
template <class Peer, class Talk, class Begin>
std::size_t with_server(Talk talk, Begin begin)
{
    return at_each_line([&](canceller& c, bool inside) {
        lines heard;
        {
            Peer peer([&](auto& stream) { talk(stream, heard); },
                      [](asio::ssl::context& context) { identity.load_into(context); });
            asio::io_context context(1);
            auto options = c.options();
            options.port = peer.port();
            c.run(context, inside, [&] { begin(context.get_executor(), options, c.handler()); });
        }
        lines expected = c.sent;
        for (auto& line : expected)
            line += "\r\n";
        expected.emplace_back(); // the end
        CHECK(heard == expected);
    });
}

} // namespace

TEST_CASE("cancelled at each line: connecting")
{
    pop3::tls_context tls;
    tls.add_certificate_authority(identity.pem());
    const auto greet = [](auto& stream, lines& heard) {
        test::say(stream, "+OK ready\r\n");
        heard.push_back(test::hear(stream));
    };
    const auto connect = [](const auto& how) {
        return [&how](const auto& executor, const auto& options, auto handler) {
            pop3::async_connect(executor, how, "localhost", options, std::move(handler));
        };
    };
    CHECK(with_server<test::tcp_peer>(greet, connect(pop3::without_tls)) == 1);
    CHECK(with_server<test::tls_peer>(greet, connect(tls)) == 1);
    const pop3::stls stls(tls);
    CHECK(with_server<test::tcp_peer>(offer_stls, connect(stls)) == 7);
}

TEST_CASE("cancelled at each line: STLS")
{
    pop3::tls_context tls;
    tls.add_certificate_authority(identity.pem());
    CHECK(at_each_line([&](canceller& c, bool inside) {
              lines heard;
              {
                  test::tcp_peer peer([&](tcp::socket& socket) { offer_stls(socket, heard); });
                  asio::io_context context(1);
                  std::optional<pop3::session<pop3::authorization, pop3::tcp_stream>> greeted;
                  test::run(context, [&]() -> asio::awaitable<void> {
                      auto options = c.options();
                      options.port = peer.port();
                      greeted.emplace(co_await pop3::async_connect(context.get_executor(), pop3::without_tls,
                                                                   "localhost", options));
                  });
                  c.run(context, inside, [&] { std::move(*greeted).async_stls(tls, c.handler()); });
              }
              lines expected = c.sent;
              for (auto& line : expected)
                  line += "\r\n";
              expected.emplace_back();
              CHECK(heard == expected);
          }) == 6);
}
