// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/reply.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/error.hpp>

#include <concepts>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace asio {
class io_context;
}

namespace pop3 {

/// What `blocking(ec)` makes.
struct blocking_with_error {
    /// Where the error goes.
    std::error_code* error;
};

/// A completion token: the call waits until the operation is done, and returns what it completes with. No coroutine is needed,
/// and nobody has to run the context.
///
///     asio::io_context context;
///     auto greeted = pop3::async_connect(context.get_executor(), tls, "pop.example.org", pop3::blocking);
///     auto mailbox = std::move(greeted).async_login(pop3::password("mrose", secret), pop3::blocking);
///     auto [count, octets] = mailbox.async_stat(pop3::blocking);
///
/// It throws what the default token throws: `std::system_error`, and `pop3::refused`. `pop3::blocking(ec)` throws neither: `ec` is
/// set, and the call returns what stands beside the error, a `reply` most often.
///
/// The context of the session may be
/// - an `asio::io_context` that nobody runs. It is run here until the operation is done, with what else is ready in it, and left as it
///   was. (If it has other work, nobody can tell whether somebody runs it: then this waits 100 milliseconds, once, to see it. From
///   then on no other thread should run it. What a handler of something else throws, the call throws when the operation is done.)
/// - an `asio::io_context` that other threads run, an `asio::thread_pool`, or any other: this thread waits.
///
/// Called within a handler of that context it would wait for itself: `errc::blocking_in_handler`, and nothing is sent. (Of a
/// context that is neither an `io_context` nor a `thread_pool` that cannot be known.) A session that was moved into the call is lost
/// then. Limits of time are those of the session; nothing else ends it. The
/// context must live until the call returns.
struct blocking_t {
    /// (A template, so that it is not taken for a handler.)
    template <std::same_as<std::error_code> Error>
    constexpr blocking_with_error operator()(Error& ec) const noexcept
    {
        return {&ec};
    }
};

/// The token itself: `mailbox.async_stat(pop3::blocking)`.
inline constexpr blocking_t blocking{};

namespace detail {

/// A thread that waits for an operation, and runs its context if nobody else does.
class waiting_thread {
public:
    /// To be made before the operation begins: that changes what can be seen of the context.
    explicit waiting_thread(const asio::any_io_executor& executor);

    waiting_thread(const waiting_thread&) = delete;
    waiting_thread& operator=(const waiting_thread&) = delete;

    /// Why it must not wait, if so.
    std::error_code what_forbids_it() const noexcept
    {
        return forbidden_;
    }

    /// Returns when `wake` was called.
    void wait();

    /// From any thread.
    void wake() noexcept;

private:
    bool done();
    bool somebody_runs_it();
    void run_it();

    asio::io_context* context_; // null if this is of no use
    std::error_code forbidden_;
    std::mutex mutex_;
    std::condition_variable woken_;
    bool done_ = false;
    bool was_stopped_ = false;
    bool is_idle_ = false;
};

/// What an operation completes with, and who waits for it.
template <class... Result>
struct blocking_call {
    explicit blocking_call(const asio::any_io_executor& executor) : thread(executor)
    {
    }

    waiting_thread thread;
    std::error_code error = asio::error::operation_aborted; // if the handler goes without a call
    std::tuple<std::optional<Result>...> result;
};

template <class... Result>
class blocking_handler {
public:
    explicit blocking_handler(blocking_call<Result...>& call) noexcept : call_(&call)
    {
    }

    blocking_handler(blocking_handler&& other) noexcept : call_(std::exchange(other.call_, nullptr))
    {
    }

    blocking_handler& operator=(blocking_handler&&) = delete;

    ~blocking_handler()
    {
        if (call_ != nullptr)
            call_->thread.wake();
    }

    void operator()(std::error_code ec, Result... result)
    {
        call_->error = ec;
        call_->result = {std::move(result)...};
        std::exchange(call_, nullptr)->thread.wake();
    }

private:
    blocking_call<Result...>* call_;
};

/// Begins an operation, and waits for it.
template <class... Result, class Initiation, class... Args>
void run_blocking(blocking_call<Result...>& call, Initiation&& initiation, Args&&... args)
{
    call.error = call.thread.what_forbids_it();
    if (call.error)
        return;
    call.error = asio::error::operation_aborted;
    std::forward<Initiation>(initiation)(blocking_handler<Result...>(call), std::forward<Args>(args)...);
    call.thread.wait();
}

template <class Initiation>
asio::any_io_executor executor_of_initiation(const Initiation& initiation)
{
    return asio::get_associated_executor(initiation);
}

[[noreturn]] void throw_blocking(std::error_code ec, std::exception_ptr thrown, std::string_view verb);

/// The value of a reply, or what the default token throws.
template <class T, class Back>
T blocking_value(std::error_code ec, std::optional<reply<T, Back>>&& r)
{
    if (ec && r)
        throw_blocking(ec, r->thrown(), r->verb());
    if (ec)
        throw_blocking(ec, nullptr, {});
    return std::move(*r).value();
}

template <class T>
T blocking_value(std::error_code ec, std::optional<T>&& value)
{
    if (ec)
        throw_blocking(ec, nullptr, {});
    return std::move(*value);
}

} // namespace detail

} // namespace pop3

template <class Result>
struct asio::async_result<pop3::blocking_t, void(std::error_code, Result)> {
    template <class Initiation, class Token, class... Args>
    static auto initiate(Initiation&& initiation, Token&&, Args&&... args)
    {
        pop3::detail::blocking_call<Result> call(pop3::detail::executor_of_initiation(initiation));
        pop3::detail::run_blocking(call, std::forward<Initiation>(initiation), std::forward<Args>(args)...);
        return pop3::detail::blocking_value(call.error, std::get<0>(std::move(call.result)));
    }
};

template <>
struct asio::async_result<pop3::blocking_t, void(std::error_code)> {
    template <class Initiation, class Token, class... Args>
    static void initiate(Initiation&& initiation, Token&&, Args&&... args)
    {
        pop3::detail::blocking_call<> call(pop3::detail::executor_of_initiation(initiation));
        pop3::detail::run_blocking(call, std::forward<Initiation>(initiation), std::forward<Args>(args)...);
        if (call.error)
            pop3::detail::throw_blocking(call.error, nullptr, {});
    }
};

template <class Result>
struct asio::async_result<pop3::blocking_with_error, void(std::error_code, Result)> {
    template <class Initiation, class Token, class... Args>
    static Result initiate(Initiation&& initiation, Token&& token, Args&&... args)
    {
        auto* const error = token.error;
        pop3::detail::blocking_call<Result> call(pop3::detail::executor_of_initiation(initiation));
        pop3::detail::run_blocking(call, std::forward<Initiation>(initiation), std::forward<Args>(args)...);
        *error = call.error;
        auto& result = std::get<0>(call.result);
        return result ? std::move(*result) : Result();
    }
};

template <>
struct asio::async_result<pop3::blocking_with_error, void(std::error_code)> {
    template <class Initiation, class Token, class... Args>
    static void initiate(Initiation&& initiation, Token&& token, Args&&... args)
    {
        auto* const error = token.error;
        pop3::detail::blocking_call<> call(pop3::detail::executor_of_initiation(initiation));
        pop3::detail::run_blocking(call, std::forward<Initiation>(initiation), std::forward<Args>(args)...);
        *error = call.error;
    }
};

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/blocking.ipp>
#endif
