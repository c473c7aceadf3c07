// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// How an operation begins, and sends its lines.

#include <pop3/config.hpp>
#include <pop3/detail/driver.hpp>
#include <pop3/error.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>
#include <utility>

namespace pop3::detail {

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
    if (traits_.reveals_secret && !connection_->may_reveal)
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

} // namespace pop3::detail
