// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// How an operation ends.

#include <pop3/detail/driver.hpp>
#include <pop3/detail/ends_connection.hpp>
#include <pop3/error.hpp>
#include <pop3/tls/refused_binding.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace pop3::detail {

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
