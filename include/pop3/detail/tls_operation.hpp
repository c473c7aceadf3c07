// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/compose.hpp>
#include <pop3/tls/engine.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

enum class tls_want { input, output };

/// Sends what is left over, while nobody waits for that: it came up while something was read, say. It must not keep the
/// reader from waiting for input, as the peer may take nothing before it has got rid of what it sends.
inline void flush_later(std::shared_ptr<tls_engine> engine)
{
    if (!engine->begin_flushing())
        return;
    try {
        engine->socket().async_wait(asio::ip::tcp::socket::wait_write, [engine](std::error_code ec) {
            engine->end_flushing();
            if (!ec && engine->flush() == asio::error::would_block)
                flush_later(engine);
        });
    } catch (...) {
        // There is no memory. What waits to read would not be told, but is by this.
        engine->end_flushing();
        std::error_code ignored;
        engine->socket().close(ignored);
    }
}

/// Waits, for who reads with `read_now`, until it may be worth while to do so again. It takes no memory of its own, and
/// `stop_waiting` must be called when it has ended.
inline void wait_to_read(const std::shared_ptr<tls_engine>& engine, step handler)
{
    auto& socket = engine->socket();
    engine->flush();
    if (engine->must_flush())
        return socket.async_wait(asio::ip::tcp::socket::wait_write, std::move(handler));
    if (engine->has_input())
        return asio::post(std::move(handler));
    flush_later(engine);
    engine->reader_waits(true);
    socket.async_wait(asio::ip::tcp::socket::wait_read, std::move(handler));
}

/// What a `tls_stream` does and may have to wait for.
///
/// Action:
///     static constexpr bool writes;                                    // beside one that reads
///     std::error_code step(tls_engine&, bool waited_for_input)         // would_block: wait
///     tls_want wants(const tls_engine&)
///     void complete(Self&, std::error_code)
template <class Action>
class tls_operation {
public:
    tls_operation(std::shared_ptr<tls_engine> engine, const Action& action)
        : engine_(std::move(engine)), action_(action)
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec = {})
    {
        if (at_ == stage::done)
            return complete(self);
        const auto before = std::exchange(at_, stage::start);
        if (before == stage::waiting_for_input)
            ec = end_input_wait(ec);
        if (!ec && self.cancelled())
            ec = asio::error::operation_aborted;
        if (!ec) {
            ec = action_.step(*engine_, before == stage::waiting_for_input);
            if (ec == asio::error::would_block)
                return wait(self);
        }
        error_ = ec;
        at_ = stage::done;
        if (before != stage::start)
            return complete(self);
        // A handler must not be called before the function that it was passed to has returned.
        detail::post(std::move(self).next());
    }

private:
    enum class stage { start, waiting_for_input, waiting_for_output, done };

    template <class Self>
    void wait(Self& self)
    {
        auto& socket = engine_->socket();
        if (action_.wants(*engine_) == tls_want::output) {
            at_ = stage::waiting_for_output;
            return socket.async_wait(asio::ip::tcp::socket::wait_write, std::move(self).next());
        }
        flush_later(engine_);
        waits_for_input(true);
        at_ = stage::waiting_for_input;
        socket.async_wait(asio::ip::tcp::socket::wait_read, std::move(self).next());
    }

    void waits_for_input(bool on)
    {
        if constexpr (Action::writes)
            engine_->writer_waits(on);
        else
            engine_->reader_waits(on);
    }

    std::error_code end_input_wait(std::error_code ec)
    {
        if (Action::writes && engine_->woken())
            ec = {};
        waits_for_input(false);
        return ec;
    }

    template <class Self>
    void complete(Self& self)
    {
        engine_.reset();
        action_.complete(self, error_);
    }

    std::shared_ptr<tls_engine> engine_;
    Action action_;
    std::error_code error_;
    stage at_ = stage::start;
};

/// What most of them have in common.
struct tls_action {
    static constexpr bool writes = false;

    static tls_want wants(const tls_engine& engine)
    {
        return engine.has_output() ? tls_want::output : tls_want::input;
    }

    template <class Self>
    void complete(Self& self, std::error_code ec) const
    {
        self.complete(ec);
    }
};

struct tls_handshake : tls_action {

    explicit tls_handshake(bool is_client) : client(is_client)
    {
    }

    std::error_code step(tls_engine& engine, bool waited_for_input)
    {
        if (!client)
            return asio::error::operation_not_supported;
        if (!done) {
            // Before it has said something there is nothing to read.
            if (const auto ec = engine.handshake(waited_for_input))
                return ec;
            done = true;
        }
        return engine.flush();
    }

    bool client;
    bool done = false;
};

struct tls_shutdown : tls_action {
    static std::error_code step(tls_engine& engine, bool)
    {
        return engine.shutdown();
    }
};

/// Waits until there may be something to read.
struct tls_readable : tls_action {
    static std::error_code step(tls_engine& engine, bool waited_for_input)
    {
        engine.flush();
        if (!engine.must_flush() && (waited_for_input || engine.has_input()))
            return {};
        return asio::error::would_block;
    }

    static tls_want wants(const tls_engine& engine)
    {
        return engine.must_flush() ? tls_want::output : tls_want::input;
    }
};

struct tls_read : tls_readable {
    explicit tls_read(asio::mutable_buffer buffer) : to(buffer)
    {
    }

    std::error_code step(tls_engine& engine, bool)
    {
        std::error_code ec;
        read = engine.read(to.data(), to.size(), ec);
        return ec;
    }

    template <class Self>
    void complete(Self& self, std::error_code ec) const
    {
        self.complete(ec, read);
    }

    asio::mutable_buffer to;
    std::size_t read = 0;
};

/// Waits until all is sent, and more can be written.
struct tls_writable : tls_action {
    static constexpr bool writes = true;

    static std::error_code step(tls_engine& engine, bool waited_for_input)
    {
        const auto ec = engine.flush();
        if (ec || waited_for_input || !engine.in_message())
            return ec;
        return asio::error::would_block;
    }
};

struct tls_write : tls_writable {
    explicit tls_write(asio::const_buffer buffer) : from(buffer)
    {
    }

    std::error_code step(tls_engine& engine, bool)
    {
        if (written == 0) {
            std::error_code ec;
            written = engine.write(from.data(), from.size(), ec);
            if (ec)
                return ec;
        }
        return engine.flush();
    }

    template <class Self>
    void complete(Self& self, std::error_code ec) const
    {
        self.complete(ec, ec ? 0 : written);
    }

    asio::const_buffer from;
    std::size_t written = 0;
};

/// `Signature` is what `Action` completes with.
template <class Signature, class Action, class Token>
auto async_tls(std::shared_ptr<tls_engine> engine, const Action& action, Token&& token)
{
    auto& socket = engine->socket();
    return detail::compose_here<Token, Signature>(tls_operation<Action>(std::move(engine), action), token,
                                                  socket.get_executor());
}

} // namespace pop3::detail
