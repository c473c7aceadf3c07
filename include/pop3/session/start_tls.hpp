// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/start_tls.hpp>
#include <pop3/command/stls.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/detail/explain.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/error.hpp>
#include <pop3/observer.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/stay.hpp>
#include <pop3/stls_policy.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>
#include <asio/ssl/stream_base.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// CAPA if need be, STLS, and the handshake, all before one deadline. What comes out is another connection: nothing that
/// was learned or read before TLS gets into it, but the greeting.
///
/// Finish:
///     using reply_type = ...;
///     reply_type succeed(connection<tls_stream>)
///     reply_type refuse(connection<Stream>, refusal)
///     reply_type fail(connection<Stream>, ec, why)   // STLS was not sent, or TLS did not come about
template <class Stream, class Finish>
class start_tls {
public:
    using connection_ptr = std::shared_ptr<connection<Stream>>;
    using secured_ptr = std::shared_ptr<connection<tls_stream>>;

    /// secured: not connected, and told whom to expect. unusable: why it could not be told.
    start_tls(connection_ptr c, tls_stream secured, std::error_code unusable, stls_policy policy,
              std::optional<std::chrono::milliseconds> time, Finish finish)
        : connection_(std::move(c)), stream_(std::move(secured)), error_(unusable), time_(time),
          policy_(policy), finish_(std::move(finish))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code ec = {});

    /// STLS was answered, or not.
    template <class Self>
    void operator()(Self& self, std::error_code ec, reply<void> said);

private:
    using clock = std::chrono::steady_clock;

    template <class Self>
    void start(Self& self);

    template <class Self>
    static bool cancelled(Self& self);

    template <class Self>
    void fail_closed(Self& self, std::error_code ec);

    template <class Self>
    void fail(Self& self, std::error_code ec, const no_reply& why = no_reply(command::stls::verb));

    connection_ptr connection_;
    std::optional<tls_stream> stream_;
    secured_ptr secured_;
    std::error_code error_;
    std::optional<std::chrono::milliseconds> time_;
    clock::time_point deadline_;
    stls_policy policy_;
    Finish finish_;
    bool begun_ = false;
};

template <class Stream, class Finish>
template <class Self>
void start_tls<Stream, Finish>::operator()(Self& self, std::error_code ec)
{
    if (!begun_)
        return start(self);
    if (!secured_)
        return fail(self, error_);
    if (ec)
        ec = secured_->reason(secured_->stream.handshake_error(ec));
    else if (secured_->closed() || cancelled(self))
        ec = secured_->reason(asio::error::operation_aborted);
    if (ec) {
        secured_->close();
        secured_->end();
        return fail(self, ec);
    }
    secured_->end();
    connection_.reset();
    self.complete({}, finish_.succeed(std::move(secured_)));
}

template <class Stream, class Finish>
template <class Self>
void start_tls<Stream, Finish>::operator()(Self& self, std::error_code ec, reply<void> said)
{
    if (ec)
        return fail(self, ec, detail::failed_at(said.verb(), said));
    if (!said)
        return self.complete({}, finish_.refuse(std::move(connection_), std::move(said).error()));
    // Was sent in clear, and would be taken for what came over TLS.
    if (!connection_->input.data().empty())
        return fail_closed(self, errc::unexpected_data);
    if (cancelled(self))
        return fail_closed(self, asio::error::operation_aborted);

    // The deadline may have passed while this waited for its turn.
    if (connection_->closed())
        return fail(self, connection_->reason(asio::error::operation_aborted));
    stream_->next_layer() = std::move(connection_->stream);
    secured_ =
        detail::share_new<connection<tls_stream>>(*std::move(stream_), connection_->limits, observer());
    secured_->succeed(*connection_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock::now());
    connection<tls_stream>::begin(secured_, left);
    auto& stream = secured_->stream;
    stream.async_handshake(asio::ssl::stream_base::client, std::move(self).next());
}

template <class Stream, class Finish>
template <class Self>
void start_tls<Stream, Finish>::start(Self& self)
{
    begun_ = true;
    if (const auto ec = detail::what_forbids_to_use(connection_))
        error_ = ec;
    if (error_)
        return detail::post(std::move(self).next());
    const auto time = bounded(time_.value_or(connection_->limits.operation_time));
    deadline_ = clock::now() + time;
    const asio::any_io_executor executor = connection_->stream.get_executor();
    auto c = connection_;
    command::start_tls exchange(policy_, c->capabilities);
    detail::async_drive(std::move(c), executor, std::move(exchange), stay<void>(), part::whole,
                        std::move(self), time);
}

template <class Stream, class Finish>
template <class Self>
bool start_tls<Stream, Finish>::cancelled(Self& self)
{
    return self.cancelled();
}

template <class Stream, class Finish>
template <class Self>
void start_tls<Stream, Finish>::fail_closed(Self& self, std::error_code ec)
{
    connection_->close();
    fail(self, ec);
}

template <class Stream, class Finish>
template <class Self>
void start_tls<Stream, Finish>::fail(Self& self, std::error_code ec, const no_reply& why)
{
    auto reply = finish_.fail(std::move(connection_), ec, why);
    detail::explain(reply, why.notice, why.thrown, self.get_executor());
    self.complete(ec, std::move(reply));
}

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Finish, class Stream, class Token>
auto async_start_tls(std::shared_ptr<connection<Stream>> c, const asio::any_io_executor& executor,
                     tls_stream secured, std::error_code unusable, stls_policy policy, Token&& token,
                     std::optional<std::chrono::milliseconds> time = {}, Finish finish = {})
{
    return detail::compose<Token, void(std::error_code, typename Finish::reply_type)>(
        start_tls<Stream, Finish>(std::move(c), std::move(secured), unusable, policy, time,
                                  std::move(finish)),
        token, executor);
}

} // namespace pop3::detail
