// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Tokens that want to know on what an operation runs, or that begin it as one that may be begun again: cancel_after and
// use_promise of newer versions of Asio, and one like them.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/version.hpp>
#include <doctest/doctest.h>

#if __has_include(<asio/cancel_after.hpp>)
#include <asio/cancel_after.hpp>
#include <asio/experimental/promise.hpp>
#include <asio/experimental/use_promise.hpp>
#endif

#include <chrono>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

/// Begins nothing, and gives the executor.
struct tell_executor {};

/// Begins the operation as one that may be begun again.
struct begin_const {
    bool* completed;
};

} // namespace

template <class... Args>
struct asio::async_result<tell_executor, void(Args...)> {
    template <class Initiation, class RawToken, class... InitArgs>
    static auto initiate(Initiation&& initiation, RawToken&&, InitArgs&&...)
    {
        static_assert(requires { typename std::decay_t<Initiation>::executor_type; });
        return asio::any_io_executor(asio::get_associated_executor(initiation));
    }
};

template <class... Args>
struct asio::async_result<begin_const, void(Args...)> {
    template <class Initiation, class RawToken, class... InitArgs>
    static void initiate(Initiation initiation, RawToken&& token, InitArgs... args)
    {
        std::as_const(initiation)([done = token.completed](Args...) { *done = true; }, std::move(args)...);
    }
};

TEST_SUITE_BEGIN("initiations");

TEST_CASE("an operation tells what it runs on")
{
    asio::io_context context;
    const auto talk = test::logged_in();
    test::run(context, [&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        CHECK((mailbox.async_stat(tell_executor()) == context.get_executor()));
        CHECK((mailbox.async_stat(pop3::throwing_t<tell_executor>()) == context.get_executor()));

        // Where there never was one, it runs on the handler's.
        test::mailbox_session none;
        CHECK(!none.async_stat(tell_executor()));
    });
}

TEST_CASE("an initiation may be constant")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n").server("+OK 1 2\r\n").client("STAT\r\n").server("+OK 1 2\r\n");
    asio::io_context context;
    test::mailbox_session mailbox;
    bool completed = false;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });
    mailbox.async_stat(begin_const{&completed});
    test::run(context);
    CHECK(completed);

    completed = false;
    mailbox.async_stat(pop3::throwing_t<begin_const>{{&completed}});
    test::run(context);
    CHECK(completed);
}

#if __has_include(<asio/cancel_after.hpp>)

TEST_CASE("cancel_after, alone and around the default token")
{
    using namespace std::chrono_literals;
    const auto talk = test::logged_in();
    talk->client("STAT\r\n")
        .server("+OK 1 2\r\n")
        .client("STAT\r\n")
        .server("+OK 3 4\r\n")
        .client("NOOP\r\n");
    bool timed_out = false;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        const pop3::drop_listing one = co_await mailbox.async_stat(asio::cancel_after(10s));
        CHECK(one.octets == 2);
        const pop3::drop_listing two =
            co_await mailbox.async_stat(asio::cancel_after(10s, pop3::default_token()));
        CHECK(two.octets == 4);
        try {
            co_await mailbox.async_noop(asio::cancel_after(20ms));
        } catch (const std::system_error& e) {
            timed_out = e.code() == asio::error::operation_aborted;
        }
        CHECK(!mailbox.is_open());
    });
    CHECK(timed_out);
}

TEST_CASE("use_promise, and it in the default token")
{
    const auto talk = test::logged_in();
    talk->client("STAT\r\n")
        .server("+OK 1 2\r\n")
        .client("STAT\r\n")
        .server("+OK 3 4\r\n")
        .client("STAT\r\n")
        .server("-ERR\r\n");
    bool thrown = false;
    test::run([&]() -> asio::awaitable<void> {
        auto mailbox = co_await test::log_in(talk);
        auto one = mailbox.async_stat(asio::experimental::use_promise);
        const pop3::reply<pop3::drop_listing> said = co_await std::move(one)(asio::use_awaitable);
        CHECK(said.value().octets == 2);
        const pop3::throwing_t<asio::experimental::use_promise_t<>> token;
        auto two = mailbox.async_stat(token);
        const pop3::drop_listing found = co_await std::move(two)(asio::use_awaitable);
        CHECK(found.octets == 4);
        auto three = mailbox.async_stat(token);
        try {
            (void)co_await std::move(three)(asio::use_awaitable);
        } catch (const pop3::refused&) {
            thrown = true;
        }
    });
    CHECK(thrown);
}

#endif

TEST_SUITE_END();
