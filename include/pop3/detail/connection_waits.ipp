// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// What a connection waits for beside the operation: that what is in flight is sent, and its deadline.

#include <pop3/config.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/side_step.hpp>

#include <asio/buffer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>

namespace pop3::detail {

/// Some of what was in flight is sent, or nothing more can be.
template <async_stream Stream>
class connection<Stream>::sender final : public side_step {
public:
    explicit sender(const std::shared_ptr<connection>& c)
        : side_step(c->timer_.get_executor()), connection_(c)
    {
    }

private:
    void done(std::error_code ec, std::size_t octets) noexcept override
    {
        auto& c = *connection_;
        c.unsent_ += octets;
        const bool goes_on = !ec && octets != 0 && c.unsent_.size() != 0;
        if (!goes_on)
            c.sent(ec);
        if (ec)
            return;
        // The operation waits for a reply: what is thrown would not reach it.
        POP3_TRY
        {
            if (goes_on)
                send_rest(connection_);
            else
                send(connection_); // more may have come since
        }
        POP3_CATCH(...)
        {
            c.run_out();
        }
    }

    void dropped() noexcept override
    {
    }

    std::shared_ptr<connection> connection_;
};

template <async_stream Stream>
void connection<Stream>::send_rest(const std::shared_ptr<connection>& self)
{
    self->stream.async_write_some(asio::buffer(self->unsent_), step(operation_ptr(new sender(self))));
}

// It does not keep the connection. (Not a `side_step`: there is one for each command, and that would take 290 instructions more.)
template <async_stream Stream>
void connection<Stream>::wait_for_deadline(const std::shared_ptr<connection>& self)
{
    self->timer_.expires_at(self->deadline_);
    self->timer_.async_wait([weak = std::weak_ptr(self), round = self->round_](std::error_code ec) {
        const auto c = weak.lock();
        // A timer that went off just as it was stopped cannot be called back any more.
        if (ec || !c || c->round_ != round)
            return;
        if (c->deadline_ <= std::chrono::steady_clock::now())
            return c->expire();
        POP3_TRY
        {
            wait_for_deadline(c);
        }
        POP3_CATCH(...)
        {
            c->run_out();
        }
    });
}

} // namespace pop3::detail
