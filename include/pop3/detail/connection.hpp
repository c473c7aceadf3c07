// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/receive.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/at_once.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/buffer_pool.hpp>
#include <pop3/detail/input_buffer.hpp>
#include <pop3/detail/line_tap.hpp>
#include <pop3/detail/peer_has_gone.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/error.hpp>
#include <pop3/greeting.hpp>
#include <pop3/limits.hpp>
#include <pop3/observer.hpp>
#include <pop3/printable.hpp>
#include <pop3/stream.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

template <async_stream Stream>
class connection;

/// That of a session over `Stream`.
template <class Stream>
using connection_of = connection<carrier_of<Stream>>;

/// What the sessions of one connection pass from state to state: the stream, what was read from it, and the
/// deadline. Shared by the session and by the operation that runs, so that neither can outlive it.
template <async_stream Stream>
class connection {
public:
    connection(Stream s, const pop3::limits& l, observer o)
        : stream(std::move(s)), limits(l), input(buffer_pool::of(stream.get_executor()), read_size<Stream>),
          may_reveal(detail::may_reveal(stream)), timer_(stream.get_executor())
    {
        observe(std::move(o));
    }

    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Marks an operation as running, and gives it `time` from now. When that passes the socket is closed, which
    /// ends whatever is being waited for. If there is none, it is closed already when this returns.
    static void begin(const std::shared_ptr<connection>& self, std::chrono::milliseconds time)
    {
        self->busy_ = true;
        restart_deadline(self, time);
    }

    static void restart_deadline(const std::shared_ptr<connection>& self, std::chrono::milliseconds time)
    {
        constexpr auto a_year = std::chrono::hours(24 * 365); // nobody waits for that
        self->stop_deadline();
        self->expired_ = false;
        if (time >= a_year)
            return;
        if (time <= std::chrono::milliseconds::zero())
            return self->expire();
        self->move_deadline(time);
        wait_for_deadline(self);
    }

    /// Gives what runs `time` from now. It only writes that down: the timer finds it when it goes off.
    void move_deadline(std::chrono::milliseconds time)
    {
        deadline_ = std::chrono::steady_clock::now() + bounded(time);
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
        if (write_error_)
            close();
        input.rest();
        output.rest();
        in_flight_.rest();
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
    const bool& closed() const noexcept
    {
        return closed_;
    }

    void close() noexcept
    {
        closed_ = true;
        std::error_code ignored;
        stream.lowest_layer().close(ignored);
    }

    /// The session was destroyed: what still runs, or has yet to begin, completes with `asio::error::operation_aborted`.
    void abandon() noexcept
    {
        close();
        abandoned_ = true;
    }

    bool abandoned() const noexcept
    {
        return abandoned_;
    }

    /// What `ec`, the error of a read or a write, means here.
    std::error_code reason(std::error_code ec) const noexcept
    {
        if (expired_)
            return errc::timed_out;
        if (abandoned_)
            return asio::error::operation_aborted;
        // The error that came first. But when the server has gone, a read says so better than a write.
        if (write_error_ && !(tells_that_peer_has_gone(write_error_) && tells_that_peer_has_gone(ec)))
            ec = write_error_;
        // It is chance by which sign of it that is noticed, and with no part of a reply there is none to be taken for the whole.
        if (unanswered_ && input.empty() && tells_that_peer_has_gone(ec))
            return errc::connection_closed;
        if (ec == asio::error::eof)
            return errc::connection_closed;
        if (ec == asio::ssl::error::stream_truncated)
            return errc::connection_truncated;
        return ec;
    }

    void observe(observer o)
    {
        observer_ = o ? detail::share_new<const observer>(std::move(o)) : nullptr;
    }

    /// The server has said what it can do.
    void learn(std::optional<pop3::capabilities> said)
    {
        if (said && !never_ahead)
            pipelining = said->pipelining;
        capabilities = std::move(said);
    }

    /// Whatever the server says.
    void never_send_ahead() noexcept
    {
        never_ahead = true;
        pipelining = false;
    }

    /// Is seen by whom `other` is seen by, and is of what it has learned of the server the same. Not of what it can do:
    /// without TLS, anyone could have said that (RFC 2595, section 4).
    template <async_stream Other>
    void succeed(const connection<Other>& other)
    {
        observer_ = other.observer_;
        greeting = other.greeting;
        host = other.host;
        port = other.port;
        if (other.never_ahead)
            never_send_ahead();
    }

    bool observed() const noexcept
    {
        return observer_ != nullptr;
    }

    /// False if a write has failed: there may be something to read all the same.
    bool can_send() const noexcept
    {
        return !write_error_;
    }

    /// Shows the line that was just written, and is about to be sent.
    void show_sent()
    {
        if (observer_) {
            const auto show = observer_; // it may replace itself
            (*show)(direction::sent, output.shown());
        }
    }

    /// Sends what is in the output. Nobody need wait for it: the reply tells that it arrived, and if it cannot be sent the
    /// connection has an end, so that what waits for a reply ends. It has nothing of the handler's, neither executor nor memory, since it
    /// may outlive the operation.
    static void send(const std::shared_ptr<connection>& self)
    {
        auto& c = *self;
        if (!c.can_send())
            c.output.clear();
        if (c.sending_ || c.output.octets().empty())
            return;
        std::swap(c.output, c.in_flight_);
        c.output.show(c.observed());
        c.unsent_ = asio::const_buffer(c.in_flight_.octets().data(), c.in_flight_.octets().size());
        if constexpr (works_at_once<Stream>) {
            std::error_code ec;
            c.unsent_ += detail::write_now(c.stream, c.unsent_, ec);
            if (ec && ec != asio::error::would_block)
                return c.sent(ec);
            if (c.unsent_.size() == 0)
                return c.sent({});
        }
        c.sending_ = true;
        send_rest(self);
    }

    /// A command is sent, before which all was answered.
    void await_reply() noexcept
    {
        unanswered_ = true;
    }

    /// Looks whether the server said something that nobody asked for, or has gone. To be called before a command is sent: what
    /// came earlier is not its reply.
    std::error_code unasked();

    /// Removes `n` octets from the input, and shows them.
    void use_input(std::size_t n, bool hide_challenges)
    {
        unanswered_ = unanswered_ && n == 0;
        if (observer_) {
            const auto show = observer_; // it may replace itself
            tap_.feed(input.data().substr(0, n), hide_challenges, *show);
        }
        input.consume(n);
    }

    Stream stream;
    pop3::limits limits;
    input_buffer input;
    command::command_line output;
    /// Of a message that the user reads piece by piece.
    command::received_body body;
    pop3::greeting greeting;
    /// Whom it was made to; empty if that is the user's own business.
    std::string host;
    std::uint16_t port = 0;
    /// Who logs in; empty if that is not known.
    std::string user;
    /// What the server last said, in this state, that it can do.
    std::optional<pop3::capabilities> capabilities;
    /// Whether the server takes commands ahead of its replies, if it was asked in any state: the login does not change it
    /// (RFC 2449, section 6.6).
    std::optional<bool> pipelining;
    /// What the server last said unasked, for people.
    std::string notice;
    /// Passwords may be sent.
    bool may_reveal;
    /// It is not asked, and not believed.
    bool never_ahead = false;
    /// How the login was done, or tried (see `command::way_in::name`).
    std::string login_mechanism;

private:
    template <async_stream>
    friend class connection;

    class sender;

    static constexpr std::size_t max_notice = 512;

    /// Reads what is there without waiting, if the stream can do that.
    std::error_code read_unasked();

    static void send_rest(const std::shared_ptr<connection>& self);

    void sent(std::error_code ec) noexcept
    {
        sending_ = false;
        in_flight_.clear();
        if (!ec)
            return;
        output.clear();
        // It is the closing that ended it.
        if (closed_)
            return;
        write_error_ = ec;
        // What the server said before it went is still to be read. Reading ends by itself then, if it has gone; that of a
        // user's own stream need not.
        if (!works_at_once<Stream> || !busy_ || !takes_no_more(ec))
            close();
    }

    static void wait_for_deadline(const std::shared_ptr<connection>& self);

    void expire() noexcept
    {
        expired_ = true;
        close();
    }

    /// There is no memory to go on with, where nobody is to be told but the operation that waits.
    void run_out() noexcept
    {
        if (!write_error_)
            write_error_ = asio::error::no_memory;
        close();
    }

    command::command_line in_flight_;
    asio::const_buffer unsent_; // of that
    std::error_code write_error_;
    std::chrono::steady_clock::time_point deadline_;
    asio::steady_timer timer_;
    std::shared_ptr<const observer> observer_;
    line_tap tap_;
    unsigned round_ = 0;
    bool busy_ = false;
    bool expired_ = false;
    bool closed_ = false;
    bool abandoned_ = false;
    bool sending_ = false;
    bool unanswered_ = false; // nothing has come of the reply to what was sent
};

} // namespace pop3::detail

#include <pop3/detail/connection_unasked.ipp>
#include <pop3/detail/connection_waits.ipp>
