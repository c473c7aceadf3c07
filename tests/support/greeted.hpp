// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/pop3.hpp>
#include <pop3/testing/open_session.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace test {

using pop3::testing::script;
using pop3::testing::scripted_stream;

using greeted_session = pop3::session<pop3::authorization, scripted_stream>;
using named_session = pop3::session<pop3::awaiting_password, scripted_stream>;
using mailbox_session = pop3::session<pop3::transaction, scripted_stream>;
using update_session = pop3::session<pop3::update, scripted_stream>;

/// A script that has greeted.
inline std::shared_ptr<script> greeting()
{
    auto talk = script::make();
    talk->server("+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n");
    return talk;
}

/// A script in which alice has logged in, to a server that answers CAPA so: by default to an old one.
inline std::shared_ptr<script> logged_in(std::string_view capabilities = "-ERR\r\n")
{
    auto talk = greeting();
    talk->client("CAPA\r\n")
        .server(capabilities)
        .client("USER alice\r\n")
        .server("+OK\r\n")
        .client("PASS secret\r\n")
        .server("+OK\r\n");
    return talk;
}

/// The same, to a server that announces PIPELINING.
inline std::shared_ptr<script> logged_in_ahead()
{
    return logged_in("+OK\r\nPIPELINING\r\nUSER\r\n.\r\n");
}

inline asio::awaitable<greeted_session> greet(std::shared_ptr<script> talk,
                                              pop3::connect_options options = {})
{
    auto executor = co_await asio::this_coro::executor;
    co_return co_await pop3::async_greet(scripted_stream(executor, talk), options);
}

inline asio::awaitable<mailbox_session> log_in(std::shared_ptr<script> talk,
                                               pop3::connect_options options = {})
{
    auto greeted = co_await greet(talk, options);
    const pop3::password alice("alice", "secret");
    co_return co_await std::move(greeted).async_login(alice);
}

} // namespace test
