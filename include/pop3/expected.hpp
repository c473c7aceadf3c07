// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A reply as a std::expected, where the standard library has that (C++23). Not part of pop3.hpp.

#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>

#include <version>

#if defined(__cpp_lib_expected)

#include <expected>
#include <type_traits>
#include <utility>

namespace pop3 {

/// The error of a reply that hands a session back, as `std::expected` has it.
template <class Back>
struct handed_back {
    /// Not an aggregate: g++ 12 miscompiles temporaries of such in a `co_await` expression.
    handed_back(pop3::refusal r, Back s) : refusal(std::move(r)), session(std::move(s))
    {
    }

    /// What the server said.
    pop3::refusal refusal;
    /// The session, in the state that the server is in now.
    Back session;
};

/// The value of a reply, or its refusal.
///
///     std::error_code ec;
///     auto reply = co_await mailbox.async_retr(1, asio::redirect_error(asio::use_awaitable, ec));
///     if (ec)
///         co_return;                                     // there was no reply
///     auto message = pop3::to_expected(std::move(reply)); // std::expected<pop3::message, pop3::refusal>
///
/// A reply that is neither is no refusal: it throws what `reply::value` throws, so look at the error code first.
template <class T>
std::expected<T, refusal> to_expected(reply<T> r)
{
    if (r.answered() && !r && !r.value_error())
        return std::unexpected(std::move(r).error());
    if constexpr (std::is_void_v<T>) {
        r.value();
        return {};
    } else {
        return std::move(r).value();
    }
}

/// The same of a reply that leads to another state: beside the refusal there is the session that it hands back.
template <class T, class Back>
    requires(!std::is_void_v<Back>)
std::expected<T, handed_back<Back>> to_expected(reply<T, Back> r)
{
    if (r.answered() && !r && !r.value_error()) {
        auto refused = r.error();
        return std::unexpected(handed_back<Back>(std::move(refused), std::move(r).session()));
    }
    return std::move(r).value();
}

} // namespace pop3

#endif
