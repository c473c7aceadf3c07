// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/failed_attempts.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

/// The order in which a host's addresses are tried (RFC 8305, section 4): the families take turns, beginning with that of the
/// first; within one the resolver's order stays.
std::vector<asio::ip::tcp::endpoint> interleaved(const std::vector<asio::ip::tcp::endpoint>& addresses);

/// Connects to one of several addresses (RFC 8305, section 5): when one has not answered for a while, or has failed, the next is
/// tried as well. None is given up before one is connected, which ends all others.
///
/// What derives from this is told once how it ended, if it was not stopped. All of it runs on the executor, and is owned by the
/// handlers that wait.
class race : public std::enable_shared_from_this<race> {
public:
    using endpoint = asio::ip::tcp::endpoint;
    using clock = std::chrono::steady_clock;

    race(const race&) = delete;
    race& operator=(const race&) = delete;

    /// Nothing goes on, and nobody is told.
    void stop() noexcept;

protected:
    explicit race(const asio::any_io_executor& executor) : delay_timer_(executor)
    {
    }

    virtual ~race() = default;

    /// Tries them in this order. deadline: before which all should have had a turn.
    void run(const std::vector<endpoint>& to, std::chrono::milliseconds delay, clock::time_point deadline);

    /// Of those that failed the one that says most. unfinished: what is said of the others.
    failed_attempts failures(std::error_code unfinished) const;

private:
    struct attempt {
        attempt(const asio::any_io_executor& executor, const endpoint& address)
            : to(address), socket(executor)
        {
        }

        endpoint to;
        asio::ip::tcp::socket socket;
        std::error_code error;
        bool goes_on = false;
    };

    class waiter;

    virtual void connected(asio::ip::tcp::socket socket, const endpoint& to) noexcept = 0;
    virtual void none_connected() noexcept = 0;

    void begin_next() noexcept;
    bool begin(attempt& a);
    void wait_before_next();
    void fail(attempt& a, std::error_code why) noexcept;

    /// tried: null if it is the timer that has waited.
    void finished(attempt* tried, std::error_code ec) noexcept;
    void dropped(attempt* tried) noexcept;

    void win(attempt& a) noexcept;

    asio::steady_timer delay_timer_;
    std::list<attempt> attempts_; // does not grow while one goes on
    std::list<attempt>::iterator next_;
    std::size_t left_ = 0; // from the next one on
    std::size_t going_on_ = 0;
    std::size_t waits_ = 0; // of the timer, those that were called off among them
    std::chrono::milliseconds delay_{};
    clock::time_point deadline_;
    clock::time_point due_; // of the next attempt
    bool over_ = false;
    bool beginning_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/connect/race.ipp>
#endif
