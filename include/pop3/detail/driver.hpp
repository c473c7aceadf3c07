// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/at_once.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/ends_connection.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/error.hpp>
#include <pop3/tls/refused_binding.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
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

/// The one operation that does I/O for commands. The way of a command, of RETR for example:
///
/// - session/transaction.hpp: `async_retr(1)` makes the command value, and passes it to `async_execute`;
/// - session/handle.hpp: `async_execute` makes an exchange of it, `command::single` (command/single.hpp), and says by its
///   Finish what the session is afterwards;
/// - detail/drive.hpp: the operation, which is this driver with that exchange; the handler is put behind it by
///   detail/compose.hpp;
/// - here: the line is sent, and what comes is fed to the exchange until that is done;
/// - command/exchange.hpp: the status line and the framing of the reply; the command itself (command/retr.hpp) reads what is
///   in it.
///
/// It sends what an exchange wants to send, reads, feeds the exchange, and completes with the reply that `conclude` makes of
/// it. It is compiled once for each kind of stream: it knows the exchange by `command::any_exchange`, and calls it once for
/// each line sent and each buffer read. It owns what it works with, so that the session object may be moved or destroyed while
/// it runs. It never waits for what it sends (see `connection::send`).
template <class Stream>
class driver : public operation {
public:
    using self_type = owner<driver>;
    using connection_ptr = std::shared_ptr<connection<Stream>>;

    void resume(std::error_code ec, std::size_t transferred) override;

protected:
    /// traits: of the exchange (`set_exchange`). ends_session: the stream is shut down after the reply. time: of a whole
    /// operation, if not that of the limits.
    driver(connection_ptr c, const command::exchange_traits& traits, bool ends_session, part p,
           std::optional<std::chrono::milliseconds> time)
        : connection_(std::move(c)), traits_(traits), time_(time), part_(p), ends_session_(ends_session)
    {
    }

    /// Says what to run. It must live as long as this.
    void set_exchange(command::any_exchange& exchange) noexcept;

    /// Nobody is told if it is lost without having completed: for want of memory, or since the context goes.
    ~driver();

    /// Makes the reply of what came of the exchange. An error then is one that leaves the session as it is.
    virtual void conclude(connection_ptr c) = 0;

    /// Makes what there is instead of a reply. sent: it may have reached the server. thrown: by what, if so.
    virtual void conclude(connection_ptr c, std::error_code ec, bool sent,
                          const std::exception_ptr& thrown) = 0;

private:
    enum class stage { start, not_started, running, reading, computing, shutting_down, threw };

    /// What is read before other handlers have their turn.
    static constexpr std::size_t octets_per_turn = 1u << 20;
    static constexpr int reads_per_turn = 64;

    void run(self_type& self, std::error_code ec, std::size_t transferred);

    void go_on(self_type& self, std::error_code ec, std::size_t transferred);

    void start(self_type& self);

    std::chrono::milliseconds time() const;

    /// Nothing was sent yet, and nothing is if this finds an error.
    std::error_code what_forbids_it();

    std::error_code write_line();

    /// Writes another line, in answer to a reply.
    std::error_code ask();

    /// Sends the line that is in the output, and what else may be sent before there is a reply. Nothing if the observer that
    /// it is shown to calls the operation off.
    void send();

    /// Reads and feeds the exchange for as long as there is something to be had without waiting.
    void read_on(self_type& self);

    /// Has the exchange read what is in the input.
    command::next feed(std::error_code& ec);

    /// Lets other handlers have their turn first: a cancellation among them, and the deadline.
    void compute_later(self_type& self);

    void compute(self_type& self);

    /// Waits until there is more to read.
    void wait(self_type& self);

    /// What goes on for long is not given up while it goes on.
    void earn_time();

    bool stopped() const noexcept;

    static bool was_cancelled(const void* at) noexcept;

    void end_session_or_succeed(self_type& self);

    void succeed(self_type& self);

    /// Keeps what the exchange has learned of the server.
    void remember();

    void fail(self_type& self, std::error_code ec);

    /// The server hung up behind a refusal, and a second try was not heard: the refusal is its last word.
    bool settled(std::error_code ec) const;

    /// What has not begun leaves the session as it was.
    void hold_exception(self_type& self);

    void complete_with(self_type& self, std::error_code ec);

    connection_ptr connection_;
    command::any_exchange* exchange_ = nullptr; // in an object derived from this
    command::exchange_traits traits_;
    std::error_code error_;
    std::exception_ptr thrown_;
    std::optional<std::chrono::milliseconds> time_;
    std::size_t octets_ = 0;
    std::size_t answered_ = 0;
    part part_;
    stage at_ = stage::start;
    bool ends_session_;
    bool begun_ = false; // the connection is busy with it
    bool sent_ = false;
};

template <class Stream>
void driver<Stream>::resume(std::error_code ec, std::size_t transferred)
{
    self_type::run(*this, [&](self_type& self) { run(self, ec, transferred); });
}

template <class Stream>
void driver<Stream>::set_exchange(command::any_exchange& exchange) noexcept
{
    exchange_ = &exchange;
}

template <class Stream>
driver<Stream>::~driver()
{
    if (!connection_ || !begun_)
        return;
    connection_->close();
    connection_->end();
}

template <class Stream>
void driver<Stream>::run(self_type& self, std::error_code ec, std::size_t transferred)
{
    POP3_TRY
    {
        go_on(self, ec, transferred);
    }
    POP3_CATCH(...)
    {
        // By a function of the user's, or for want of memory. The handler hears of it, unless that is what cannot be
        // done, or this was lost on its way.
        if (!self.owns() || at_ == stage::threw)
            POP3_RETHROW;
        hold_exception(self);
    }
}

template <class Stream>
void driver<Stream>::go_on(self_type& self, std::error_code ec, std::size_t transferred)
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
        if constexpr (works_at_once<Stream>)
            detail::stop_waiting(connection_->stream);
        if (ec)
            return fail(self, ec);
        return read_on(self);
    case stage::computing:
        return compute(self);
    case stage::shutting_down:
        return succeed(self);
    case stage::threw:
        return complete_with(self, error_);
    }
}

template <class Stream>
void driver<Stream>::start(self_type& self)
{
    error_ = what_forbids_it();
    if (error_) {
        // A handler must not be called before the function that it was passed to has returned.
        at_ = stage::not_started;
        return detail::post(std::move(self).next());
    }
    at_ = stage::running;
    if (part_ == part::whole) {
        connection<Stream>::begin(connection_, time());
        begun_ = true;
    }
    exchange_->watch(
        {connection_->closed(), this->slot().is_connected() ? &driver::was_cancelled : nullptr, this});
    if (traits_.first == command::next::write && !stopped())
        send();
    // The line that is in the output may hold a secret: it is not sent any more.
    if (stopped())
        connection_->close();
    if (connection_->closed() || traits_.first == command::next::read || exchange_->finished())
        return detail::post(std::move(self).next());
    wait(self);
}

template <class Stream>
std::chrono::milliseconds driver<Stream>::time() const
{
    if (time_)
        return *time_;
    const auto& l = connection_->limits;
    return traits_.first == command::next::read && !traits_.goes_on ? l.connect_time : l.operation_time;
}

template <class Stream>
std::error_code driver<Stream>::what_forbids_it()
{
    if (part_ == part::step)
        return {};
    if (const auto ec = detail::what_forbids_to_use(connection_))
        return ec;
    const bool writes = traits_.first == command::next::write;
    if (traits_.reveals_secret && !detail::may_reveal(connection_->stream))
        return errc::cleartext_not_allowed;
    if (writes)
        if (const auto ec = connection_->unasked())
            return ec;
    if (const auto ec = (exchange_->check)())
        return ec;
    return writes && !traits_.sends_ahead ? write_line() : std::error_code();
}

template <class Stream>
std::error_code driver<Stream>::write_line()
{
    auto& line = connection_->output;
    line.show(connection_->observed());
    auto ec = exchange_->write(line);
    if (!ec)
        ec = line.end();
    if (ec)
        line.clear();
    return ec;
}

template <class Stream>
std::error_code driver<Stream>::ask()
{
    if (const auto ec = connection_->unasked())
        return ec;
    return write_line();
}

template <class Stream>
void driver<Stream>::send()
{
    auto& c = *connection_;
    if (traits_.sends_ahead) {
        c.output.show(c.observed());
        while (exchange_->write_ahead(c.output, c.limits) && !stopped())
            c.show_sent();
    } else {
        c.show_sent();
    }
    if (stopped())
        return c.output.clear();
    if (!traits_.sends_ahead || !sent_)
        connection_->await_reply();
    // From here on the server may have got it, however the write ends.
    sent_ = true;
    connection<Stream>::send(connection_);
}

template <class Stream>
void driver<Stream>::read_on(self_type& self)
{
    auto& c = *connection_;
    std::size_t octets = 0;
    int reads = 0;
    for (bool fresh = true;; fresh = false) {
        if (stopped()) {
            c.output.clear();
            return fail(self, asio::error::operation_aborted);
        }
        if (!c.input.empty() || (fresh && traits_.goes_on) || exchange_->finished()) {
            std::error_code ec;
            const auto wanted = feed(ec);
            // By what it showed something to. That this was the last line does not matter: nobody can know.
            if (stopped())
                continue;
            if (ec)
                return fail(self, ec);
            switch (wanted) {
            case command::next::done:
                // What was answered may not even have left: that is the answer to nothing.
                if (!c.output.octets().empty() && !exchange_->closes())
                    return fail(self, errc::unexpected_data);
                return end_session_or_succeed(self);
            case command::next::write:
                send();
                if (stopped())
                    continue;
                return wait(self);
            case command::next::compute:
                return compute_later(self);
            case command::next::read:
                break;
            }
            if (traits_.sends_ahead && c.can_send() && exchange_->may_send(c.limits)) {
                if (c.output.octets().size() >= (std::max<std::size_t>)(c.limits.pipeline_octets, 1))
                    return fail(self, errc::unexpected_data);
                send();
                // It found an error instead of a line, and there is no reply left to wait for.
                if (stopped() || exchange_->finished())
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
                return detail::post(std::move(self).next());
            }
        } else {
            return wait(self);
        }
    }
}

template <class Stream>
command::next driver<Stream>::feed(std::error_code& ec)
{
    auto& c = *connection_;
    const auto input = c.input.data();
    auto rest = input;
    const auto wanted = exchange_->consume(rest, c.limits, ec);
    // An observer is shown what could not be read as well.
    c.use_input(is_fatal(ec) ? input.size() : input.size() - rest.size(), traits_.hides_challenges);
    // What comes before it was asked for is the answer to nothing.
    const bool asks = wanted == command::next::write || wanted == command::next::compute;
    if ((!ec && asks) || (ec && !is_fatal(ec) && !traits_.sends_ahead))
        ec = !rest.empty() ? errc::unexpected_data : ec;
    if (!ec && wanted == command::next::write)
        ec = ask();
    return wanted;
}

template <class Stream>
void driver<Stream>::compute_later(self_type& self)
{
    at_ = stage::computing;
    octets_ = 0; // it is not the server that is slow now
    detail::post(std::move(self).next());
}

template <class Stream>
void driver<Stream>::compute(self_type& self)
{
    if (stopped())
        return fail(self, asio::error::operation_aborted);
    std::error_code ec;
    const auto wanted = exchange_->compute(ec);
    if (!ec && wanted == command::next::write)
        ec = ask();
    if (ec)
        return fail(self, ec);
    if (wanted == command::next::compute)
        return compute_later(self);
    send();
    if (stopped())
        return fail(self, asio::error::operation_aborted);
    wait(self);
}

template <class Stream>
void driver<Stream>::wait(self_type& self)
{
    auto& c = *connection_;
    earn_time();
    if constexpr (works_at_once<Stream>) {
        c.input.rest();
        at_ = stage::running;
        detail::wait_to_read(c.stream, std::move(self).next());
    } else {
        at_ = stage::reading;
        const auto room = c.input.prepare();
        c.stream.async_read_some(room, std::move(self).next());
    }
}

template <class Stream>
void driver<Stream>::earn_time()
{
    if (part_ == part::step)
        return;
    const auto answered = exchange_->answered();
    const auto progress = (std::max<std::size_t>)(connection_->limits.progress_octets, 1);
    if (octets_ < progress && answered == answered_)
        return;
    octets_ = 0;
    answered_ = answered;
    connection_->move_deadline(time());
}

template <class Stream>
bool driver<Stream>::stopped() const noexcept
{
    return this->cancelled() || connection_->closed();
}

template <class Stream>
bool driver<Stream>::was_cancelled(const void* at) noexcept
{
    return static_cast<const driver*>(at)->cancelled();
}

template <class Stream>
void driver<Stream>::end_session_or_succeed(self_type& self)
{
    if (ends_session_) {
        auto& c = *connection_;
        // The reply to QUIT was the last thing to learn: there is nothing to wait for.
        if constexpr (buffered_stream<Stream>) {
            c.stream.say_goodbye();
        } else if constexpr (requires { c.stream.async_shutdown(std::move(self).next()); }) {
            connection<Stream>::restart_deadline(connection_, c.limits.shutdown_time);
            at_ = stage::shutting_down;
            if (!c.closed())
                return c.stream.async_shutdown(std::move(self).next());
        }
    }
    succeed(self);
}

template <class Stream>
void driver<Stream>::succeed(self_type& self)
{
    if (ends_session_ || exchange_->closes())
        connection_->close();
    if (part_ == part::whole)
        connection_->end();
    remember();
    begun_ = false;
    conclude(connection_ptr(connection_)); // without memory for that, the connection must still be closed
    connection_.reset();
    self.complete();
}

template <class Stream>
void driver<Stream>::remember()
{
    auto& c = *connection_;
    if (const auto& known = exchange_->known())
        c.learn(known);
    if (const auto chosen = exchange_->chosen())
        c.login_mechanism = *chosen;
    if (const auto refuses = exchange_->refuses_binding())
        detail::remember_binding(c.stream, *refuses);
}

template <class Stream>
void driver<Stream>::fail(self_type& self, std::error_code ec)
{
    ec = exchange_->explain(connection_->reason(ec));
    if (ec == errc::timed_out && octets_ != 0 && (traits_.first == command::next::write || traits_.goes_on))
        ec = errc::too_slow;
    // What could not be said is no reason to hang up.
    if (is_fatal(ec))
        connection_->close();
    if (settled(ec))
        return succeed(self);
    remember();
    if (part_ == part::whole)
        connection_->end();
    begun_ = false;
    complete_with(self, ec);
}

template <class Stream>
bool driver<Stream>::settled(std::error_code ec) const
{
    return ends_connection(ec) && exchange_->settles();
}

template <class Stream>
void driver<Stream>::hold_exception(self_type& self)
{
    thrown_ = std::current_exception();
    if (at_ == stage::start) {
        connection_->output.drop_line(); // half of it may have been written
        error_ = errc::not_begun;
    } else {
        if (connection_) {
            connection_->close();
            if (part_ == part::whole)
                connection_->end();
        }
        error_ = errc::function_threw;
    }
    begun_ = false;
    at_ = stage::threw;
    detail::post(std::move(self).next());
}

template <class Stream>
void driver<Stream>::complete_with(self_type& self, std::error_code ec)
{
    conclude(std::move(connection_), ec, sent_, thrown_);
    self.complete();
}

} // namespace pop3::detail
