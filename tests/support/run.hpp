// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

// Or operator new and free() meet in one program, where the former is replaced.
#if defined(_GLIBCXX_HAVE_ALIGNED_ALLOC) && !defined(ASIO_HAS_STD_ALIGNED_ALLOC)
#error "this file includes Asio before any other header (see pop3/config.hpp)"
#endif

namespace test {

/// Runs what is ready and what becomes ready, and gives up after a time in which no test should need to wait.
inline void run(asio::io_context& context)
{
    context.restart();
    context.run_for(std::chrono::seconds(60));
    if (!context.stopped())
        throw std::runtime_error("the test hangs");
}

/// Runs the coroutine to its end, and throws what it throws. (No template: the compiler spends a second on each `co_spawn`.)
inline void run(asio::io_context& context, asio::awaitable<void> coroutine)
{
    std::exception_ptr error;
    bool ended = false;
    asio::co_spawn(context, std::move(coroutine), [&](std::exception_ptr e) {
        error = e;
        ended = true;
    });
    run(context);
    if (error)
        std::rethrow_exception(error);
    if (!ended)
        throw std::runtime_error("the coroutine was not resumed");
}

/// Runs the coroutine that `make` returns.
template <class Make>
void run(asio::io_context& context, Make make)
{
    run(context, make());
}

template <class Make>
void run(Make make)
{
    asio::io_context context(1);
    run(context, std::move(make));
}

} // namespace test
