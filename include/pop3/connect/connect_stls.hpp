// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/connect/connect.hpp>
#include <pop3/connect/dial.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/start_tls.hpp>
#include <pop3/stls_policy.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// Finish of a greeting that more must follow.
template <class Stream>
struct greeted_connection : finish_defaults {
    using reply_type = reply<std::shared_ptr<connection<Stream>>>;

    template <class Exchange>
    reply_type succeed(const std::shared_ptr<connection<Stream>>& c, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said)
            return std::move(said).error();
        c->greeting = *std::move(said);
        return reply_type(c);
    }

    template <class Connection, class Exchange>
    reply_type fail(const Connection&, const Exchange&, std::error_code, bool)
    {
        return {};
    }
};

/// Connects without TLS, and starts it, all before one deadline.
///
/// Finish: as of `start_tls`.
template <class Finish>
class connect_stls {
public:
    using connection_ptr = std::shared_ptr<connection<tcp_stream>>;
    using reply_type = typename Finish::reply_type;

    connect_stls(connection_ptr c, std::shared_ptr<dial> d, tls_stream secured, std::error_code unusable,
                 stls_policy policy, Finish finish)
        : connection_(std::move(c)), dial_(std::move(d)), stream_(std::move(secured)), unusable_(unusable),
          finish_(std::move(finish)), policy_(policy)
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {});

    /// The greeting was read, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<connection_ptr> greeted);

    /// TLS was started, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply_type secured);

private:
    using clock = std::chrono::steady_clock;

    connection_ptr connection_;
    std::shared_ptr<dial> dial_;
    std::optional<tls_stream> stream_;
    std::string place_;
    std::error_code unusable_;
    Finish finish_;
    clock::time_point deadline_;
    stls_policy policy_;
};

template <class Finish>
template <class Self>
void connect_stls<Finish>::operator()(Self& self, std::error_code)
{
    using connect_tcp = connect<tcp_stream, greeted_connection<tcp_stream>>;
    deadline_ = clock::now() + bounded(connection_->limits.connect_time);
    const asio::any_io_executor executor = connection_->stream.get_executor();
    connect_tcp operation(std::move(connection_), dial_, unusable_);
    detail::compose<Self, void(std::error_code, typename connect_tcp::reply_type)>(std::move(operation), self,
                                                                                   executor);
}

template <class Finish>
template <class Self>
void connect_stls<Finish>::operator()(Self& self, std::error_code ec, reply<connection_ptr> greeted)
{
    if (ec)
        return self.complete(ec, reply_type(detail::failed_at(greeted.verb(), greeted)));
    if (!greeted)
        return self.complete({}, reply_type(std::move(greeted).error()));
    auto& c = **greeted;
    place_ = dial_->place();
    // What comes now is an operation of its own, which does not know what was before.
    if (self.cancelled()) {
        c.close();
        return self.complete(asio::error::operation_aborted, reply_type(no_reply(place_)));
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now());
    auto stream = *std::move(stream_);
    const asio::any_io_executor executor = stream.get_executor();
    detail::async_start_tls<Finish>(*std::move(greeted), executor, std::move(stream), {}, policy_,
                                    std::move(self), left, std::move(finish_));
}

template <class Finish>
template <class Self>
void connect_stls<Finish>::operator()(Self& self, std::error_code ec, reply_type secured)
{
    if (ec)
        secured = reply_type(detail::failed_at(place_, secured));
    self.complete(ec, std::move(secured));
}

} // namespace pop3::detail
