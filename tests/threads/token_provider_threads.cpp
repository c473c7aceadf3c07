// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A token provider may answer from any thread, at any time: while the operation ends, while its context is destroyed, and
// when nothing of them lives any more. ThreadSanitizer and AddressSanitizer see what goes wrong here.

#include "support/greeted.hpp"
#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/secret.hpp>
#include <pop3/session/outside_call.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using token_answer = pop3::detail::outside_answer<pop3::secret>;
using token_request = pop3::detail::outside_call<pop3::secret>;

/// Waits for a token as an operation does, which owns the request and goes with the timer.
struct waits {
    std::unique_ptr<token_request> request;
    std::optional<token_answer>* into;

    void operator()(std::error_code)
    {
        *into = request->close();
        request.reset();
    }
};

/// Begins to wait, and gives what the provider is to call.
std::function<void(std::error_code, pop3::secret)> begin(const asio::any_io_executor& executor,
                                                         std::optional<token_answer>& into,
                                                         std::chrono::milliseconds time = 60s)
{
    auto request = std::make_unique<token_request>(executor);
    auto done = request->callback();
    auto& timer = *request->timer();
    timer.expires_after(time);
    timer.async_wait(waits{std::move(request), &into});
    return done;
}

/// One other thread, which calls what it is given when it is told to: as nearly as can be at the same time as what the
/// caller does next.
class caller {
public:
    caller()
        : thread_([this] {
              for (unsigned round = 1;; ++round) {
                  while (go_.load(std::memory_order_acquire) < round)
                      if (ends_)
                          return;
                  const auto done = std::move(next_);
                  done({}, pop3::secret("token"));
                  done({}, pop3::secret("again"));
                  done_.store(round, std::memory_order_release);
              }
          })
    {
    }

    ~caller()
    {
        ends_ = true;
        thread_.join();
    }

    void start(std::function<void(std::error_code, pop3::secret)> done)
    {
        next_ = std::move(done);
        go_.store(++round_, std::memory_order_release);
    }

    void wait() const
    {
        while (done_.load(std::memory_order_acquire) != round_)
            std::this_thread::yield();
    }

private:
    std::function<void(std::error_code, pop3::secret)> next_;
    std::atomic<unsigned> go_ = 0;
    std::atomic<unsigned> done_ = 0;
    std::atomic<bool> ends_ = false;
    unsigned round_ = 0;
    std::thread thread_;
};

constexpr int rounds = 3000;

/// A session over a script that waits for a token in a context of its own.
struct waiting_login {
    std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
    std::shared_ptr<pop3::testing::script> talk = test::greeting();
    pop3::token_provider::callback done;
    std::optional<std::error_code> completed;

    waiting_login()
    {
        talk->client("CAPA\r\n").server("+OK\r\nSASL XOAUTH2\r\n.\r\n");
        const pop3::token_provider provider(
            "alice", [this](bool, pop3::token_provider::callback d) { done = std::move(d); });
        pop3::async_greet(pop3::testing::scripted_stream(context->get_executor(), talk),
                          pop3::connect_options(),
                          [this, provider](std::error_code ec, pop3::reply<test::greeted_session> r) {
                              REQUIRE(!ec);
                              std::move(*r).async_login(
                                  provider, [this](std::error_code e, const auto&) { completed = e; });
                          });
        while (!done)
            context->run_one();
    }
};

} // namespace

TEST_CASE("token request: an answer from another thread")
{
    caller other;
    for (int i = 0; i != rounds; ++i) {
        asio::io_context context(1);
        std::optional<token_answer> answer;
        other.start(begin(context.get_executor(), answer));
        context.run();
        other.wait();
        REQUIRE(answer);
        CHECK(answer->result.expose() == "token");
    }
}

TEST_CASE("token request: the context is destroyed while the answer comes")
{
    caller other;
    std::optional<token_answer> answer;
    for (int i = 0; i != rounds; ++i) {
        auto context = std::make_unique<asio::io_context>(1);
        asio::any_io_executor executor = context->get_executor();
        SUBCASE("of the context")
        {
        }
        SUBCASE("of a strand")
        {
            executor = asio::make_strand(*context);
        }
        auto done = begin(executor, answer);
        executor = asio::any_io_executor();
        other.start(std::move(done));
        context.reset();
        other.wait();
    }
    CHECK(!answer);
}

TEST_CASE("token request: the context is destroyed when the operation was about to go on")
{
    caller other;
    std::optional<token_answer> answer;
    for (int i = 0; i != rounds; ++i) {
        auto context = std::make_unique<asio::io_context>(1);
        auto request = std::make_unique<token_request>(context->get_executor());
        auto done = request->callback();
        auto& timer = *request->timer();
        timer.async_wait(waits{std::move(request), &answer});
        timer.cancel(); // its handler is what runs next
        other.start(std::move(done));
        context.reset();
        other.wait();
    }
    CHECK(!answer);
}

TEST_CASE("token request: the time is up while the answer comes")
{
    caller other;
    for (int i = 0; i != rounds; ++i) {
        asio::io_context context(1);
        std::optional<token_answer> answer;
        other.start(begin(context.get_executor(), answer, 0ms));
        context.run();
        other.wait();
        CHECK((!answer || answer->result.expose() == "token"));
    }
}

TEST_CASE("token request: a pool of threads is destroyed while the answer comes")
{
    caller other;
    std::optional<token_answer> answer;
    for (int i = 0; i != 300; ++i) {
        auto pool = std::make_unique<asio::thread_pool>(1);
        pool->stop();
        pool->join();
        other.start(begin(pool->get_executor(), answer));
        pool.reset();
        other.wait();
    }
    CHECK(!answer);
}

TEST_CASE("token request: nothing lives any more")
{
    std::function<void(std::error_code, pop3::secret)> done;
    std::optional<token_answer> answer;
    {
        asio::io_context context(1);
        const auto strand = asio::make_strand(context);
        done = begin(strand, answer);
    }
    done({}, pop3::secret("token"));
    const auto copy = done;
    done = nullptr;
    copy({}, pop3::secret("token"));
    CHECK(!answer);
}

TEST_CASE("token provider: the context is destroyed while another thread answers")
{
    caller other;
    for (int i = 0; i != rounds; ++i) {
        waiting_login login;
        other.start(std::move(login.done));
        login.context.reset();
        other.wait();
        CHECK(!login.completed);
    }
}

TEST_CASE("token provider: the operation ends while another thread answers")
{
    caller other;
    for (int i = 0; i != 300; ++i) {
        waiting_login login;
        login.talk->client("AUTH XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciB0b2tlbgEB\r\n").server("+OK\r\n");
        other.start(std::move(login.done));
        test::run(*login.context);
        other.wait();
        REQUIRE(login.completed);
        CHECK(!*login.completed);
        CHECK(login.talk->finished());
    }
}
