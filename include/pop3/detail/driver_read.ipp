// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// How an operation reads, and feeds its exchange.

#include <pop3/command/any_exchange.hpp>
#include <pop3/detail/at_once.hpp>
#include <pop3/detail/driver.hpp>
#include <pop3/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

namespace pop3::detail {

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

} // namespace pop3::detail
