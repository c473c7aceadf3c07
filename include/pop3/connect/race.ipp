// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/failed_attempts.hpp>
#include <pop3/connect/open_socket.hpp>
#include <pop3/connect/race.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/side_step.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

inline constexpr std::chrono::milliseconds shortest_delay(10); // RFC 8305, section 8

POP3_DECL std::vector<asio::ip::tcp::endpoint>
interleaved(const std::vector<asio::ip::tcp::endpoint>& addresses)
{
    std::vector<asio::ip::tcp::endpoint> result;
    const auto n = addresses.size();
    const auto next_of = [&](std::size_t at, bool first_family) {
        while (at != n && (addresses[at].protocol() == addresses[0].protocol()) != first_family)
            ++at;
        return at;
    };
    // Each goes over those of its family.
    std::size_t one = 0;
    std::size_t other = next_of(0, false);
    while (result.size() != n) {
        if (one != n) {
            result.push_back(addresses[one]);
            one = next_of(one + 1, true);
        }
        if (other != n) {
            result.push_back(addresses[other]);
            other = next_of(other + 1, false);
        }
    }
    return result;
}

class race::waiter final : public side_step {
public:
    static step make(const std::shared_ptr<race>& r, attempt* tried)
    {
        return step(operation_ptr(new waiter(r, tried)));
    }

private:
    waiter(const std::shared_ptr<race>& r, attempt* tried)
        : side_step(r->delay_timer_.get_executor()), race_(r), tried_(tried)
    {
    }

    void done(std::error_code ec, std::size_t) noexcept override
    {
        race_->finished(tried_, ec);
    }

    void dropped() noexcept override
    {
        race_->dropped(tried_);
    }

    std::shared_ptr<race> race_;
    attempt* tried_;
};

POP3_DECL void race::run(const std::vector<endpoint>& to, std::chrono::milliseconds delay,
                         clock::time_point deadline)
{
    delay_ = (std::max)(bounded(delay), shortest_delay);
    deadline_ = deadline;
    for (const auto& address : to)
        attempts_.emplace_back(delay_timer_.get_executor(), address);
    next_ = attempts_.begin();
    left_ = attempts_.size();
    begin_next();
}

POP3_DECL void race::stop() noexcept
{
    over_ = true;
    delay_timer_.cancel();
    std::error_code ignored;
    for (auto& a : attempts_)
        a.socket.close(ignored);
}

POP3_DECL failed_attempts race::failures(std::error_code unfinished) const
{
    failed_attempts all;
    for (const auto& a : attempts_)
        all.add(a.to, a.error ? a.error : unfinished);
    return all;
}

POP3_DECL void race::begin_next() noexcept
{
    beginning_ = true;
    for (bool waits = false; left_ != 0 && !waits;) {
        auto& a = *next_++;
        --left_;
        // What is missing for one (descriptors, memory) must not hurt those that go on.
        POP3_TRY
        {
            if (!begin(a))
                continue;
            if (left_ != 0)
                wait_before_next();
            waits = true;
        }
        POP3_CATCH(...)
        {
            if (!a.goes_on)
                fail(a, asio::error::no_memory);
        }
    }
    beginning_ = false;
    if (going_on_ == 0) {
        stop();
        none_connected();
    }
}

/// Whether it goes on.
POP3_DECL bool race::begin(attempt& a)
{
    std::error_code ec;
    open_socket(a.socket, a.to.protocol(), ec);
    if (ec) {
        fail(a, ec);
        return false;
    }
    auto next = waiter::make(shared_from_this(), &a);
    a.goes_on = true;
    ++going_on_;
    a.socket.async_connect(a.to, std::move(next));
    return a.goes_on;
}

POP3_DECL void race::wait_before_next()
{
    const auto now = clock::now();
    const auto turns = static_cast<clock::rep>(left_ + 1);
    due_ = now + std::clamp<clock::duration>((deadline_ - now) / turns, shortest_delay, delay_);
    auto next = waiter::make(shared_from_this(), nullptr);
    delay_timer_.expires_at(due_);
    ++waits_;
    delay_timer_.async_wait(std::move(next));
}

POP3_DECL void race::fail(attempt& a, std::error_code why) noexcept
{
    a.error = why;
    std::error_code ignored;
    a.socket.close(ignored);
    if (std::exchange(a.goes_on, false))
        --going_on_;
}

POP3_DECL void race::finished(attempt* tried, std::error_code ec) noexcept
{
    if (tried == nullptr) {
        --waits_;
        // One that was called off when it had gone off already is early.
        const bool due = !ec && left_ != 0 && clock::now() >= due_;
        if (!over_ && (due || going_on_ == 0))
            begin_next();
        return;
    }
    if (over_)
        return;
    if (!ec)
        return win(*tried);
    fail(*tried, ec);
    begin_next();
}

/// Not called any more, or the context goes: then nothing may be begun.
POP3_DECL void race::dropped(attempt* tried) noexcept
{
    if (tried == nullptr)
        --waits_;
    else if (!over_)
        fail(*tried, asio::error::no_memory);
    if (over_ || beginning_ || going_on_ != 0 || waits_ != 0)
        return;
    over_ = true;
    none_connected();
}

POP3_DECL void race::win(attempt& a) noexcept
{
    auto socket = std::move(a.socket);
    const auto to = a.to;
    stop();
    connected(std::move(socket), to);
}

} // namespace pop3::detail
