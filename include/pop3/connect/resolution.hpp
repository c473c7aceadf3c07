// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

namespace pop3::detail {

/// A name being resolved. Asio asks the system in a thread of its own, and cannot stop it; so the operation waits
/// for the timer instead, which the answer cancels.
struct resolution {
    explicit resolution(const asio::any_io_executor& executor) : resolver(executor), timer(executor)
    {
    }

    void answer(std::error_code ec);

    asio::ip::tcp::resolver resolver;
    asio::steady_timer timer;
    asio::ip::tcp::resolver::results_type results;
    std::error_code error;
    bool answered = false;
};

/// Asks. Whatever goes wrong is the answer.
void resolve(const std::shared_ptr<resolution>& r, const std::string& host, std::uint16_t port);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/connect/resolution.ipp>
#endif
