// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/side_step.hpp>
#include <pop3/tls/engine.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

inline void flush_later(const std::shared_ptr<tls_engine>& engine);

/// The wait of `flush_later`.
class flush_wait final : public side_step {
public:
    explicit flush_wait(const std::shared_ptr<tls_engine>& engine)
        : side_step(engine->socket().get_executor()), engine_(engine)
    {
    }

private:
    void done(std::error_code ec, std::size_t) noexcept override
    {
        engine_->end_flushing();
        if (!ec && engine_->flush() == asio::error::would_block)
            flush_later(engine_);
    }

    void dropped() noexcept override
    {
        engine_->end_flushing();
    }

    const std::shared_ptr<tls_engine> engine_;
};

/// Sends what is left over, while nobody waits for that: it came up while something was read, say. It must not keep the
/// reader from waiting for input, as the peer may take nothing before it has got rid of what it sends.
inline void flush_later(const std::shared_ptr<tls_engine>& engine)
{
    if (!engine->begin_flushing())
        return;
    POP3_TRY
    {
        step waits(operation_ptr(new flush_wait(engine)));
        engine->socket().async_wait(asio::ip::tcp::socket::wait_write, std::move(waits));
    }
    POP3_CATCH(...)
    {
        // There is no memory. What waits to read would not be told, but is by this.
        engine->end_flushing();
        std::error_code ignored;
        engine->socket().close(ignored);
    }
}

POP3_DECL void wait_to_read(const std::shared_ptr<tls_engine>& engine, step handler)
{
    auto& socket = engine->socket();
    engine->flush();
    if (engine->must_flush())
        return socket.async_wait(asio::ip::tcp::socket::wait_write, std::move(handler));
    if (engine->has_input())
        return detail::post(std::move(handler));
    flush_later(engine);
    engine->reader_waits(true);
    socket.async_wait(asio::ip::tcp::socket::wait_read, std::move(handler));
}

POP3_DECL tls_operation::tls_operation(std::shared_ptr<tls_engine> engine, action what)
    : engine_(std::move(engine)), action_(what)
{
}

POP3_DECL tls_operation::tls_operation(std::shared_ptr<tls_engine> engine, asio::mutable_buffer to)
    : engine_(std::move(engine)), to_(to), action_(action::read)
{
}

POP3_DECL tls_operation::tls_operation(std::shared_ptr<tls_engine> engine, asio::const_buffer from)
    : engine_(std::move(engine)), from_(from), action_(action::write)
{
}

POP3_DECL void tls_operation::resume(std::error_code ec, std::size_t)
{
    self_type::run(*this, [&](self_type& self) { go_on(self, ec); });
}

POP3_DECL void tls_operation::go_on(self_type& self, std::error_code ec)
{
    const auto before = at_;
    if (before == stage::waiting_for_input) {
        if (writes() && engine_->woken())
            ec = {};
        waits_for_input(false);
    }
    if (before != stage::done) {
        if (!ec && cancelled())
            ec = asio::error::operation_aborted;
        if (!ec) {
            ec = step(before == stage::waiting_for_input);
            if (ec == asio::error::would_block)
                return wait(self);
        }
        error_ = ec;
        at_ = stage::done;
        // A handler must not be called before the function that it was passed to has returned.
        if (before == stage::start)
            return detail::post(std::move(self).next());
    }
    // Of what was written and not sent, nobody knows how much has arrived.
    if (error_ && writes())
        transferred_ = 0;
    engine_.reset();
    self.complete();
}

/// `would_block`: is to be done again when something has come, or could be sent.
POP3_DECL std::error_code tls_operation::step(bool waited_for_input)
{
    std::error_code ec;
    switch (action_) {
    case action::handshake:
        return shake_hands(waited_for_input);
    case action::shutdown:
        return engine_->shutdown();
    case action::wait_to_read:
        return look_for_input(waited_for_input);
    case action::read:
        transferred_ = engine_->read(to_.data(), to_.size(), ec);
        return ec;
    case action::wait_to_write:
        return flush(waited_for_input);
    case action::write:
        return write();
    case action::refused:
        break;
    }
    return asio::error::operation_not_supported;
}

POP3_DECL std::error_code tls_operation::shake_hands(bool waited_for_input)
{
    if (!shook_hands_) {
        // Before it has said something there is nothing to read.
        if (const auto ec = engine_->handshake(waited_for_input))
            return ec;
        shook_hands_ = true;
    }
    return engine_->flush();
}

POP3_DECL std::error_code tls_operation::look_for_input(bool waited_for_input)
{
    engine_->flush();
    if (!engine_->must_flush() && (waited_for_input || engine_->has_input()))
        return {};
    return asio::error::would_block;
}

POP3_DECL std::error_code tls_operation::flush(bool waited_for_input)
{
    const auto ec = engine_->flush();
    if (ec || waited_for_input || !engine_->in_message())
        return ec;
    return asio::error::would_block;
}

POP3_DECL std::error_code tls_operation::write()
{
    std::error_code ec;
    if (transferred_ == 0)
        transferred_ = engine_->write(from_.data(), from_.size(), ec);
    return ec ? ec : engine_->flush();
}

POP3_DECL void tls_operation::wait(self_type& self)
{
    auto& socket = engine_->socket();
    if (wants_output()) {
        at_ = stage::waiting_for_output;
        return socket.async_wait(asio::ip::tcp::socket::wait_write, std::move(self).next());
    }
    flush_later(engine_);
    waits_for_input(true);
    at_ = stage::waiting_for_input;
    socket.async_wait(asio::ip::tcp::socket::wait_read, std::move(self).next());
}

POP3_DECL bool tls_operation::wants_output() const
{
    const bool only_reads = action_ == action::wait_to_read || action_ == action::read;
    return only_reads ? engine_->must_flush() : engine_->has_output();
}

POP3_DECL bool tls_operation::writes() const noexcept
{
    return action_ == action::wait_to_write || action_ == action::write;
}

POP3_DECL void tls_operation::waits_for_input(bool on)
{
    if (writes())
        engine_->writer_waits(on);
    else
        engine_->reader_waits(on);
}

} // namespace pop3::detail
