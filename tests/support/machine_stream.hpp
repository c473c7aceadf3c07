// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/pop3_machine.hpp"

#include <pop3/stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace test {

/// A connection to a `pop3_machine`, in the process. It can be cut. The test keeps it, and looks at it when the session is gone.
struct wire {
    explicit wire(pop3_machine& m) : machine(m), from_server(m.greet())
    {
    }

    pop3_machine& machine;
    std::string from_server;
    std::size_t given = 0; // of it
    std::size_t received = 0;
    std::size_t sent = 0;
    /// Behind so many octets of the server's, or of the client's, it is cut. What the client sends is heard up to there.
    std::size_t cut_after_received = static_cast<std::size_t>(-1);
    std::size_t cut_after_sent = static_cast<std::size_t>(-1);
    /// What reads say when it was cut.
    std::error_code end = asio::error::eof;
    /// No read gives more.
    std::size_t most = 65536;
    /// No read gives octets from both sides of this offset in what the server says.
    std::size_t split_at = 0;
    bool cut = false;
    bool closed = false;

    bool has_ended() const
    {
        return cut || received >= cut_after_received || (machine.closed() && given == from_server.size());
    }

    std::size_t read(asio::mutable_buffer into)
    {
        const auto to_split = received < split_at ? split_at - received : most;
        const auto n = (std::min)(
            {into.size(), from_server.size() - given, most, to_split, cut_after_received - received});
        asio::buffer_copy(into, asio::buffer(from_server.data() + given, n));
        given += n;
        received += n;
        return n;
    }

    void write(std::string_view octets)
    {
        const auto heard = octets.substr(0, cut_after_sent - sent);
        sent += heard.size();
        from_server.erase(0, given);
        given = 0;
        from_server += machine.hear(heard);
        // What it answers to what it heard may still arrive, or not.
        cut = heard.size() != octets.size() || sent >= cut_after_sent;
    }
};

/// The client's end of a `wire`.
class machine_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = machine_stream;

    machine_stream(executor_type executor, std::shared_ptr<wire> w)
        : executor_(std::move(executor)), wire_(std::move(w)),
          waiting_(std::make_shared<std::unique_ptr<reader>>())
    {
    }

    machine_stream(machine_stream&&) = default;

    executor_type get_executor() const
    {
        return executor_;
    }

    machine_stream& lowest_layer()
    {
        return *this;
    }

    void close(std::error_code& ec)
    {
        ec = {};
        wire_->closed = true;
        serve();
    }

    template <class Token>
    auto async_read_some(asio::mutable_buffer into, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, into]<class Handler>(Handler handler) {
                const auto slot = asio::get_associated_cancellation_slot(handler);
                *waiting_ = std::make_unique<reader_with<Handler>>(into, std::move(handler));
                this->serve();
                if (*waiting_ && slot.is_connected()) {
                    auto connected = slot;
                    connected.assign([weak = std::weak_ptr(waiting_), executor = executor_](auto) {
                        if (const auto waiting = weak.lock(); waiting && *waiting)
                            std::exchange(*waiting, nullptr)
                                ->complete(executor, asio::error::operation_aborted, 0);
                    });
                }
            },
            token);
    }

    template <class Token>
    auto async_write_some(asio::const_buffer from, Token&& token)
    {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [this, from]<class Handler>(Handler handler) {
                std::error_code ec;
                if (wire_->closed)
                    ec = asio::error::bad_descriptor;
                else if (wire_->cut)
                    ec = asio::error::broken_pipe;
                else
                    wire_->write({static_cast<const char*>(from.data()), from.size()});
                machine_stream::post(executor_, std::move(handler), ec, ec ? 0 : from.size());
                this->serve();
            },
            token);
    }

    template <class Buffers, class Token>
        requires(!std::convertible_to<const Buffers&, asio::const_buffer>)
    auto async_write_some(const Buffers& from, Token&& token)
    {
        return async_write_some(asio::const_buffer(*asio::buffer_sequence_begin(from)),
                                std::forward<Token>(token));
    }

private:
    struct reader {
        explicit reader(asio::mutable_buffer b) : into(b)
        {
        }
        virtual ~reader() = default;
        virtual void complete(const executor_type& executor, std::error_code ec, std::size_t n) = 0;

        asio::mutable_buffer into;
    };

    template <class Handler>
    struct reader_with final : reader {
        reader_with(asio::mutable_buffer b, Handler h) : reader(b), handler(std::move(h))
        {
        }

        void complete(const executor_type& executor, std::error_code ec, std::size_t n) override
        {
            machine_stream::post(executor, std::move(handler), ec, n);
        }

        Handler handler;
    };

    template <class Handler>
    static void post(const executor_type& fallback, Handler handler, std::error_code ec, std::size_t n)
    {
        const auto executor = asio::get_associated_executor(handler, fallback);
        asio::post(executor, [h = std::move(handler), ec, n]() mutable { std::move(h)(ec, n); });
    }

    void serve()
    {
        if (!*waiting_)
            return;
        std::error_code ec;
        std::size_t n = 0;
        if (wire_->closed)
            ec = asio::error::bad_descriptor;
        else if (wire_->given != wire_->from_server.size() && wire_->received < wire_->cut_after_received)
            n = wire_->read((*waiting_)->into);
        else if (wire_->has_ended())
            ec = wire_->machine.closed() ? asio::error::eof : wire_->end;
        else
            return;
        const auto done = std::move(*waiting_);
        done->complete(executor_, ec, n);
    }

    executor_type executor_;
    std::shared_ptr<wire> wire_;
    std::shared_ptr<std::unique_ptr<reader>> waiting_;
};

} // namespace test

template <>
inline constexpr bool pop3::is_secure_stream<test::machine_stream> = true;
