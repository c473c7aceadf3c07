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
#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>
#include <pop3/security.hpp>
#include <pop3/session.hpp>
#include <pop3/tcp_stream.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pop3 {

namespace detail {

/// Moves a session that was just greeted to a stream of the one type.
template <class Stream>
session<authorization, any_stream> to_any(session<authorization, Stream> greeted)
{
    const auto from = session_access::take(std::move(greeted));
    auto to = std::make_shared<connection<any_stream>>(any_stream(std::move(from->stream)), from->limits,
                                                       observer());
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
    connect_any(asio::any_io_executor executor, security how, std::string host, std::uint16_t port,
                connect_options options)
        : executor_(std::move(executor)), how_(std::move(how)), host_(std::move(host)), port_(port),
          options_(std::move(options))
    {
    }

    template <class Self>
    void operator()(Self& self, std::error_code = {})
    {
        // These are part of what the operation owns.
        const auto executor = executor_;
        const auto how = how_;
        const auto options = options_;
        switch (how.kind()) {
        case security_kind::tls:
            detail::async_connect_how(executor, how.stls().context(), host_, port_, options, std::move(self));
            break;
        case security_kind::stls:
            detail::async_connect_how(executor, how.stls(), host_, port_, options, std::move(self));
            break;
        case security_kind::no_tls:
            detail::async_connect_how(executor, without_tls, host_, port_, options, std::move(self));
            break;
        case security_kind::cleartext:
            detail::async_connect_how(executor, allow_cleartext, host_, port_, options, std::move(self));
            break;
        }
    }

    template <class Self, class Stream>
    void operator()(Self& self, std::error_code ec, reply<session<authorization, Stream>> said)
    {
        if (ec)
            return self.complete(ec, reply<greeted>(detail::failed_at(said.verb(), said)));
        if (!said)
            return self.complete({}, reply<greeted>(std::move(said).error()));
        self.complete({}, reply<greeted>(detail::to_any(*std::move(said))));
    }

private:
    asio::any_io_executor executor_;
    security how_;
    std::string host_;
    std::uint16_t port_;
    connect_options options_;
};

template <class Token>
auto async_connect_how(const asio::any_io_executor& executor, const security& how, std::string host,
                       std::uint16_t port, const connect_options& options, Token&& token)
{
    return detail::compose<Token, void(std::error_code, reply<session<authorization, any_stream>>)>(
        connect_any(executor, how, std::move(host), port, options), token, executor);
}

} // namespace detail

} // namespace pop3
