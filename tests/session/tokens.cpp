// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Every completion token of Asio, on an operation that stays in its state and on one that leaves it; and what belongs
// to a handler (its executor, allocator and cancellation slot) is kept.

#include "support/tokens.hpp"
#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace {

using noop_reply = pop3::reply<void>;
using stat_reply = pop3::reply<pop3::drop_listing>;
using user_reply = pop3::reply<test::named_session, test::greeted_session>;

/// A session that has greeted, and expects STAT-less AUTHORIZATION commands: CAPA is refused, USER is accepted.
struct fixture {
    asio::io_context context{1};
    std::shared_ptr<pop3::testing::script> talk = test::greeting();
    std::optional<test::greeted_session> greeted;

    fixture()
    {
        talk->client("CAPA\r\n").server("-ERR what?\r\n").client("USER alice\r\n").server("+OK\r\n");
        test::run(context, [this]() -> asio::awaitable<void> { greeted = co_await test::greet(talk); });
    }
};

/// Counts what it allocates.
template <class T>
struct counting_allocator {
    using value_type = T;

    explicit counting_allocator(std::size_t& n) : count(&n)
    {
    }

    template <class U>
    counting_allocator(const counting_allocator<U>& other) : count(other.count)
    {
    }

    T* allocate(std::size_t n)
    {
        ++*count;
        return std::allocator<T>().allocate(n);
    }

    void deallocate(T* p, std::size_t n)
    {
        std::allocator<T>().deallocate(p, n);
    }

    friend bool operator==(const counting_allocator&, const counting_allocator&) = default;

    std::size_t* count;
};

/// A handler that has all that a handler can have.
struct rich_handler {
    using executor_type = asio::strand<asio::any_io_executor>;
    using allocator_type = counting_allocator<char>;
    using cancellation_slot_type = asio::cancellation_slot;

    executor_type strand;
    std::size_t* allocations;
    asio::cancellation_slot slot;
    std::function<void(std::exception_ptr)> done;

    executor_type get_executor() const noexcept
    {
        return strand;
    }

    allocator_type get_allocator() const noexcept
    {
        return allocator_type(*allocations);
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return slot;
    }

    void operator()(std::error_code ec, noop_reply)
    {
        CHECK(strand.running_in_this_thread());
        done(ec ? std::make_exception_ptr(std::system_error(ec)) : nullptr);
    }

    void operator()(std::exception_ptr e)
    {
        CHECK(strand.running_in_this_thread());
        done(e);
    }
};

/// Cancels a NOOP that gets no reply, and says what became of it.
template <class Token>
std::error_code cancelled_noop(const Token& wrap)
{
    asio::io_context context(1);
    const auto talk = test::logged_in();
    talk->client("NOOP\r\n");
    std::optional<test::mailbox_session> mailbox;
    test::run(context, [&]() -> asio::awaitable<void> { mailbox = co_await test::log_in(talk); });

    std::size_t allocations = 0;
    asio::cancellation_signal signal;
    std::error_code result;
    rich_handler handler{rich_handler::executor_type(context.get_executor()), &allocations, signal.slot(),
                         [&](std::exception_ptr e) {
                             try {
                                 std::rethrow_exception(e);
                             } catch (const std::system_error& error) {
                                 result = error.code();
                             }
                         }};
    mailbox->async_noop(wrap(handler));
    context.restart();
    while (context.poll_one() != 0) {
    }
    REQUIRE(talk->finished());
    CHECK(allocations > 0);
    signal.emit(asio::cancellation_type::terminal);
    test::run(context);
    return result;
}

} // namespace

TEST_CASE_FIXTURE(fixture, "a callback")
{
    std::optional<test::named_session> named;
    greeted->async_capa([&](std::error_code ec, pop3::reply<pop3::capabilities> r) {
        CHECK(!ec);
        CHECK(!r.has_value());
        // The next operation may begin in the handler of the one before, and the session may be destroyed there.
        std::move(*greeted).async_user("alice", [&](std::error_code ec2, user_reply r2) {
            CHECK(!ec2);
            named = *std::move(r2);
        });
        greeted.reset();
    });
    test::run(context);
    CHECK(named.has_value());
    CHECK(talk->finished());
}

TEST_CASE_FIXTURE(fixture, "a callback that cannot be copied, and a function")
{
    int called = 0;
    greeted->async_capa(
        [&called, owned = std::make_unique<int>(1)](std::error_code, const auto&) { called += *owned; });
    test::run(context);
    std::move(*greeted).async_user("alice", +[](std::error_code ec, user_reply r) { CHECK((!ec && r)); });
    test::run(context);
    CHECK(called == 1);
    CHECK(talk->finished());
}

TEST_CASE_FIXTURE(fixture, "use_awaitable")
{
    test::run(context, [&]() -> asio::awaitable<void> {
        const pop3::reply<pop3::capabilities> r = co_await greeted->async_capa(asio::use_awaitable);
        CHECK(!r.has_value());
        const user_reply r2 = co_await std::move(*greeted).async_user("alice", asio::use_awaitable);
        CHECK(r2.has_value());
    });
}

TEST_CASE_FIXTURE(fixture, "the default: values, and exceptions")
{
    test::run(context, [&]() -> asio::awaitable<void> {
        bool thrown = false;
        try {
            const auto can = co_await greeted->async_capa();
        } catch (const pop3::refused& e) {
            thrown = e.refusal().text() == "what?";
        }
        CHECK(thrown);
        const test::named_session named = co_await std::move(*greeted).async_user("alice");
        CHECK(named.is_open());
    });
}

TEST_CASE_FIXTURE(fixture, "use_future")
{
    std::future<pop3::reply<pop3::capabilities>> r = greeted->async_capa(asio::use_future);
    test::run(context);
    CHECK(!r.get().has_value());
    std::future<user_reply> r2 = std::move(*greeted).async_user("alice", asio::use_future);
    test::run(context);
    CHECK(r2.get().has_value());
}

TEST_CASE_FIXTURE(fixture, "use_future that throws")
{
    const pop3::throwing_t<asio::use_future_t<>> token{asio::use_future};
    std::future<pop3::capabilities> r = greeted->async_capa(token);
    test::run(context);
    CHECK_THROWS_AS(r.get(), pop3::refused);
    std::future<test::named_session> r2 = std::move(*greeted).async_user("alice", token);
    test::run(context);
    CHECK(r2.get().is_open());
}

TEST_CASE_FIXTURE(fixture, "as_tuple")
{
    test::run(context, [&]() -> asio::awaitable<void> {
        const auto token = test::as_tuple(asio::use_awaitable);
        auto [ec, r] = co_await greeted->async_capa(token);
        CHECK(!ec);
        CHECK(!r.has_value());
        auto [ec2, r2] = co_await std::move(*greeted).async_user("alice", token);
        CHECK(!ec2);
        CHECK(r2.has_value());
    });
}

TEST_CASE_FIXTURE(fixture, "redirect_error")
{
    test::run(context, [&]() -> asio::awaitable<void> {
        std::error_code ec = pop3::errc::timed_out;
        const auto r = co_await greeted->async_capa(asio::redirect_error(asio::use_awaitable, ec));
        CHECK(!ec);
        CHECK(!r.has_value());
        const auto r2 =
            co_await std::move(*greeted).async_user("alice", asio::redirect_error(asio::use_awaitable, ec));
        CHECK(!ec);
        CHECK(r2.has_value());
    });
}

TEST_CASE_FIXTURE(fixture, "deferred")
{
    auto capa = greeted->async_capa(test::deferred);
    context.restart();
    CHECK(context.poll() == 0); // nothing has begun
    bool refused = false;
    std::move(capa)([&](std::error_code, pop3::reply<pop3::capabilities> r) { refused = !r; });
    test::run(context);
    CHECK(refused);
    auto user = std::move(*greeted).async_user("alice", test::deferred);
    bool accepted = false;
    std::move(user)([&](std::error_code, user_reply r) { accepted = r.has_value(); });
    test::run(context);
    CHECK(accepted);
}

TEST_CASE_FIXTURE(fixture, "detached")
{
    greeted->async_capa(asio::detached);
    test::run(context);
    std::move(*greeted).async_user("alice", asio::detached);
    test::run(context);
    CHECK(talk->finished());
    CHECK(talk->closed()); // nobody took the session
}

TEST_CASE("a handler's executor, allocator and cancellation slot")
{
    CHECK(cancelled_noop([](rich_handler h) { return h; }) == asio::error::operation_aborted);
    // The same through the throwing token.
    CHECK(cancelled_noop([](rich_handler h) { return pop3::throwing_t<rich_handler>{h}; }) ==
          asio::error::operation_aborted);
}

TEST_CASE("an operation that cannot begin completes on the handler's executor, too")
{
    asio::io_context context(1);
    std::size_t allocations = 0;
    asio::cancellation_signal signal;
    bool done = false;
    rich_handler handler{rich_handler::executor_type(context.get_executor()), &allocations, signal.slot(),
                         [&](std::exception_ptr) {
                             done = true;
                         }};
    test::mailbox_session empty;
    empty.async_noop(handler);
    CHECK(!done);
    test::run(context);
    CHECK(done);
}
