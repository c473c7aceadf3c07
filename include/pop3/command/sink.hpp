// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/flow.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace pop3 {

namespace detail {

template <class Result>
concept says_what_is_next = std::is_void_v<Result> || std::same_as<Result, flow>;

} // namespace detail

/// A function that is given `Piece`s as they come: of a message (`std::span<const char>`), or of a listing. It returns
/// void, or what it wants next.
template <class F, class Piece>
concept sink_for = std::move_constructible<std::decay_t<F>> && std::invocable<std::decay_t<F>&, Piece> &&
                   detail::says_what_is_next<std::invoke_result_t<std::decay_t<F>&, Piece>>;

namespace detail {

template <class Sink, class Piece>
flow give(Sink& sink, Piece&& piece)
{
    if constexpr (std::is_void_v<std::invoke_result_t<Sink&, Piece>>) {
        std::invoke(sink, std::forward<Piece>(piece));
        return flow::more;
    } else {
        return std::invoke(sink, std::forward<Piece>(piece));
    }
}

} // namespace detail

} // namespace pop3
