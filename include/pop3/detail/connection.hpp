// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/detail/input_buffer.hpp>
#include <pop3/detail/line_tap.hpp>
#include <pop3/error.hpp>
#include <pop3/greeting.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/stream.hpp>

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <asio/ssl/error.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What the sessions of one connection pass from state to state: the stream, what was read from it, and the
/// deadline. Shared by the session and by the operation that runs, so that neither can outlive it.
template <async_stream Stream>
class connection {
public:
    connection(Stream s, const pop3::limits& l, observer o)
        : stream(std::move(s)), limits(l), timer_(stream.get_executor())
    {
        observe(std::move(o));
    }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Marks an operation as running, and gives it `time` from now. When that passes the socket is closed, which
    /// ends whatever is being waited for. `executor` is the handler's, so that the two never run at once.
    template <class Executor>
    static void begin(const std::shared_ptr<connection>& self, std::chrono::milliseconds time,
                      const Executor& executor)
    {
        self->busy_ = true;
        restart_deadline(self, time, executor);
    }

    template <class Executor>
    static void restart_deadline(const std::shared_ptr<connection>& self, std::chrono::milliseconds time,
                                 const Executor& executor)
    {
        // Asio's clock would overflow with milliseconds::max().
        constexpr auto forever = std::chrono::hours(24 * 365);
        self->stop_deadline();
        self->expired_ = false;
        if (time >= forever)
            return;
        self->timer_.expires_after(time);
        self->timer_.async_wait(asio::bind_executor(
            executor, [weak = std::weak_ptr(self), round = self->round_](std::error_code ec) {
                const auto connection = weak.lock();
                // A timer that went off just as it was stopped cannot be called back any more.
                if (ec || !connection || connection->round_ != round)
                    return;
                connection->expired_ = true;
                connection->close();
            }));
    }

    void stop_deadline()
    {
        ++round_;
        timer_.cancel();
    }

    void end()
    {
        stop_deadline();
        busy_ = false;
    }

    bool busy() const noexcept
    {
        return busy_;
    }

    /// The deadline passed.
    bool expired() const noexcept
    {
        return expired_;
    }

    /// The socket was closed on purpose: nothing more can be sent.
    bool closed() const noexcept
    {
        return closed_;
    }

    /// Undoes `close`, for another attempt to connect.
    void reopen() noexcept
    {
        closed_ = false;
        expired_ = false;
    }

    void close() noexcept
    {
        closed_ = true;
        std::error_code ignored;
        stream.lowest_layer().close(ignored);
    }

    /// The session was destroyed: what still runs completes with `asio::error::operation_aborted`.
    void abandon() noexcept
    {
        close();
        if (!busy_)
            return;
        abandoned_ = true;
    }

    /// What `ec`, the error of a read or a write, means here.
    std::error_code reason(std::error_code ec) const noexcept
    {
        if (expired_)
            return errc::timed_out;
        if (abandoned_)
            return asio::error::operation_aborted;
        if (ec == asio::error::eof)
            return errc::connection_closed;
        if (ec == asio::ssl::error::stream_truncated)
            return errc::connection_truncated;
        return ec;
    }

    void observe(observer o)
    {
        observer_ = o ? std::make_shared<const observer>(std::move(o)) : nullptr;
    }

    /// Is seen by whom `other` is seen by, and is of what it has learned of the server the same. Not of what it can do:
    /// without TLS, anyone could have said that (RFC 2595, section 4).
    template <async_stream Other>
    void succeed(const connection<Other>& other)
    {
        observer_ = other.observer_;
        greeting = other.greeting;
        host = other.host;
    }

    bool observed() const noexcept
    {
        return observer_ != nullptr;
    }

    /// Shows the line that is about to be sent.
    void show_sent()
    {
        // A copy, since the function may replace itself.
        if (const auto show = observer_)
            (*show)(direction::sent, output.shown());
    }

    /// Removes `n` octets from the input, and shows them.
    void use_input(std::size_t n, bool hide_challenges)
    {
        if (const auto show = observer_)
            tap_.feed(input.data().substr(0, n), hide_challenges, *show);
        input.consume(n);
    }

    Stream stream;
    pop3::limits limits;
    input_buffer input;
    command::command_line output;
    pop3::greeting greeting;
    /// Whom it was made to; empty if that is the user's own business.
    std::string host;
    /// What the server last said, in this state, that it can do.
    std::optional<pop3::capabilities> capabilities;
    /// How the login was done, or tried (see `command::way_in::name`).
    std::string login_mechanism;

private:
    template <async_stream>
    friend class connection;

    asio::steady_timer timer_;
    std::shared_ptr<const observer> observer_;
    line_tap tap_;
    unsigned round_ = 0;
    bool busy_ = false;
    bool expired_ = false;
    bool closed_ = false;
    bool abandoned_ = false;
};

} // namespace pop3::detail
