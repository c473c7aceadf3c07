// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/reply.hpp>

#include <asio/any_io_executor.hpp>

#include <cstddef>
#include <exception>
#include <string>
#include <tuple>

namespace pop3::detail {

/// How the library itself gives an executor to a session that has none.
struct executor_access {
    template <class Session>
    static void fall_back_to(Session& s, const asio::any_io_executor& executor)
    {
        if constexpr (requires { s.fall_back_to(executor); })
            s.fall_back_to(executor);
    }
};

/// Completes what stands for a reply that never came: adds what the server said unasked, and what a function of the user's
/// threw. An empty session in it gets the executor of the session that it came of.
template <class T, class Back>
void explain(reply<T, Back>& r, const std::string& notice, const std::exception_ptr& thrown,
             const asio::any_io_executor& executor)
{
    if (auto* const why = reply_access::none(r); why != nullptr && (!notice.empty() || thrown)) {
        auto& none = why->make_none();
        if (!none.error) {
            none.notice = notice;
            none.thrown = thrown;
        }
    }
    if constexpr (requires { reply_access::session(r); })
        executor_access::fall_back_to(reply_access::session(r), executor);
}

template <class... Reply>
void explain(std::tuple<Reply...>& replies, const std::string& notice, const std::exception_ptr& thrown,
             const asio::any_io_executor& executor)
{
    std::apply([&](auto&... r) { (detail::explain(r, notice, thrown, executor), ...); }, replies);
}

/// A reply with what a step of an operation has to say besides.
template <class Verdict>
    requires requires(Verdict& v) { v.said; }
void explain(Verdict& v, const std::string& notice, const std::exception_ptr& thrown,
             const asio::any_io_executor& executor)
{
    detail::explain(v.said, notice, thrown, executor);
}

/// A number cannot say more.
inline void explain(const std::size_t&, const std::string&, const std::exception_ptr&,
                    const asio::any_io_executor&) noexcept
{
}

} // namespace pop3::detail
