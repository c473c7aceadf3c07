// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/connect.hpp>
#include <pop3/session.hpp>
#include <pop3/stream.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/any_io_executor.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace pop3::testing {

/// A session over a `scripted_stream`.
template <class State>
using session = pop3::session<State, scripted_stream>;

/// A session in the state that a test begins with, over a stream that is connected already. Nothing is sent or read: no
/// greeting, no login.
///
/// State: none -> `State`, one of `authorization`, `awaiting_password`, `transaction`.
/// stream: moved from.
/// options: copied. `capabilities` is what the server says that it can do in this state; `PIPELINING` in it makes pipelines
/// go ahead. Without it the first pipeline asks for CAPA.
template <class State, async_stream Stream>
    requires(std::same_as<State, authorization> || std::same_as<State, awaiting_password> ||
             std::same_as<State, transaction>)
pop3::session<State, Stream> open_session(Stream stream, const connect_options& options = {})
{
    auto c = pop3::detail::make_connection(std::move(stream), options);
    c->learn(options.capabilities);
    return pop3::detail::session_access::make<pop3::session<State, Stream>>(std::move(c));
}

/// The same over a script.
template <class State>
session<State> open_session(asio::any_io_executor executor, std::shared_ptr<script> talk,
                            const connect_options& options = {})
{
    return testing::open_session<State>(scripted_stream(std::move(executor), std::move(talk)), options);
}

} // namespace pop3::testing

#if defined(POP3_TESTING_SEPARATE_COMPILATION)
#include <pop3/testing/extern.ipp>
#endif
