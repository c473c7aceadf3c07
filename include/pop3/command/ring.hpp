// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace pop3::command {

/// A queue that takes memory for the most that it ever holds at once, and none for what passes through.
template <class T>
class ring {
public:
    bool empty() const noexcept
    {
        return count_ == 0;
    }

    T& front() noexcept
    {
        return *slots_.get()[first_];
    }

    T& back() noexcept
    {
        return *slot(count_ - 1);
    }

    template <class... Args>
    T& emplace_back(Args&&... args)
    {
        if (count_ == size_)
            grow();
        auto& value = slot(count_).emplace(std::forward<Args>(args)...);
        ++count_;
        return value;
    }

    void pop_back() noexcept
    {
        slot(count_ - 1).reset();
        --count_;
    }

    void pop_front() noexcept
    {
        slots_.get()[first_].reset();
        first_ = place(1);
        --count_;
    }

private:
    std::size_t place(std::size_t i) const noexcept
    {
        return (first_ + i) & (size_ - 1);
    }

    std::optional<T>& slot(std::size_t i) const noexcept
    {
        return slots_.get()[place(i)];
    }

    using storage = pop3::detail::boxed_array<std::optional<T>>;

    void grow()
    {
        const std::size_t size = size_ == 0 ? 16 : 2 * size_;
        storage larger(new std::optional<T>[size]);
        for (std::size_t i = 0; i != count_; ++i)
            larger.get()[i].emplace(std::move(*slot(i)));
        slots_ = std::move(larger);
        size_ = size;
        first_ = 0;
    }

    // A vector would divide to tell its size.
    storage slots_;
    std::size_t size_ = 0; // a power of two
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

} // namespace pop3::command
