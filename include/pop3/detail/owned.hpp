// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>

namespace pop3::detail {

/// Owns an object that a function gives back: `owned<BIO, BIO_free>`. Not `std::unique_ptr`, whose tuple and checks the compiler
/// makes again for each type, and there are more than a dozen.
template <class T, auto Free>
class owned {
public:
    owned() = default;

    owned(std::nullptr_t) noexcept
    {
    }

    explicit owned(T* object) noexcept : object_(object)
    {
    }

    owned(owned&& other) noexcept : object_(other.release())
    {
    }

    owned& operator=(owned&& other) noexcept
    {
        reset(other.release());
        return *this;
    }

    ~owned()
    {
        reset();
    }

    T* get() const noexcept
    {
        return object_;
    }

    T& operator*() const noexcept
    {
        return *object_;
    }

    T* operator->() const noexcept
    {
        return object_;
    }

    explicit operator bool() const noexcept
    {
        return object_ != nullptr;
    }

    friend bool operator==(const owned& a, std::nullptr_t) noexcept
    {
        return a.object_ == nullptr;
    }

    T* release() noexcept
    {
        T* const object = object_;
        object_ = nullptr;
        return object;
    }

    void reset(T* object = nullptr) noexcept
    {
        T* const old = object_;
        object_ = object;
        if (old != nullptr)
            Free(old);
    }

private:
    T* object_ = nullptr;
};

template <class T>
void delete_object(T* object) noexcept
{
    static_assert(sizeof(T) != 0, "its destructor must be known here");
    delete object;
}

/// Owns what `new` has made.
template <class T>
using boxed = owned<T, &delete_object<T>>;

template <class T>
void delete_array(T* first) noexcept
{
    static_assert(sizeof(T) != 0, "its destructor must be known here");
    delete[] first;
}

/// Owns what `new[]` has made.
template <class T>
using boxed_array = owned<T, &delete_array<T>>;

} // namespace pop3::detail
