// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Ways to log in with a password, by name: so that a test can try all of them over all kinds of connections.

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace test {

template <class Stream>
using login_reply =
    pop3::reply<pop3::session<pop3::transaction, Stream>, pop3::session<pop3::authorization, Stream>>;

template <class Stream>
asio::awaitable<login_reply<Stream>> user_and_pass(pop3::session<pop3::authorization, Stream> greeted,
                                                   const pop3::password& as)
{
    auto named = co_await std::move(greeted).async_user(as.name(), asio::use_awaitable);
    if (!named) {
        auto why = named.error();
        co_return login_reply<Stream>(std::move(why), std::move(named).session());
    }
    co_return co_await std::move(*named).async_pass(as.secret().expose(), asio::use_awaitable);
}

/// Logs in by the SASL mechanism `way`, or APOP, or USER (and PASS), as the command of that name and without CAPA.
template <class Stream>
asio::awaitable<login_reply<Stream>> enter(pop3::session<pop3::authorization, Stream> greeted,
                                           const std::string& way, const pop3::password& as)
{
    const auto& token = asio::use_awaitable;
    if (way == "CRAM-MD5")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::cram_md5(as), token);
    if (way == "SCRAM-SHA-1")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_1(as), token);
    if (way == "SCRAM-SHA-256")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_256(as), token);
    if (way == "SCRAM-SHA-512")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_512(as), token);
    if (way == "SCRAM-SHA-1-PLUS")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_1_plus(as), token);
    if (way == "SCRAM-SHA-256-PLUS")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_256_plus(as), token);
    if (way == "SCRAM-SHA-512-PLUS")
        co_return co_await std::move(greeted).async_auth(pop3::sasl::scram_sha_512_plus(as), token);
    if (way == "APOP")
        co_return co_await std::move(greeted).async_apop(as.name(), as.secret().expose(), token);
    if constexpr (pop3::may_carry_secrets<Stream>) {
        if (way == "PLAIN")
            co_return co_await std::move(greeted).async_auth(pop3::sasl::plain(as), token);
        if (way == "LOGIN")
            co_return co_await std::move(greeted).async_auth(pop3::sasl::login(as), token);
        if (way == "USER")
            co_return co_await user_and_pass(std::move(greeted), as);
    }
    throw std::invalid_argument("no such way in: " + way);
}

/// The verb of the command that says no to a wrong password.
inline std::string judging_verb(const std::string& way)
{
    return way == "USER" ? "PASS" : way == "APOP" ? "APOP" : "AUTH";
}

} // namespace test
