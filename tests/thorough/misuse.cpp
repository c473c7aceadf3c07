// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What types cannot catch: wrong uses that are errors, and never undefined behaviour. After each of them the session
// must be as it was.

#include "support/counted_new.hpp"
#include "support/greeted.hpp"
#include "support/into.hpp"
#include "support/run.hpp"
#include "support/served.hpp"

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/socket_base.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace command = pop3::command;

using test::into;

/// The client's end of a script, that can be made to send nothing.
class stuck_stream : public pop3::testing::scripted_stream {
public:
    using lowest_layer_type = stuck_stream;

    stuck_stream(const executor_type& executor, const std::shared_ptr<pop3::testing::script>& script,
                 std::shared_ptr<bool> stuck)
        : scripted_stream(executor, script), stuck_(std::move(stuck)),
          closed_(std::make_unique<asio::steady_timer>(executor, asio::steady_timer::time_point::max()))
    {
    }

    stuck_stream& lowest_layer()
    {
        return *this;
    }

    void close(std::error_code& ec)
    {
        scripted_stream::close(ec);
        closed_->cancel();
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, buffers](auto handler) {
                if (!*stuck_)
                    return scripted_stream::async_write_some(buffers, std::move(handler));
                closed_->async_wait(
                    [h = std::move(handler)](std::error_code ec) mutable { std::move(h)(ec, 0); });
            },
            token);
    }

private:
    std::shared_ptr<bool> stuck_;
    std::unique_ptr<asio::steady_timer> closed_;
};

/// A line of the largest size, nearly.
struct long_command {
    static constexpr std::string_view verb = "XLONG";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).argument(std::string(200, 'x'));
    }
};

} // namespace

template <>
inline constexpr bool pop3::is_secure_stream<stuck_stream> = true;

TEST_CASE("a session that was moved from is empty")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto moved = std::move(mailbox);
        std::error_code ec;
        CHECK(!mailbox.is_open());
        const auto nothing = co_await mailbox.async_stat(into(ec));
        CHECK(ec == pop3::errc::no_session);
        CHECK(!nothing.has_value());
        auto gone = co_await std::move(mailbox).async_quit(into(ec));
        CHECK(ec == pop3::errc::no_session);
        CHECK(!gone.has_value());
        CHECK(!std::move(gone).session().is_open());
        mailbox.set_limits({});
        mailbox.set_observer({});
        co_await moved.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a session that never was connected is empty")
{
    test::run([&]() -> asio::awaitable<void> {
        std::error_code ec;
        test::greeted_session none;
        CHECK(none.greeting() == pop3::greeting());
        const auto can = co_await none.async_capa(into(ec));
        CHECK(ec == pop3::errc::no_session);
        const pop3::password alice("alice", "secret");
        const auto in = co_await std::move(none).async_login(alice, into(ec));
        CHECK(ec == pop3::errc::no_session);
        try {
            test::mailbox_session empty;
            co_await empty.async_noop();
            FAIL("nothing was thrown");
        } catch (const std::system_error& e) {
            CHECK(e.code() == pop3::errc::no_session);
        }
    });
}

TEST_CASE("one operation at a time")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("+OK 2 320\r\n").client("QUIT\r\n").server("+OK\r\n");
    asio::io_context context(1);
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    int completed = 0;
    mailbox->async_stat([&](std::error_code ec, pop3::reply<pop3::drop_listing> r) {
        CHECK(!ec);
        CHECK(r->count == 2);
        ++completed;
    });
    mailbox->async_noop([&](std::error_code ec, pop3::reply<void> r) {
        CHECK(ec == pop3::errc::operation_in_progress);
        CHECK(!r.has_value());
        ++completed;
    });
    // To leave is refused as well, and hands the session back.
    std::move(*mailbox).async_quit(
        [&](std::error_code ec, pop3::reply<test::update_session, test::mailbox_session> r) {
            CHECK(ec == pop3::errc::operation_in_progress);
            CHECK(!r.has_value());
            mailbox = std::move(r).session();
            ++completed;
        });
    CHECK(completed == 0); // none from inside the call
    test::run(context);
    CHECK(completed == 3);
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto update = co_await std::move(*mailbox).async_quit();
        CHECK(update.deletions() == pop3::deletions::committed);
    });
    CHECK(talk->finished());
}

TEST_CASE("arguments that could end the line are refused before anything is sent")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n")
        .server("-ERR\r\n")
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n");
    talk->client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        std::error_code ec;
        for (const std::string name : {"", "a\r\nDELE 1", "a\nb", "a\rb", "a\tb", "a\x7f", "a\x01"}) {
            auto r = co_await std::move(greeted).async_user(name, into(ec));
            CHECK(ec == pop3::errc::invalid_argument);
            greeted = std::move(r).session();
            REQUIRE(greeted.is_open());
        }
        const std::string with_nul("a\0b", 3);
        const std::string long_name(300, 'a');
        const pop3::password bad_secret("alice", "x\r\ny");
        const pop3::password bad_name(with_nul, "secret");
        const pop3::password long_secret("alice", long_name);
        for (const auto& [credentials, expected] : {std::pair(&bad_secret, pop3::errc::invalid_argument),
                                                    std::pair(&bad_name, pop3::errc::invalid_argument),
                                                    std::pair(&long_secret, pop3::errc::command_too_long)}) {
            auto r = co_await std::move(greeted).async_login(*credentials, into(ec));
            CHECK(ec == expected);
            CHECK(!pop3::is_fatal(ec));
            greeted = std::move(r).session();
            REQUIRE(greeted.is_open());
        }
        auto named = co_await std::move(greeted).async_user("alice");
        auto mailbox = co_await std::move(named).async_pass("secret");
        for (const int number : {0, -1}) {
            const auto r = co_await mailbox.async_retr(number, into(ec));
            CHECK(ec == pop3::errc::invalid_argument);
        }
        CHECK(mailbox.is_open());
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("a dead session says so")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("many\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        std::error_code ec;
        const auto drop = co_await mailbox.async_stat(into(ec));
        CHECK(ec == pop3::errc::malformed_reply);
        CHECK(talk->closed());
        CHECK(!mailbox.is_open());
        const auto noop = co_await mailbox.async_noop(into(ec));
        CHECK(ec == pop3::errc::session_closed);
        auto update = co_await std::move(mailbox).async_quit(into(ec));
        CHECK(ec == pop3::errc::session_closed);
        CHECK(!update.has_value());
    });
}

TEST_CASE("data that was not asked for")
{
    // Two replies to one command: the second would be taken for the answer to what comes next.
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n-ERR Disconnected for inactivity\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        co_await mailbox.async_noop();
        std::error_code ec;
        const auto r = co_await mailbox.async_dele(1, into(ec));
        CHECK(ec == pop3::errc::unexpected_data);
        CHECK(talk->closed());
    });
    CHECK(!talk->wrong()); // nothing was sent
}

TEST_CASE("a reply to PASS that comes before PASS was sent")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").server("-ERR\r\n").client("USER alice\r\n").server("+OK\r\n+OK logged in\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        const pop3::password alice("alice", "secret");
        std::error_code ec;
        const auto r = co_await std::move(greeted).async_login(alice, into(ec));
        CHECK(ec == pop3::errc::unexpected_data);
    });
    CHECK(talk->written() == "CAPA\r\nUSER alice\r\n");
}

TEST_CASE("replies to commands that have not left")
{
    // Two are on their way, and do not get out. The others wait behind them.
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\nUSER\r\n.\r\n");
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    talk->server("+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
    talk->octets_at_a_time(5); // so that each makes room for another command
    const auto stuck = std::make_shared<bool>(false);
    test::run([&]() -> asio::awaitable<void> {
        pop3::connect_options options;
        options.limits.pipeline_commands = 2;
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        auto greeted = co_await pop3::async_greet(stuck_stream(executor, talk, stuck), options);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        *stuck = true;
        std::error_code ec;
        const std::vector<command::dele> deles{command::dele(1), command::dele(2), command::dele(3),
                                               command::dele(4)};
        SUBCASE("are none: a range")
        {
            co_await mailbox.async_pipeline(deles, [](std::size_t, pop3::reply<void>) {}, into(ec));
            CHECK(ec == pop3::errc::pipeline_out_of_step);
        }
        SUBCASE("are none: a tuple")
        {
            co_await mailbox.async_pipeline(deles[0], deles[1], deles[2], deles[3], into(ec));
            CHECK(ec == pop3::errc::pipeline_out_of_step);
        }
        SUBCASE("do not matter to who hangs up")
        {
            const auto answered = co_await mailbox.async_pipeline(
                deles,
                [](std::size_t index, pop3::reply<void>) {
                    return index == 2 ? pop3::flow::close : pop3::flow::more;
                },
                into(ec));
            CHECK(!ec);
            CHECK(answered == 3);
        }
        CHECK(!mailbox.is_open());
    });
    CHECK(talk->closed());
    CHECK(talk->written() == "CAPA\r\nUSER alice\r\nPASS secret\r\n");
}

TEST_CASE_TEMPLATE("a server that answers for ever what it does not read costs no memory", Stream,
                   POP3_TEST_STREAMS)
{
    constexpr int at_once = 85;
    constexpr int all = 400 * at_once;
    std::atomic<int> answered = 0;
    std::atomic<bool> over = false;
    const auto wait = [&](int for_answers) {
        while (!over && answered < for_answers)
            std::this_thread::sleep_for(std::chrono::microseconds(20));
    };
    test::peer_of<Stream> server([&](test::peer_stream_of<Stream>& stream) {
        stream.lowest_layer().set_option(asio::socket_base::receive_buffer_size(4096));
        test::server_end<test::peer_stream_of<Stream>> end(stream);
        end.say("+OK ready\r\n");
        for (int i = 0; i != 3; ++i) {
            const auto line = end.line();
            end.say(line == "CAPA" ? test::capa_with_pipelining : "+OK\r\n");
        }
        end.line(); // the first; and those that came with it
        std::string yes;
        for (int i = 0; i != at_once; ++i)
            yes += "+OK\r\n";
        // Never more than the client has asked for.
        for (int said = 0; said != all && !over; wait(said)) {
            end.say(yes);
            said += at_once;
        }
        wait(all + 1);
    });
    const struct guard {
        ~guard()
        {
            over = true;
        }

        std::atomic<bool>& over;
    } ends_server{over};

    std::error_code ec;
    std::size_t before = 0;
    std::size_t most = 0;
    test::run([&]() -> asio::awaitable<void> {
        auto stream = co_await test::open_to<Stream>(server);
        stream.lowest_layer().set_option(asio::socket_base::send_buffer_size(4096));
        pop3::connect_options options;
        options.limits.operation_time = std::chrono::seconds(2);
        auto greeted = co_await pop3::async_greet(std::move(stream), options);
        const pop3::password alice("alice", "secret");
        auto mailbox = co_await std::move(greeted).async_login(alice);
        before = test::live_octets;
        co_await mailbox.async_pipeline(
            std::vector<long_command>(2 * all),
            [&](std::size_t, pop3::reply<void>) {
                most = std::max(most, test::live_octets.load());
                ++answered;
            },
            into(ec));
    });
    CHECK(ec == pop3::errc::pipeline_out_of_step);
    CHECK(answered > 2 * at_once);
    CHECK(answered < all);
    CHECK(most < before + (1u << 20));
}

namespace {

/// Members of its own with the names of what the library's own commands and exchanges may have, of another meaning.
struct other_meanings {
    std::string wanted() const
    {
        return "no flow";
    }

    /// Keeps no entries of a listing, but all.
    std::error_code read_entries(std::string_view all, std::vector<std::string>& kept, const pop3::limits&)
    {
        kept.emplace_back(all);
        return {};
    }

    bool check() const
    {
        return false;
    }

    static constexpr int way_in = 3;
    int reads_entries = 1;

    static int answered()
    {
        return 42;
    }

    static bool closes()
    {
        return true;
    }

    static bool finished()
    {
        return true;
    }

    static bool may_send(const pop3::limits&)
    {
        return false;
    }

    static std::string known()
    {
        return "somebody";
    }

    static std::string chosen()
    {
        return "by nobody";
    }

    static int take()
    {
        return 1;
    }

    void consume(std::string_view)
    {
    }

    void sent(std::size_t)
    {
        throw std::logic_error("nobody knows of this");
    }

    void not_sent(std::error_code)
    {
        throw std::logic_error("nobody knows of this");
    }

    bool read_at_sight = true;
    bool check_entry = true;
    bool refused = true;
    int first = -1;
    [[maybe_unused]] static constexpr bool goes_on = true;
    [[maybe_unused]] static constexpr bool hides_challenges = true;
    [[maybe_unused]] static constexpr bool ends_session = true;
    std::string finish = "a finish";
    std::string outcome = "an outcome";
    std::string partly = "in part";
    std::string succeed;
    std::string fail;
    std::vector<std::string> begin;
    std::vector<std::string> end;
    using entry_type = void;
    using reply_type = void;
    using executor_type = void;
    using allocator_type = void;
};

struct named_lines : other_meanings {
    static constexpr std::string_view verb = "XLINES";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::lines;
    using result_type = std::vector<std::string>;
    using permitted_in = pop3::states<pop3::transaction>;

    named_lines()
    {
    }

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_line(std::string_view line, result_type& into, const pop3::limits&)
    {
        into.emplace_back(line);
        return {};
    }
};

struct named_octets : other_meanings {
    static constexpr std::string_view verb = "XOCTETS";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::octets;
    using result_type = std::string;
    using permitted_in = pop3::states<pop3::transaction>;

    named_octets()
    {
    }

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_octets(std::span<const char> piece, result_type& into, const pop3::limits&)
    {
        into.append(piece.data(), piece.size());
        return {};
    }
};

struct named_status : other_meanings {
    static constexpr std::string_view verb = "XSTATUS";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = std::string;
    using permitted_in = pop3::states<pop3::transaction>;

    named_status()
    {
    }

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb);
    }

    std::error_code read_status(std::string_view text, result_type& into, const pop3::limits&)
    {
        into = text;
        return {};
    }
};

} // namespace

TEST_CASE("a command may have members with names that the library uses")
{
    const auto talk = test::greeting();
    talk->client("CAPA\r\n").server("+OK\r\nPIPELINING\r\nUSER\r\n.\r\n");
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS secret\r\n").server("+OK\r\n");
    const std::string lines = "+OK\r\n1 a\r\n..\r\n.\r\n";
    const std::string octets = "+OK\r\na\r\n..\r\n.\r\n";
    const std::string status = "+OK fine\r\n";
    talk->client("XLINES\r\n").server(lines);
    talk->client("XOCTETS\r\n").server(octets);
    talk->client("XSTATUS\r\n").server(status);
    talk->client("XLINES\r\nXOCTETS\r\nXSTATUS\r\n").server(lines + octets + status);
    talk->client("XLINES\r\nXLINES\r\n").server(lines + lines);
    talk->client("XOCTETS\r\n").server(octets).client("NOOP\r\n").server("+OK\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const std::vector<std::string> two{"1 a", "."};
        const std::string message = "a\r\n.\r\n";
        const auto read_lines = co_await mailbox.async_execute(named_lines());
        CHECK(read_lines == two);
        const auto read_octets = co_await mailbox.async_execute(named_octets());
        CHECK(read_octets == message);
        const auto read_status = co_await mailbox.async_execute(named_status());
        CHECK(read_status == "fine");

        const auto [a, b, c] = co_await mailbox.async_pipeline(named_lines(), named_octets(), named_status());
        CHECK(*a == two);
        CHECK(*b == message);
        CHECK(*c == "fine");
        const auto answered = co_await mailbox.async_pipeline(
            std::vector<named_lines>(2),
            [&](std::size_t, pop3::reply<std::vector<std::string>> r) { CHECK(*r == two); });
        CHECK(answered == 2);

        auto body = co_await std::move(mailbox).async_receive(named_octets());
        mailbox = co_await std::move(body).async_finish();
        co_await mailbox.async_noop();
    });
    CHECK(talk->finished());
}

TEST_CASE("replies that are none")
{
    for (const auto* reply :
         {"hello\r\n", "+ go on\r\n", "+OK\n", "\r\n", "HTTP/1.1 400 Bad Request\r\n", "-ER\r\n"}) {
        CAPTURE(reply);
        const auto talk = test::logged_in();
        talk->client("NOOP\r\n").server(reply);
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            const auto r = co_await mailbox.async_noop(into(ec));
            CHECK(ec == pop3::errc::malformed_reply);
        });
    }
}

namespace {

/// Throws when half of it is written.
struct half_written {
    static constexpr std::string_view verb = "XTND";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb).argument("half");
        throw std::runtime_error("half");
    }
};

} // namespace

TEST_CASE("a command that throws while it is written leaves nothing behind")
{
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n").server("+OK\r\n");
    asio::io_context context(1);
    test::mailbox_session mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });

    std::error_code ec;
    std::exception_ptr thrown;
    mailbox.async_execute(half_written(), [&](std::error_code e, pop3::reply<void> r) {
        ec = e;
        thrown = r.thrown();
    });
    test::run(context);
    CHECK(ec == pop3::errc::not_begun);
    REQUIRE(thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(thrown), "half");
    mailbox.async_noop([&](std::error_code e, pop3::reply<void>) { ec = e; });
    test::run(context);
    CHECK(!ec);
    CHECK(talk->finished());
}

TEST_CASE("a refusal hands the session back, or is thrown and drops it")
{
    const auto talk = test::greeting();
    talk->client("USER bob\r\n").server("-ERR never heard of bob\r\n").client("CAPA\r\n").server("-ERR\r\n");
    talk->client("USER alice\r\n").server("+OK\r\n").client("PASS wrong\r\n");
    talk->server("-ERR [AUTH] no\x1b[2J\r\n");
    test::run([&]() -> asio::awaitable<void> {
        auto greeted = co_await test::greet(talk);
        auto r = co_await std::move(greeted).async_user("bob", asio::use_awaitable);
        CHECK(!r);
        CHECK(r.error().verb() == "USER");
        greeted = std::move(r).session();
        REQUIRE(greeted.is_open());
        const pop3::password wrong("alice", "wrong");
        try {
            const auto mailbox = co_await std::move(greeted).async_login(wrong);
            FAIL("nothing was thrown");
        } catch (const pop3::refused& e) {
            CHECK(e.code() == pop3::response_code::auth);
            CHECK(std::string(e.what()) == "PASS refused: [AUTH] no?[2J");
        }
        CHECK(talk->closed());
    });
    CHECK(talk->finished());
}

TEST_CASE("the end of a session")
{
    SUBCASE("-ERR to QUIT: some deletions failed")
    {
        const auto talk = test::logged_in();
        talk->client("QUIT\r\n").server("-ERR some deleted messages not removed\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::partly_failed);
            CHECK(update.refusal().text() == "some deleted messages not removed");
        });
        CHECK(talk->closed());
    }
    SUBCASE("no reply to QUIT: not known")
    {
        const auto talk = test::logged_in();
        talk->client("QUIT\r\n").end();
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            auto r = co_await std::move(mailbox).async_quit(into(ec));
            CHECK(ec == pop3::errc::connection_closed);
            REQUIRE(r.has_value());
            CHECK(r->deletions() == pop3::deletions::unknown);
        });
    }
    SUBCASE("QUIT that may have been sent, or not: not known")
    {
        const auto talk = test::logged_in();
        talk->fail_at(7); // a greeting, three commands with their replies, and then the write of QUIT
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            std::error_code ec;
            auto r = co_await std::move(mailbox).async_quit(into(ec));
            CHECK(ec == pop3::errc::connection_closed);
            REQUIRE(r.has_value());
            CHECK(r->deletions() == pop3::deletions::unknown);
        });
    }
    SUBCASE("QUIT before the login enters no UPDATE")
    {
        const auto talk = test::greeting();
        talk->client("USER alice\r\n").server("+OK\r\n").client("QUIT\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto greeted = co_await test::greet(talk);
            auto named = co_await std::move(greeted).async_user("alice");
            const pop3::closed end = co_await std::move(named).async_quit();
            (void)end;
        });
        CHECK(talk->finished());
        CHECK(talk->closed());
    }
    SUBCASE("a destructor sends nothing")
    {
        const auto talk = test::logged_in();
        talk->client("DELE 1\r\n").server("+OK\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto mailbox = co_await test::log_in(talk);
            co_await mailbox.async_dele(1);
        });
        CHECK(talk->closed());
        CHECK(talk->written().find("QUIT") == std::string::npos);
        CHECK(talk->finished());
    }
    SUBCASE("a greeting that refuses")
    {
        const auto talk = pop3::testing::script::make();
        talk->server("-ERR [IN-USE] too many connections\r\n");
        test::run([&]() -> asio::awaitable<void> {
            auto executor = co_await asio::this_coro::executor;
            auto r = co_await pop3::async_greet(pop3::testing::scripted_stream(executor, talk),
                                                asio::use_awaitable);
            CHECK(!r.has_value());
            CHECK(r.error().code() == pop3::response_code::in_use);
            CHECK(r.error().verb().empty());
        });
        CHECK(talk->closed());
    }
}
