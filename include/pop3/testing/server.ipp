// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/served.hpp>
#include <pop3/testing/served_connection.hpp>
#include <pop3/testing/server.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#if !defined(ASIO_HAS_CO_AWAIT)
#error "the test server needs coroutines: see examples/guide/compilers.md for what to define"
#endif

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::testing {

namespace detail {

POP3_TESTING_DECL asio::awaitable<void> accept_clients(std::shared_ptr<served> shared)
{
    while (!shared->stopped) {
        std::error_code error;
        tcp::socket socket =
            co_await shared->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (shared->stopped)
            break;
        if (error) {
            // Out of file descriptors, say: to try again at once would keep the processor busy for nothing.
            asio::steady_timer pause(shared->strand, std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        {
            const std::lock_guard lock(shared->mutex);
            ++shared->connections;
        }
        conversation talk(shared->maildrops, shared->options);
        if (shared->options.tls)
            detail::serve<tls_socket>(shared, std::move(socket), std::move(talk), shared->tls);
        else
            detail::serve<tcp::socket>(shared, std::move(socket), std::move(talk));
    }
}

} // namespace detail

POP3_TESTING_DECL server::server(const asio::any_io_executor& executor, server_options options)
    : served_(std::make_shared<detail::served>(executor, std::move(options))),
      port_(served_->acceptor.local_endpoint().port())
{
    asio::co_spawn(served_->strand, detail::accept_clients(served_), asio::detached);
}

POP3_TESTING_DECL server::~server()
{
    stop();
}

POP3_TESTING_DECL const certificate& server::identity() const noexcept
{
    return served_->options.identity;
}

POP3_TESTING_DECL std::vector<std::string> server::messages(std::string_view account) const
{
    const std::lock_guard lock(served_->mutex);
    std::vector<std::string> result;
    const auto found = served_->maildrops.find(account);
    if (found == served_->maildrops.end())
        return result;
    for (const auto* some : {&found->second.messages, &found->second.arrived})
        for (const detail::message& m : *some)
            result.push_back(m.text);
    return result;
}

POP3_TESTING_DECL void server::deliver(std::string_view account, std::string message, std::string unique_id)
{
    const std::lock_guard lock(served_->mutex);
    const auto found = served_->maildrops.find(account);
    if (found == served_->maildrops.end())
        throw std::out_of_range("no account of that name");
    found->second.add(std::move(message), std::move(unique_id));
}

POP3_TESTING_DECL void server::add(fault f)
{
    const std::lock_guard lock(served_->mutex);
    served_->faults.add(std::move(f));
}

POP3_TESTING_DECL std::vector<std::string> server::lines() const
{
    const std::lock_guard lock(served_->mutex);
    return {served_->lines.begin(), served_->lines.end()};
}

POP3_TESTING_DECL std::size_t server::connections() const
{
    const std::lock_guard lock(served_->mutex);
    return served_->connections;
}

POP3_TESTING_DECL void server::stop()
{
    asio::dispatch(served_->strand, [shared = served_] {
        std::error_code ignored;
        shared->stopped = true;
        shared->acceptor.close(ignored);
        for (auto* connection : shared->open)
            connection->stop();
    });
}

} // namespace pop3::testing
