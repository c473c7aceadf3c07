// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/refusal.hpp>

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace pop3 {

/// What an operation completes with: the value `T` of the server's +OK, or the `refusal` of its -ERR. Reads
/// like `std::expected<T, refusal>`.
///
/// Beside an error code it holds an empty refusal, and no value.
///
/// An operation that leaves a state completes with `reply<Next, Back>`: the session in its next state, or, after
/// a refusal or an error that is not fatal (`is_fatal`), the session in the state that the server is in now,
/// handed back by `session()`. Nothing is lost by a wrong password. (After a PASS that could not be sent the session is
/// in AUTHORIZATION again, and begins with another USER.)
template <class T, class Back = void>
class [[nodiscard("a reply may be a refusal")]] reply;

namespace detail {

struct no_reply {};

/// What `reply` is, whether or not there is a value or a session to hand back.
template <class Value>
class reply_base {
public:
    reply_base() = default;

    explicit reply_base(Value value) : content_(std::in_place_index<1>, std::move(value)), answered_(true)
    {
    }

    reply_base(refusal r) : content_(std::in_place_index<0>, std::move(r)), answered_(true)
    {
    }

    /// False if there was no reply: of what is in a reply that comes beside an error, and in a pipeline of the commands that
    /// the server had not answered when the connection broke.
    bool answered() const noexcept
    {
        return answered_;
    }

    /// True if the server said +OK.
    bool has_value() const noexcept
    {
        return content_.index() == 1;
    }

    explicit operator bool() const noexcept
    {
        return has_value();
    }

    /// Why not. Only if `!has_value()`.
    const refusal& error() const& noexcept
    {
        return *std::get_if<0>(&content_);
    }

    refusal error() && noexcept
    {
        return std::move(*std::get_if<0>(&content_));
    }

protected:
    Value& get() noexcept
    {
        return *std::get_if<1>(&content_);
    }

    const Value& get() const noexcept
    {
        return *std::get_if<1>(&content_);
    }

    void check() const
    {
        if (!has_value())
            throw refused(error());
    }

private:
    std::variant<refusal, Value> content_;
    bool answered_ = false;
};

/// Access to the value of a reply that has one.
template <class T>
class reply_value : public reply_base<T> {
public:
    using value_type = T;
    using reply_base<T>::reply_base;

    /// The value. Throws `refused` if there is none.
    T& value() &
    {
        this->check();
        return this->get();
    }

    const T& value() const&
    {
        this->check();
        return this->get();
    }

    T value() &&
    {
        this->check();
        return std::move(this->get());
    }

    /// The value. Only if `has_value()`.
    T& operator*() & noexcept
    {
        return this->get();
    }

    const T& operator*() const& noexcept
    {
        return this->get();
    }

    T&& operator*() && noexcept
    {
        return std::move(this->get());
    }

    T* operator->() noexcept
    {
        return &this->get();
    }

    const T* operator->() const noexcept
    {
        return &this->get();
    }

    template <class U>
    T value_or(U&& otherwise) const&
    {
        if (this->has_value())
            return this->get();
        return static_cast<T>(std::forward<U>(otherwise));
    }

    template <class U>
    T value_or(U&& otherwise) &&
    {
        if (this->has_value())
            return std::move(this->get());
        return static_cast<T>(std::forward<U>(otherwise));
    }
};

/// A reply without a value: +OK is all there is to know.
template <>
class reply_value<void> : public reply_base<std::monostate> {
public:
    using value_type = void;
    using reply_base<std::monostate>::reply_base;

    /// Throws `refused` if the server said -ERR.
    void value() const
    {
        check();
    }
};

} // namespace detail

template <class T>
class [[nodiscard("a reply may be a refusal")]] reply<T, void> : public detail::reply_value<T> {
public:
    using detail::reply_value<T>::reply_value;
};

template <class T, class Back>
class [[nodiscard("a reply may be a refusal, and then it holds the session")]] reply
    : public detail::reply_value<T> {
public:
    using detail::reply_value<T>::reply_value;

    reply(refusal r, Back back) : detail::reply_value<T>(std::move(r)), back_(std::move(back))
    {
    }

    /// There was no reply, and the session goes on.
    reply(detail::no_reply, Back back) : back_(std::move(back))
    {
    }

    /// The session, in the state that the server is in now. Only after a refusal, or an error that is not
    /// fatal; otherwise what comes is empty (`errc::no_session`).
    Back session() &&
    {
        return std::move(back_);
    }

private:
    Back back_;
};

} // namespace pop3
