// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <concepts>
#include <iterator>
#include <span> // std::ranges::enable_view
#include <utility>

namespace pop3::detail {

// The words of <ranges> that are needed, in terms of <iterator>: the rest of it, 3,500 lines, is for views that adapt others.

template <class R>
concept range = requires(R& r) {
    std::ranges::begin(r);
    std::ranges::end(r);
};

template <range R>
using iterator_of = decltype(std::ranges::begin(std::declval<R&>()));

template <range R>
using sentinel_of = decltype(std::ranges::end(std::declval<R&>()));

template <range R>
using reference_of = std::iter_reference_t<iterator_of<R>>;

template <class R>
concept input_range = range<R> && std::input_iterator<iterator_of<R>>;

template <class R>
concept forward_range = input_range<R> && std::forward_iterator<iterator_of<R>>;

template <class R>
concept sized_range = range<R> && requires(R& r) { std::ranges::size(r); };

template <class R>
concept view = range<R> && std::movable<R> && std::ranges::enable_view<R>;

} // namespace pop3::detail
