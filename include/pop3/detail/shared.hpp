// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <memory>
#include <utility>

namespace pop3::detail {

/// `std::make_shared`, for what is made once in a connection: it allocates twice, but takes the compiler a third of the functions
/// for each type, in every program.
template <class T, class... Args>
std::shared_ptr<T> share_new(Args&&... args)
{
    return std::shared_ptr<T>(new T(std::forward<Args>(args)...));
}

} // namespace pop3::detail
