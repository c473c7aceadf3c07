// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/await_greeting.hpp>
#include <pop3/connect/failed_attempts.hpp>
#include <pop3/connect/open_socket.hpp>
#include <pop3/connect/resolution.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/error.hpp>
#include <pop3/reply.hpp>
#include <pop3/stream.hpp>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream_base.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

/// Resolves, connects, does the handshake and reads the greeting, all before one deadline. The host is that of the
/// connection.
template <class Stream, class Greeted>
class connect {
public:
    using reply_type = typename Greeted::reply_type;

    connect(std::shared_ptr<connection<Stream>> c, std::error_code unusable, std::uint16_t port,
            std::vector<asio::ip::tcp::endpoint> endpoints)
        : connection_(std::move(c)), endpoints_(std::move(endpoints)), error_(unusable), port_(port)
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec = {});

    /// The greeting was read, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply_type reply);

private:
    using clock = std::chrono::steady_clock;
    enum class stage { start, not_started, addresses_known, resolving, connecting, handshaking };

    template <class Self>
    void start(Self& self);

    template <class Self>
    void resolve(Self& self);

    template <class Self>
    void resolved(Self& self);

    template <class Self>
    void try_next(Self& self);

    template <class Self>
    void connected(Self& self, std::error_code ec);

    template <class Self>
    void greet(Self& self);

    void start_deadline(clock::time_point at);

    template <class Self>
    static bool cancelled(Self& self);

    /// A cancellation, or the deadline, came when a step was done and its handler had not run yet.
    template <class Self>
    bool stopped(Self& self) const;

    std::error_code handshake_error(std::error_code ec);

    template <class Self>
    void fail(Self& self, std::error_code ec);

    std::optional<asio::ip::tcp::endpoint> last_tried() const;

    /// where: what of it failed, if it came so far.
    template <class Self>
    void fail(Self& self, std::error_code ec, const std::optional<asio::ip::tcp::endpoint>& where);

    std::shared_ptr<connection<Stream>> connection_;
    std::vector<asio::ip::tcp::endpoint> endpoints_;
    std::shared_ptr<resolution> resolution_;
    std::size_t tried_ = 0;
    failed_attempts attempts_;
    clock::time_point deadline_;
    std::error_code error_;
    stage at_ = stage::start;
    std::uint16_t port_;
};

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::operator()(Self& self, std::error_code ec)
{
    switch (at_) {
    case stage::start:
        return start(self);
    case stage::addresses_known:
        return try_next(self);
    case stage::not_started:
        return fail(self, error_);
    case stage::resolving:
        return resolved(self);
    case stage::connecting:
        return connected(self, ec);
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
        reply = reply_type(detail::failed_at(detail::place(connection_->host, port_, last_tried()), reply));
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
    if (endpoints_.empty()) {
        std::error_code is_name;
        const auto address = asio::ip::make_address(connection_->host, is_name);
        if (is_name)
            return resolve(self);
        endpoints_.emplace_back(address, port_);
    }
    at_ = stage::addresses_known;
    detail::post(std::move(self).next());
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::resolve(Self& self)
{
    const auto r = resolution_ = std::make_shared<resolution>(connection_->stream.get_executor());
    const auto host = connection_->host;
    const auto port = port_;
    at_ = stage::resolving;
    r->timer.expires_at(deadline_);
    r->timer.async_wait(std::move(self).next());
    detail::resolve(r, host, port);
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::resolved(Self& self)
{
    const auto r = std::move(resolution_);
    if (!r->answered) {
        r->resolver.cancel();
        return fail(self,
                    cancelled(self) ? asio::error::operation_aborted : make_error_code(errc::timed_out));
    }
    if (r->error)
        return fail(self, r->error);
    for (const auto& entry : r->results)
        endpoints_.push_back(entry.endpoint());
    try_next(self);
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::try_next(Self& self)
{
    auto& socket = connection_->stream.lowest_layer();
    while (tried_ != endpoints_.size()) {
        const auto& endpoint = endpoints_[tried_];
        // An address that does not answer must leave time for those behind it.
        const auto left = static_cast<clock::rep>(endpoints_.size() - tried_);
        const auto now = clock::now();
        if (cancelled(self))
            return fail(self, asio::error::operation_aborted);
        if (now >= deadline_) {
            attempts_.add(endpoint, errc::timed_out);
            break;
        }
        ++tried_;
        connection_->reopen();
        std::error_code ec;
        open_socket(socket, endpoint.protocol(), ec);
        if (ec) {
            attempts_.add(endpoint, ec);
            continue;
        }
        start_deadline(now + (deadline_ - now) / left);
        at_ = stage::connecting;
        return socket.async_connect(endpoint, std::move(self).next());
    }
    if (attempts_.why())
        return fail(self, attempts_.why(), attempts_.where());
    fail(self, asio::error::host_not_found);
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::connected(Self& self, std::error_code ec)
{
    if (!ec && stopped(self))
        ec = asio::error::operation_aborted;
    if (ec) {
        const bool expired = connection_->expired();
        attempts_.add(endpoints_[tried_ - 1], connection_->reason(ec));
        connection_->close();
        if (!expired && ec == asio::error::operation_aborted)
            return fail(self, ec);
        return try_next(self);
    }
    // With Nagle's algorithm a command would wait for the acknowledgement of the one before.
    connection_->stream.lowest_layer().set_option(asio::ip::tcp::no_delay(true), ec);
    start_deadline(deadline_);
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
void connect<Stream, Greeted>::start_deadline(clock::time_point at)
{
    const auto time = std::chrono::ceil<std::chrono::milliseconds>(at - clock::now());
    // With no time at all the socket would be closed, and connecting would open it again.
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
    fail(self, ec, last_tried());
}

template <class Stream, class Greeted>
std::optional<asio::ip::tcp::endpoint> connect<Stream, Greeted>::last_tried() const
{
    if (tried_ == 0)
        return {};
    return endpoints_[tried_ - 1];
}

template <class Stream, class Greeted>
template <class Self>
void connect<Stream, Greeted>::fail(Self& self, std::error_code ec,
                                    const std::optional<asio::ip::tcp::endpoint>& where)
{
    const no_reply named(place(connection_->host, port_, where));
    connection_->close();
    connection_->end();
    connection_.reset();
    self.complete(ec, reply_type(named));
}

} // namespace pop3::detail
