// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/pipelining.hpp>
#include <pop3/reply.hpp>

#include <asio/any_io_executor.hpp>

#include <concepts>
#include <string>
#include <system_error>

namespace pop3 {

namespace detail {

/// A handler for a session that is logged in.
template <class Session>
struct on_open {
    void operator()(std::error_code, reply<Session>)
    {
    }
};

} // namespace detail

/// An account: it opens sessions that are logged in, as often as need be. `mail_account` is one; for another stream, or another way to
/// log in, write your own.
///
///     a.name()                            What a seen store knows it by.
///     a.async_open(executor, how, token)  Connects and logs in: `void(std::error_code, reply<session_type>)`. With
///                                         `how == pipelining::never` the session sends nothing ahead of replies. What goes
///                                         wrong it completes with: it does not throw.
template <class A>
concept opens_mailbox =
    std::copy_constructible<A> && requires(const A& a, const asio::any_io_executor& executor, pipelining how,
                                           detail::on_open<typename A::session_type> handler) {
        { a.name() } -> std::convertible_to<std::string>;
        a.async_open(executor, how, handler);
    };

} // namespace pop3
