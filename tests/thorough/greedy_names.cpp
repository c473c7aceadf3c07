// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A user whose own functions have names of the library's, and take anything: none of them is called, though the arguments are
// of the user's types (argument-dependent lookup).

#include <pop3/pop3.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace app {

/// The user's stream.
class stream : public pop3::testing::scripted_stream {
public:
    using lowest_layer_type = stream;
    using pop3::testing::scripted_stream::scripted_stream;

    stream& lowest_layer()
    {
        return *this;
    }
};

/// The user's command.
struct xtnd {
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).number(7);
    }
};

/// The user's executor.
struct executor : asio::io_context::executor_type {
    explicit executor(asio::io_context& context) : asio::io_context::executor_type(context.get_executor())
    {
    }
};

using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

// Where one is called, it does not compile.

// clang-format off
template <class T> auto check(const T&) = delete;
template <class T> auto check(T&&) = delete;
template <class... T> auto what_forbids(T&&...) = delete;
template <class... T> auto make_refusal(T&&...) = delete;
template <class... T> auto give(T&&...) = delete;
template <class... T> auto visit(T&&...) = delete;
template <class... T> auto read_entries(T&&...) = delete;
template <class... T> auto begins_reply(T&&...) = delete;
template <class C, class E> auto remember(C&, E&) = delete;
template <class C, class E> auto remember(C&, const E&) = delete;
template <class C> auto what_forbids_to_use(C&) = delete;
template <class C> auto what_forbids_to_use(const C&) = delete;
template <class C, class R> auto with_delay(C&, R&&) = delete;
template <class... T> auto async_drive(T&&...) = delete;
template <class... T> auto async_start_tls(T&&...) = delete;
template <class... T> auto async_greet(T&&...) = delete;
template <class Token, class Signature, class... T> auto compose(T&&...) = delete;
template <class Token, class Signature, class... T> auto compose_here(T&&...) = delete;
template <class... T> auto own_executor_of(T&&...) = delete;
template <class... T> auto bounded(T&&...) = delete;
template <class... T> auto last_first(T&&...) = delete;
template <class... T> auto prepare(T&&...) = delete;
template <class... T> auto busy_with(T&&...) = delete;
template <class... T> auto verb_of(T&&...) = delete;
template <class... T> auto explain(T&&...) = delete;
template <class... T> auto failed_at(T&&...) = delete;
template <class... T> auto fall_back_to(T&&...) = delete;
template <class... T> auto remember_binding(T&&...) = delete;
template <class... T> auto refuses_binding(T&&...) = delete;
template <class... T> auto remote_port(T&&...) = delete;
template <class... T> auto throw_error(T&&...) = delete;
template <class... T> auto is_same_executor(T&&...) = delete;
auto read_now(socket&, asio::mutable_buffer, std::error_code&) = delete;
auto write_now(socket&, asio::const_buffer, std::error_code&) = delete;
auto forbid_to_wait(socket&, std::error_code&) = delete;
template <class Handler> auto async_readable(socket&, Handler&&) = delete;
// clang-format on

/// The user's handler.
struct handler {
    template <class Reply>
    void operator()(std::error_code ec, Reply reply) const
    {
        CHECK(!ec);
        if constexpr (requires { *reply; })
            use(std::move(reply));
        else
            ++*calls;
    }

    template <class Reply>
    void use(Reply reply) const
    {
        ++*calls;
        CHECK(reply.answered());
        if constexpr (!std::is_void_v<typename Reply::value_type>)
            if constexpr (requires { reply->is_open(); })
                *slot<typename Reply::value_type>() = *std::move(reply);
    }

    template <class Session>
    Session* slot() const
    {
        return static_cast<Session*>(session);
    }

    std::size_t* calls;
    void* session = nullptr;
};

} // namespace app

template <>
inline constexpr bool pop3::is_secure_stream<app::stream> = true;

TEST_SUITE_BEGIN("greedy names");

TEST_CASE("a stream, a command and a handler of a user who has functions of these names")
{
    const auto talk = pop3::testing::script::make();
    talk->server("+OK\r\n")
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n");
    talk->client("XTND 7\r\n").server("+OK\r\n");
    talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\n.\r\n");
    talk->client("XTND 7\r\nXTND 7\r\n").server("+OK\r\n+OK\r\n");
    talk->client("XTND 7\r\nXTND 7\r\n").server("+OK\r\n+OK\r\n");
    asio::io_context context(1);
    const auto run = [&] {
        context.restart();
        context.run();
    };
    std::size_t calls = 0;
    pop3::session<pop3::authorization, app::stream> greeted;
    pop3::session<pop3::awaiting_password, app::stream> named;
    pop3::session<pop3::transaction, app::stream> mailbox;
    pop3::async_greet(app::stream(context.get_executor(), talk), app::handler{&calls, &greeted});
    run();
    std::move(greeted).async_user("alice", app::handler{&calls, &named});
    run();
    std::move(named).async_pass("secret", app::handler{&calls, &mailbox});
    run();
    mailbox.async_execute(app::xtnd(), app::handler{&calls});
    run();
    CHECK(calls == 4);
    mailbox.async_pipeline(app::xtnd(), app::xtnd(), app::handler{&calls});
    run();
    mailbox.async_pipeline(
        std::vector<app::xtnd>(2), [](std::size_t, pop3::reply<void>) {}, app::handler{&calls});
    run();
    CHECK(calls == 6);
    CHECK(talk->finished());
}

TEST_CASE("a lost session of a user who has functions of these names keeps its executor")
{
    const auto talk = pop3::testing::script::make();
    talk->server("+OK\r\n").client("USER alice\r\n").end();
    asio::io_context context(1);
    pop3::session<pop3::authorization, app::stream> greeted;
    std::size_t calls = 0;
    pop3::async_greet(app::stream(context.get_executor(), talk), app::handler{&calls, &greeted});
    context.run();
    std::move(greeted).async_user("alice", [&](std::error_code ec, auto reply) {
        CHECK(ec);
        CHECK(std::move(reply).session().get_executor() == asio::any_io_executor(context.get_executor()));
        ++calls;
    });
    context.restart();
    context.run();
    CHECK(calls == 2);
}

TEST_CASE("a socket with an executor of a user who has functions of these names")
{
    // Nobody needs to be connected: it is enough that it compiles.
    asio::io_context context(1);
    std::error_code error;
    pop3::async_greet(app::socket(app::executor(context)),
                      [&](std::error_code ec, const auto&) { error = ec; });
    context.run();
    CHECK(error);
}

TEST_SUITE_END();
