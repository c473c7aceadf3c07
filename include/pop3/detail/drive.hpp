// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/exchange.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/remember.hpp>
#include <pop3/error.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/compose.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/system_executor.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <cstddef>
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

    void operator()(std::error_code ec, std::size_t transferred = 0)
    {
        self(ec, transferred);
    }

    Self self;
};

/// The one operation that does I/O for commands: writes what an exchange wants to write, reads, feeds the exchange,
/// and completes with what `Finish` makes of it. It owns what it works with, so that the session object may be
/// moved or destroyed while it runs.
///
/// Finish:
///     using reply_type = ...;
///     static constexpr bool ends_session;            // the stream is shut down after the reply
///     reply_type succeed(connection, exchange)
///     reply_type fail(connection, ec, sent)          // sent: it may have reached the server
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
            // An observer, a command or an allocation threw: nobody will complete the operation any more.
            // One that had not begun leaves the session as it was.
            const bool begun = at_ != stage::start && at_ != stage::not_started && at_ != stage::completed;
            if (const auto c = begun ? watched.lock() : nullptr) {
                c->close();
                c->end();
            }
            throw;
        }
    }

private:
    enum class stage { start, not_started, writing, reading, shutting_down, completed };

    template <class Self>
    void step(Self& self, std::error_code ec, std::size_t transferred)
    {
        switch (at_) {
        case stage::start:
            return start(self);
        case stage::not_started:
            if (connection_ && !connection_->busy() && is_fatal(error_))
                connection_->close();
            return complete_with(self, error_);
        case stage::writing:
            connection_->output.clear();
            if (ec)
                return fail(self, ec);
            return advance(self);
        case stage::reading:
            connection_->input.commit(transferred);
            if (ec)
                return fail(self, ec);
            return advance(self);
        case stage::shutting_down:
            return succeed(self);
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
        at_ = Exchange::first == command::next::read ? stage::reading : stage::writing;
        if (part_ == part::whole)
            connection<Stream>::begin(connection_, time(), self.get_executor());
        continue_with(self, Exchange::first);
    }

    std::chrono::milliseconds time() const
    {
        if (time_)
            return *time_;
        const auto& l = connection_->limits;
        return Exchange::first == command::next::read ? l.connect_time : l.operation_time;
    }

    /// Nothing was sent yet, and nothing is if this finds an error.
    std::error_code what_forbids_it()
    {
        if (part_ == part::step)
            return {};
        if (const auto ec = what_forbids_to_use(connection_))
            return ec;
        if (!connection_->input.data().empty()) {
            connection_->close();
            return errc::unexpected_data;
        }
        if constexpr (requires { exchange_.check(); })
            if (const auto ec = exchange_.check())
                return ec;
        if constexpr (Exchange::first == command::next::write)
            return write_line();
        return {};
    }

    std::error_code write_line()
    {
        auto& line = connection_->output;
        line.clear();
        line.show(connection_->observed());
        exchange_.write(line);
        const auto ec = line.end();
        if (ec)
            line.clear();
        return ec;
    }

    template <class Self>
    void advance(Self& self)
    {
        auto& c = *connection_;
        const auto input = c.input.data();
        auto rest = input;
        std::error_code ec;
        const auto wanted = exchange_.consume(rest, c.limits, ec);
        // An observer is shown what could not be read as well.
        c.use_input(is_fatal(ec) ? input.size() : input.size() - rest.size(), hides_challenges());
        // What comes before it was asked for is the answer to nothing.
        if ((!ec && wanted == command::next::write) || (ec && !is_fatal(ec)))
            ec = !rest.empty() ? errc::unexpected_data : ec ? ec : write_line();
        if (ec)
            return fail(self, ec);
        continue_with(self, wanted);
    }

    static constexpr bool hides_challenges()
    {
        if constexpr (requires { Exchange::hides_challenges; })
            return Exchange::hides_challenges;
        else
            return false;
    }

    template <class Self>
    void continue_with(Self& self, command::next wanted)
    {
        auto& c = *connection_;
        if (wanted == command::next::done)
            return end_session_or_succeed(self);
        if (self.get_cancellation_state().cancelled() != asio::cancellation_type::none || c.closed())
            return stop(self);
        if (wanted == command::next::write) {
            c.show_sent();
            at_ = stage::writing;
            // From here on the server may have got it, however the write ends.
            sent_ = true;
            const auto& octets = c.output.octets();
            asio::async_write(c.stream, asio::buffer(octets.data(), octets.size()),
                              step_handler<Self>{std::move(self)});
        } else {
            at_ = stage::reading;
            c.stream.async_read_some(c.input.prepare(), step_handler<Self>{std::move(self)});
        }
    }

    /// Before the line that is in the output is sent, which may hold a secret.
    template <class Self>
    void stop(Self& self)
    {
        connection_->output.clear();
        fail(self, asio::error::operation_aborted);
    }

    template <class Self>
    void end_session_or_succeed(Self& self)
    {
        if constexpr (Finish::ends_session) {
            auto& c = *connection_;
            if constexpr (requires { c.stream.async_shutdown(std::move(self)); }) {
                // However it ends: the reply to QUIT was the last thing to learn.
                connection<Stream>::restart_deadline(connection_, c.limits.shutdown_time,
                                                     self.get_executor());
                at_ = stage::shutting_down;
                return c.stream.async_shutdown(std::move(self));
            }
        }
        succeed(self);
    }

    template <class Self>
    void succeed(Self& self)
    {
        if constexpr (Finish::ends_session)
            connection_->close();
        if (part_ == part::whole)
            connection_->end();
        remember(*connection_, exchange_);
        // What it knows is wiped before the handler runs, which may take its time.
        auto exchange = std::optional<Exchange>(std::move(exchange_));
        auto reply = finish_.succeed(connection_, *exchange);
        exchange.reset();
        connection_.reset();
        at_ = stage::completed;
        self.complete({}, std::move(reply));
    }

    template <class Self>
    void fail(Self& self, std::error_code ec)
    {
        ec = connection_->reason(ec);
        // What could not be said is no reason to hang up.
        if (is_fatal(ec))
            connection_->close();
        remember(*connection_, exchange_);
        if (part_ == part::whole)
            connection_->end();
        complete_with(self, ec);
    }

    template <class Self>
    void complete_with(Self& self, std::error_code ec)
    {
        {
            [[maybe_unused]] const Exchange wiped(std::move(exchange_));
        }
        auto reply = finish_.fail(connection_, ec, sent_);
        connection_.reset();
        at_ = stage::completed;
        self.complete(ec, std::move(reply));
    }

    connection_ptr connection_;
    Exchange exchange_;
    Finish finish_;
    std::error_code error_;
    std::optional<std::chrono::milliseconds> time_;
    part part_;
    stage at_ = stage::start;
    bool sent_ = false;
};

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Stream, class Exchange, class Finish, class Token>
auto async_drive(std::shared_ptr<connection<Stream>> c, asio::any_io_executor executor, Exchange exchange,
                 Finish finish, part p, Token&& token, std::optional<std::chrono::milliseconds> time = {})
{
    if (!executor)
        executor = asio::system_executor();
    return asio::async_compose<Token, void(std::error_code, typename Finish::reply_type)>(
        drive<Stream, Exchange, Finish>(std::move(c), std::move(exchange), std::move(finish), p, time), token,
        executor);
}

} // namespace pop3::detail
