// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/exchange.hpp>
#include <pop3/detail/at_once.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/ends_connection.hpp>
#include <pop3/detail/explain.hpp>
#include <pop3/detail/remember.hpp>
#include <pop3/error.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// Why no operation can be begun on a connection, if so.
template <class Stream>
std::error_code what_forbids_to_use(const std::shared_ptr<connection<Stream>>& c)
{
    if (!c)
        return errc::no_session;
    if (c->busy())
        return errc::operation_in_progress;
    if (c->abandoned())
        return asio::error::operation_aborted;
    if (c->closed())
        return errc::session_closed;
    return {};
}

/// Whether an exchange is an operation of its own, or a step of one that has its own deadline.
enum class part { whole, step };

/// The handler of a step: what belongs to the user's handler, but not its immediate executor (Asio 1.28), with which
/// a server that sends fast enough would make each read run inside the one before, until the stack ends.
template <class Self>
struct step_handler {
    using executor_type = asio::associated_executor_t<Self>;
    using allocator_type = asio::associated_allocator_t<Self>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Self>;

    executor_type get_executor() const noexcept
    {
        return asio::get_associated_executor(self);
    }

    allocator_type get_allocator() const noexcept
    {
        return asio::get_associated_allocator(self);
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return asio::get_associated_cancellation_slot(self);
    }

    void operator()(std::error_code ec = {}, std::size_t transferred = 0)
    {
        self(ec, transferred);
    }

    /// Goes on with what this thread did before: no other needs to be woken.
    friend bool asio_handler_is_continuation(step_handler*) noexcept
    {
        return true;
    }

    Self self;
};

/// The one operation that does I/O for commands: sends what an exchange wants to send, reads, feeds the exchange,
/// and completes with what `Finish` makes of it. It owns what it works with, so that the session object may be
/// moved or destroyed while it runs. It never waits for what it sends (see `connection::send`).
///
/// Exchange (for one command `command::exchange`; what is in brackets not all have):
///     static constexpr command::next first;          // begins with a line of its own, or with what comes unasked
///     [static constexpr bool goes_on;]               // with input that an exchange before left behind
///     [std::error_code check()]                      // what forbids to begin
///     [void write(command_line)]                     // the line that it wants to send
///     [bool may_send(limits)]                        // it has a line, and need not wait for a reply; `write` may find an
///                                                    // error in it then
///     [void sent(octets), void not_sent(ec)]         // what became of that line
///     [bool finished()]                              // there is nothing to send, and nothing to wait for
///     command::next consume(input, limits, ec)
///     [command::next compute(ec)]                    // what `consume` asked for, or itself
///     [void watch(stop_check)]                       // whether to go on calling the user's functions
///     [std::size_t answered()]                       // by each reply it earns time
///     [std::error_code explain(ec)]                  // what it says of the error that it ends with
///     [bool closes()]                                // the session must end with it, though it succeeds
///     [bool settles()]                               // if the connection ends now, the exchange has its answer all the same
///     [static constexpr bool hides_challenges;]      // an observer must not see what the server asks
///     [known()], [chosen()]                          // see `remember`
///
/// Finish:
///     using reply_type = ...;
///     static constexpr bool ends_session;            // the stream is shut down after the reply
///     reply_type succeed(connection, exchange)
///     [std::error_code outcome(exchange)]            // an error that leaves the session as it is
///     reply_type fail(connection, ec, sent)          // sent: it may have reached the server
///     [reply_type partly(connection, exchange, ec)]  // instead of the last, if something was achieved
template <class Stream, class Exchange, class Finish>
class drive {
public:
    using connection_ptr = std::shared_ptr<connection<Stream>>;

    /// time: of a whole operation, if not that of the limits.
    drive(connection_ptr c, Exchange exchange, Finish finish, part p,
          std::optional<std::chrono::milliseconds> time = {})
        : connection_(std::move(c)), exchange_(std::move(exchange)), finish_(std::move(finish)), time_(time),
          part_(p)
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec = {}, std::size_t transferred = 0)
    {
        const std::weak_ptr<connection<Stream>> watched = connection_;
        try {
            step(self, ec, transferred);
        } catch (...) {
            // By a function of the user's, or for want of memory. The handler hears of it, unless it is what threw, or was
            // lost on its way.
            if (connection_ && at_ != stage::completed && at_ != stage::threw)
                return complete_with_exception(self);
            if (const auto c = watched.lock(); c && at_ != stage::completed) {
                c->close();
                c->end();
            }
            throw;
        }
    }

private:
    enum class stage { start, not_started, running, reading, computing, shutting_down, threw, completed };

    /// What is read before other handlers have their turn.
    static constexpr std::size_t octets_per_turn = 1u << 20;
    static constexpr int reads_per_turn = 64;
    static constexpr bool goes_on = requires { Exchange::goes_on; };
    static constexpr bool computes = requires(Exchange& e, std::error_code& ec) { e.compute(ec); };
    static constexpr bool sends_ahead = requires(Exchange& e, const limits& l) { e.may_send(l); };

    template <class Self>
    void step(Self& self, std::error_code ec, std::size_t transferred)
    {
        switch (at_) {
        case stage::start:
            return start(self);
        case stage::not_started:
            if (connection_ && !connection_->busy() && is_fatal(error_))
                connection_->close();
            if (settled(error_))
                return succeed(self);
            return complete_with(self, error_);
        case stage::reading:
            connection_->input.commit(transferred);
            octets_ += transferred;
            [[fallthrough]];
        case stage::running:
            if (ec)
                return fail(self, ec);
            return run(self);
        case stage::computing:
            return compute(self);
        case stage::shutting_down:
            return succeed(self);
        case stage::threw:
            if (part_ == part::whole && is_fatal(error_))
                connection_->end();
            return complete_with(self, error_);
        case stage::completed:
            return;
        }
    }

    template <class Self>
    void start(Self& self)
    {
        error_ = what_forbids_it();
        if (error_) {
            // A handler must not be called before the function that it was passed to has returned.
            at_ = stage::not_started;
            return asio::post(std::move(self));
        }
        at_ = stage::running;
        if (part_ == part::whole)
            connection<Stream>::begin(connection_, time());
        if (Exchange::first == command::next::write && !stopped(self))
            send(self);
        // The line that is in the output may hold a secret: it is not sent any more.
        if (stopped(self))
            connection_->close();
        if (connection_->closed() || Exchange::first == command::next::read || finished())
            return asio::post(step_handler<Self>{std::move(self)});
        wait(self);
    }

    std::chrono::milliseconds time() const
    {
        if (time_)
            return *time_;
        const auto& l = connection_->limits;
        return Exchange::first == command::next::read && !goes_on ? l.connect_time : l.operation_time;
    }

    /// Nothing was sent yet, and nothing is if this finds an error.
    std::error_code what_forbids_it()
    {
        if (part_ == part::step)
            return {};
        if (const auto ec = detail::what_forbids_to_use(connection_))
            return ec;
        if constexpr (Exchange::first == command::next::write)
            if (const auto ec = connection_->unasked())
                return ec;
        if constexpr (requires { (exchange_.check)(); })
            if (const auto ec = (exchange_.check)())
                return ec;
        if constexpr (Exchange::first == command::next::write && !sends_ahead)
            return write_line();
        return {};
    }

    std::size_t progress() const noexcept
    {
        return std::max<std::size_t>(connection_->limits.progress_octets, 1);
    }

    std::error_code write_line()
    {
        if constexpr (requires { exchange_.write(connection_->output); }) {
            auto& line = connection_->output;
            line.show(connection_->observed());
            exchange_.write(line);
            const auto ec = line.end();
            if (ec)
                line.clear();
            return ec;
        } else {
            return {};
        }
    }

    /// Writes another line, in answer to a reply.
    std::error_code ask()
    {
        if (const auto ec = connection_->unasked())
            return ec;
        return write_line();
    }

    /// Sends the line that is in the output, and what else may be sent before there is a reply. Nothing if the observer that
    /// it is shown to calls the operation off.
    template <class Self>
    void send(Self& self)
    {
        auto& c = *connection_;
        if constexpr (sends_ahead) {
            c.output.show(c.observed());
            while (!stopped(self) && exchange_.may_send(c.limits)) {
                const auto before = c.output.octets().size();
                auto ec = exchange_.write(c.output);
                if (!ec)
                    ec = c.output.end();
                if (ec) {
                    c.output.drop_line();
                    exchange_.not_sent(ec);
                    continue;
                }
                exchange_.sent(c.output.octets().size() - before);
                c.show_sent();
            }
        } else {
            c.show_sent();
        }
        if (stopped(self))
            return c.output.clear();
        if (!sends_ahead || !sent_)
            connection_->await_reply();
        // From here on the server may have got it, however the write ends.
        sent_ = true;
        connection<Stream>::send(connection_);
    }

    bool finished() const
    {
        if constexpr (sends_ahead)
            return exchange_.finished();
        else
            return false;
    }

    /// Reads and feeds the exchange for as long as there is something to be had without waiting.
    template <class Self>
    void run(Self& self)
    {
        auto& c = *connection_;
        std::size_t octets = 0;
        int reads = 0;
        for (bool fresh = true;; fresh = false) {
            if (stopped(self)) {
                c.output.clear();
                return fail(self, asio::error::operation_aborted);
            }
            if ((fresh && goes_on) || finished() || !c.input.empty()) {
                std::error_code ec;
                const running<Self> here{*this, self};
                if constexpr (requires(command::stop_check stop) { exchange_.watch(stop); })
                    exchange_.watch({running<Self>::stopped, &here});
                const auto wanted = feed(ec);
                // By what it showed something to. That this was the last line does not matter: nobody can know.
                if (stopped(self))
                    continue;
                if (ec)
                    return fail(self, ec);
                if (wanted == command::next::done) {
                    // What was answered may not even have left: that is the answer to nothing.
                    if (!c.output.octets().empty() && !gives_up())
                        return fail(self, errc::unexpected_data);
                    return end_session_or_succeed(self);
                }
                if (wanted == command::next::write) {
                    send(self);
                    if (stopped(self))
                        continue;
                    return wait(self);
                }
                if constexpr (computes)
                    if (wanted == command::next::compute)
                        return compute_later(self);
                if constexpr (sends_ahead)
                    if (c.can_send() && exchange_.may_send(c.limits)) {
                        if (c.output.octets().size() >= std::max<std::size_t>(c.limits.pipeline_octets, 1))
                            return fail(self, errc::unexpected_data);
                        send(self);
                        // It found an error instead of a line, and there is no reply left to wait for.
                        if (finished() || stopped(self))
                            continue;
                    }
            }
            if constexpr (works_at_once<Stream>) {
                std::error_code ec;
                const auto n = detail::read_now(c.stream, c.input.prepare(), ec);
                c.input.commit(n);
                octets += n;
                octets_ += n;
                if (ec == asio::error::would_block)
                    return wait(self);
                if (ec)
                    return fail(self, ec);
                if (octets > octets_per_turn || ++reads == reads_per_turn) {
                    // Who is slower than the server never waits.
                    earn_time();
                    return asio::post(step_handler<Self>{std::move(self)});
                }
            } else {
                return wait(self);
            }
        }
    }

    /// Lets other handlers have their turn first: a cancellation among them, and the deadline.
    template <class Self>
    void compute_later(Self& self)
    {
        at_ = stage::computing;
        octets_ = 0; // it is not the server that is slow now
        asio::post(step_handler<Self>{std::move(self)});
    }

    template <class Self>
    void compute([[maybe_unused]] Self& self)
    {
        if constexpr (computes) {
            if (stopped(self))
                return fail(self, asio::error::operation_aborted);
            std::error_code ec;
            const auto wanted = exchange_.compute(ec);
            if (!ec && wanted == command::next::write)
                ec = ask();
            if (ec)
                return fail(self, ec);
            if (wanted == command::next::compute)
                return compute_later(self);
            send(self);
            if (stopped(self))
                return fail(self, asio::error::operation_aborted);
            wait(self);
        }
    }

    template <class Self>
    struct running {
        const drive& operation;
        Self& self;

        static bool stopped(const void* at)
        {
            const auto& r = *static_cast<const running*>(at);
            return r.operation.stopped(r.self);
        }
    };

    /// Has the exchange read what is in the input.
    command::next feed(std::error_code& ec)
    {
        auto& c = *connection_;
        const auto input = c.input.data();
        auto rest = input;
        const auto wanted = exchange_.consume(rest, c.limits, ec);
        // An observer is shown what could not be read as well.
        c.use_input(is_fatal(ec) ? input.size() : input.size() - rest.size(), hides_challenges());
        // What comes before it was asked for is the answer to nothing.
        const bool asks = wanted == command::next::write || wanted == command::next::compute;
        if ((!ec && asks) || (ec && !is_fatal(ec) && !sends_ahead))
            ec = !rest.empty() ? errc::unexpected_data : ec;
        if (!ec && wanted == command::next::write)
            ec = ask();
        return wanted;
    }

    static constexpr bool hides_challenges()
    {
        if constexpr (requires { Exchange::hides_challenges; })
            return Exchange::hides_challenges;
        else
            return false;
    }

    /// Waits until there is more to read.
    template <class Self>
    void wait(Self& self)
    {
        auto& c = *connection_;
        earn_time();
        if constexpr (works_at_once<Stream>) {
            c.input.rest();
            at_ = stage::running;
            detail::async_readable(c.stream, step_handler<Self>{std::move(self)});
        } else {
            at_ = stage::reading;
            const auto room = c.input.prepare();
            c.stream.async_read_some(room, step_handler<Self>{std::move(self)});
        }
    }

    /// What goes on for long is not given up while it goes on.
    void earn_time()
    {
        std::size_t answered = 0;
        if constexpr (requires { exchange_.answered(); })
            answered = exchange_.answered();
        if (part_ == part::step || (octets_ < progress() && answered == answered_))
            return;
        octets_ = 0;
        answered_ = answered;
        connection_->move_deadline(time());
    }

    template <class Self>
    bool stopped(Self& self) const
    {
        return self.get_cancellation_state().cancelled() != asio::cancellation_type::none ||
               connection_->closed();
    }

    template <class Self>
    void end_session_or_succeed(Self& self)
    {
        if constexpr (Finish::ends_session) {
            auto& c = *connection_;
            // The reply to QUIT was the last thing to learn: there is nothing to wait for.
            if constexpr (buffered_stream<Stream>) {
                c.stream.say_goodbye();
            } else if constexpr (requires { c.stream.async_shutdown(std::move(self)); }) {
                connection<Stream>::restart_deadline(connection_, c.limits.shutdown_time);
                at_ = stage::shutting_down;
                if (!c.closed())
                    return c.stream.async_shutdown(std::move(self));
            }
        }
        succeed(self);
    }

    template <class Self>
    void succeed(Self& self)
    {
        if (closes())
            connection_->close();
        if (part_ == part::whole)
            connection_->end();
        detail::remember(*connection_, exchange_);
        // What it knows is wiped before the handler runs, which may take its time.
        auto exchange = std::optional<Exchange>(std::move(exchange_));
        std::error_code ec;
        if constexpr (requires { finish_.outcome(*exchange); })
            ec = finish_.outcome(*exchange);
        auto reply = finish_.succeed(connection_, *exchange);
        exchange.reset();
        connection_.reset();
        at_ = stage::completed;
        self.complete(ec, std::move(reply));
    }

    bool closes() const
    {
        return Finish::ends_session || gives_up();
    }

    bool gives_up() const
    {
        if constexpr (requires { exchange_.closes(); })
            return exchange_.closes();
        else
            return false;
    }

    template <class Self>
    void fail(Self& self, std::error_code ec)
    {
        ec = connection_->reason(ec);
        if constexpr (requires { exchange_.explain(ec); })
            ec = exchange_.explain(ec);
        if (ec == errc::timed_out && octets_ != 0 && (Exchange::first == command::next::write || goes_on))
            ec = errc::too_slow;
        // What could not be said is no reason to hang up.
        if (is_fatal(ec))
            connection_->close();
        if (settled(ec))
            return succeed(self);
        detail::remember(*connection_, exchange_);
        if (part_ == part::whole)
            connection_->end();
        complete_with(self, ec);
    }

    /// The server hung up behind a refusal, and a second try was not heard: the refusal is its last word.
    bool settled([[maybe_unused]] std::error_code ec) const
    {
        if constexpr (requires { exchange_.settles(); })
            return ends_connection(ec) && exchange_.settles();
        else
            return false;
    }

    /// What has not begun leaves the session as it was.
    template <class Self>
    void complete_with_exception(Self& self)
    {
        thrown_ = std::current_exception();
        if (at_ == stage::start) {
            connection_->output.drop_line(); // half of it may have been written
            error_ = errc::not_begun;
        } else {
            connection_->close();
            error_ = errc::function_threw;
        }
        at_ = stage::threw;
        asio::post(std::move(self));
    }

    template <class Self>
    void complete_with(Self& self, std::error_code ec)
    {
        auto exchange = std::optional<Exchange>(std::move(exchange_));
        const auto c = connection_;
        auto reply = what_remains(*exchange, ec);
        detail::explain(reply, c ? c->notice : std::string(), thrown_, self.get_executor());
        exchange.reset();
        connection_.reset();
        at_ = stage::completed;
        self.complete(ec, std::move(reply));
    }

    typename Finish::reply_type what_remains([[maybe_unused]] Exchange& exchange, std::error_code ec)
    {
        if constexpr (requires { finish_.partly(connection_, exchange, ec); })
            return finish_.partly(connection_, exchange, ec);
        else
            return finish_.fail(connection_, ec, sent_);
    }

    connection_ptr connection_;
    Exchange exchange_;
    Finish finish_;
    std::error_code error_;
    std::exception_ptr thrown_;
    std::optional<std::chrono::milliseconds> time_;
    std::size_t octets_ = 0;
    std::size_t answered_ = 0;
    part part_;
    stage at_ = stage::start;
    bool sent_ = false;
};

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Stream, class Exchange, class Finish, class Token>
auto async_drive(std::shared_ptr<connection<Stream>> c, const asio::any_io_executor& executor,
                 Exchange exchange, Finish finish, part p, Token&& token,
                 std::optional<std::chrono::milliseconds> time = {})
{
    return detail::compose<Token, void(std::error_code, typename Finish::reply_type)>(
        drive<Stream, Exchange, Finish>(std::move(c), std::move(exchange), std::move(finish), p, time), token,
        executor);
}

} // namespace pop3::detail
