// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/flow.hpp>

#include <concepts>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pop3 {

namespace detail {

template <class Result>
concept says_what_is_next = std::is_void_v<Result> || std::same_as<Result, flow>;

/// What a sink is called with: a `Piece`; or for octets a text, if it takes nothing else.
template <class F, class Piece>
struct piece_for {
    using type = Piece;
};

template <class F>
    requires(!std::invocable<F&, std::span<const char>> && std::invocable<F&, std::string_view>)
struct piece_for<F, std::span<const char>> {
    using type = std::string_view;
};

template <class F, class Piece>
using piece_for_t = typename piece_for<std::decay_t<F>, Piece>::type;

} // namespace detail

/// A function that is given `Piece`s as they come: of a message (`std::span<const char>`, or `std::string_view` if it takes
/// that only), or of a listing. It returns void, or what it wants next.
template <class F, class Piece>
concept sink_for =
    std::move_constructible<std::decay_t<F>> &&
    std::invocable<std::decay_t<F>&, detail::piece_for_t<F, Piece>> &&
    detail::says_what_is_next<std::invoke_result_t<std::decay_t<F>&, detail::piece_for_t<F, Piece>>>;

namespace detail {

template <class Sink, class Piece>
flow give(Sink& sink, Piece&& piece)
{
    if constexpr (!std::invocable<Sink&, Piece>) {
        return detail::give(sink, std::string_view(piece.data(), piece.size()));
    } else if constexpr (std::is_void_v<std::invoke_result_t<Sink&, Piece>>) {
        std::invoke(sink, std::forward<Piece>(piece));
        return flow::more;
    } else {
        return std::invoke(sink, std::forward<Piece>(piece));
    }
}

} // namespace detail

} // namespace pop3
