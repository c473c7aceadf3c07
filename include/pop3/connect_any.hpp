// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// `async_connect` with a `security` that is known at run time. One program for all four ways, compiled once:
//
//     const pop3::security how(pop3::parse_security(config.security).value(), tls);
//     auto greeted = co_await pop3::async_connect(executor, how, config.host);     // session<authorization, any_stream>
//     auto mailbox = co_await std::move(greeted).async_login(pop3::password(config.user, secret));
//
// A login over a session without TLS, where cleartext was not allowed, uses what shows no secret (SCRAM, CRAM-MD5, APOP), or
// completes with `errc::no_shared_mechanism`. What would show one completes with `errc::cleartext_not_allowed`; nothing is sent.

#include <pop3/any_stream.hpp>
#include <pop3/connect.hpp>
#include <pop3/connect/destination.hpp>
#include <pop3/connect_options.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/reply.hpp>
#include <pop3/security.hpp>
#include <pop3/session.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/buffer.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

/// Moves a session that was just greeted to a stream of the one type.
template <class Stream>
session<authorization, any_stream> to_any(session<authorization, Stream> greeted)
{
    const auto from = session_access::take(std::move(greeted));
    // Whether it may carry secrets is in the type `Stream`, which the connection does not have (see `carrier`).
    auto to = detail::share_new<connection<any_stream>>(any_stream(Stream(std::move(from->stream))),
                                                        from->limits, observer());
    to->succeed(*from);
    to->learn(from->capabilities);
    // What came behind the greeting is still unasked.
    const auto unasked = from->input.data();
    if (!unasked.empty())
        to->input.commit(asio::buffer_copy(to->input.prepare(), asio::buffer(unasked)));
    return session_access::make<session<authorization, any_stream>>(std::move(to));
}

/// Connects in the way that is wanted.
class connect_any {
    using greeted = session<authorization, any_stream>;

public:
    using reply_type = reply<greeted>;

    connect_any(destination to, security how, connect_options options)
        : to_(std::move(to)), how_(std::move(how)), options_(std::move(options))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        // These are part of what the operation owns.
        auto to = std::move(to_);
        const auto how = how_;
        const auto options = options_;
        switch (how.kind()) {
        case security_kind::tls:
            detail::async_connect_how(std::move(to), how.stls().context(), options, std::move(self));
            break;
        case security_kind::stls:
            detail::async_connect_how(std::move(to), how.stls(), options, std::move(self));
            break;
        case security_kind::no_tls:
            detail::async_connect_how(std::move(to), without_tls, options, std::move(self));
            break;
        case security_kind::cleartext:
            detail::async_connect_how(std::move(to), allow_cleartext, options, std::move(self));
            break;
        }
    }

    template <class Self, class Stream>
    void operator()(Self& self, std::error_code ec, reply<session<authorization, Stream>> said)
    {
        if (ec)
            return self.complete(ec, reply_type(detail::failed_at(said.verb(), said)));
        if (!said)
            return self.complete({}, reply_type(std::move(said).error()));
        self.complete({}, reply_type(detail::to_any(*std::move(said))));
    }

private:
    destination to_;
    security how_;
    connect_options options_;
};

template <class Token>
auto async_connect_how(destination to, const security& how, const connect_options& options, Token&& token)
{
    const auto executor = to.executor;
    return detail::compose<Token, void(std::error_code, connect_any::reply_type)>(
        connect_any(std::move(to), how, options), token, executor);
}

} // namespace detail

} // namespace pop3

#if defined(POP3_SEPARATE_COMPILATION)
#include <pop3/extern/any_stream.ipp>
#endif
