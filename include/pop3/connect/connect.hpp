// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/await_greeting.hpp>
#include <pop3/connect/dial.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/error.hpp>
#include <pop3/reply.hpp>
#include <pop3/stream.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream_base.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// Dials, does the handshake and reads the greeting, all before one deadline.
template <class Stream, class Greeted>
class connect {
public:
    using reply_type = typename Greeted::reply_type;

    connect(std::shared_ptr<connection<Stream>> c, std::shared_ptr<dial> d, std::error_code unusable)
        : connection_(std::move(c)), dial_(std::move(d)), error_(unusable)
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec = {});

    /// The greeting was read, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply_type reply);

private:
    using clock = std::chrono::steady_clock;
    enum class stage { start, not_started, dialling, handshaking };

    template <class Self>
    void start(Self& self);

    template <class Self>
    void dialled(Self& self);

    template <class Self>
    void greet(Self& self);

    void start_deadline();

    template <class Self>
    static bool cancelled(Self& self);

    /// A cancellation, or the deadline, came when a step was done and its handler had not run yet.
    template <class Self>
    bool stopped(Self& self) const;

    std::error_code handshake_error(std::error_code ec);

    template <class Self>
    void fail(Self& self, std::error_code ec);

    std::shared_ptr<connection<Stream>> connection_;
    std::shared_ptr<dial> dial_;
    clock::time_point deadline_;
    std::error_code error_;
    stage at_ = stage::start;
};

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::operator()(Self& self, std::error_code ec)
{
    switch (at_) {
    case stage::start:
        return start(self);
    case stage::not_started:
        return fail(self, error_);
    case stage::dialling:
        return dialled(self);
    case stage::handshaking:
        if (ec)
            return fail(self, handshake_error(ec));
        if (stopped(self))
            return fail(self, connection_->reason(asio::error::operation_aborted));
        return greet(self);
    }
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::operator()(Self& self, std::error_code ec, reply_type reply)
{
    if (ec == errc::timed_out && !is_secure_stream<Stream> && connection_->input.data().empty())
        ec = errc::no_greeting;
    if (ec)
        reply = reply_type(detail::failed_at(dial_->place(), reply));
    connection_->end();
    connection_.reset();
    self.complete(ec, std::move(reply));
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::start(Self& self)
{
    deadline_ = clock::now() + bounded(connection_->limits.connect_time);
    if (error_) {
        at_ = stage::not_started;
        return detail::post(std::move(self).next());
    }
    at_ = stage::dialling;
    const auto d = dial_;
    d->begin(deadline_, std::move(self).next());
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::dialled(Self& self)
{
    auto ec =
        dial_->result(cancelled(self) ? asio::error::operation_aborted : make_error_code(errc::timed_out));
    if (!ec && stopped(self))
        ec = asio::error::operation_aborted;
    if (ec)
        return fail(self, ec);
    auto& socket = connection_->stream.lowest_layer();
    socket = std::move(dial_->socket());
    // With Nagle's algorithm a command would wait for the acknowledgement of the one before.
    socket.set_option(asio::ip::tcp::no_delay(true), ec);
    start_deadline();
    if constexpr (requires {
                      connection_->stream.async_handshake(asio::ssl::stream_base::client,
                                                          std::move(self).next());
                  }) {
        at_ = stage::handshaking;
        auto& stream = connection_->stream;
        stream.async_handshake(asio::ssl::stream_base::client, std::move(self).next());
    } else {
        greet(self);
    }
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::greet(Self& self)
{
    auto c = connection_;
    const asio::any_io_executor executor = c->stream.get_executor();
    detail::async_drive(std::move(c), executor, command::await_greeting(), Greeted(), part::step,
                        std::move(self));
}

template <class Stream, class Greeted>
void connect<Stream, Greeted>::start_deadline()
{
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now());
    // With no time at all what comes next would not be waited for.
    connection<Stream>::begin(connection_, (std::max)(time, std::chrono::milliseconds(1)));
}

template <class Stream, class Greeted>
template <class Self>
bool connect<Stream, Greeted>::cancelled(Self& self)
{
    return self.cancelled();
}

template <class Stream, class Greeted>
template <class Self>
bool connect<Stream, Greeted>::stopped(Self& self) const
{
    return connection_->closed() || cancelled(self);
}

template <class Stream, class Greeted>
std::error_code connect<Stream, Greeted>::handshake_error(std::error_code ec)
{
    if constexpr (requires { connection_->stream.handshake_error(ec); })
        ec = connection_->stream.handshake_error(ec);
    return connection_->reason(ec);
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::fail(Self& self, std::error_code ec)
{
    const no_reply named(dial_->place());
    connection_->close();
    connection_->end();
    connection_.reset();
    self.complete(ec, reply_type(named));
}

} // namespace pop3::detail
