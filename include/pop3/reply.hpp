// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/no_value.hpp>
#include <pop3/error.hpp>
#include <pop3/printable.hpp>
#include <pop3/refusal.hpp>
#include <pop3/throw_error.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant> // std::monostate

namespace pop3 {

/// What an operation completes with: the value `T` of the server's +OK, or the `refusal` of its -ERR. Reads
/// like `std::expected<T, refusal>`.
///
/// Beside an error code it has neither: it is not `answered()`, and `error()` is an empty refusal. The same holds of the
/// replies of a pipeline that did not come. And there may be an +OK with a value that cannot be read: beside the error code
/// that says so, or, in a pipeline, with `value_error()`.
///
/// An operation that leaves a state completes with `reply<Next, Back>`: the session in its next state, or, after
/// a refusal or an error that is not fatal (`is_fatal`), the session in the state that the server is in now,
/// handed back by `session()`. Nothing is lost by a wrong password. (After a PASS that could not be sent the session is
/// in AUTHORIZATION again, and begins with another USER.)
template <class T, class Back = void>
class [[nodiscard("a reply may be a refusal")]] reply;

namespace detail {

/// What `reply` is, whether or not there is a value or a session to hand back.
template <class Value>
class reply_base {
public:
    reply_base() = default;

    /// The server said +OK.
    explicit reply_base(Value value) : value_(std::move(value)), has_value_(true)
    {
    }

    /// The server said -ERR.
    reply_base(refusal r) : why_(std::move(r))
    {
    }

    /// There was no reply.
    explicit reply_base(no_reply r) : why_(std::move(r))
    {
    }

    /// False if there was no reply: of what is in a reply that comes beside an error, and in a pipeline of the commands that
    /// the server had not answered when the connection broke. True of an +OK whose value could not be read (`value_error`).
    bool answered() const noexcept
    {
        return has_value_ || why_.is_refusal() || value_error();
    }

    /// True if the server said +OK, and what it said could be read.
    bool has_value() const noexcept
    {
        return has_value_;
    }

    /// As `has_value`.
    explicit operator bool() const noexcept
    {
        return has_value();
    }

    /// Why not, if the server said -ERR; else an empty refusal.
    const refusal& error() const& noexcept
    {
        const auto* const said = why_.said();
        return said ? *said : empty_refusal();
    }

    /// The same, moved out.
    refusal error() &&
    {
        auto* const said = why_.said();
        return said ? std::move(*said) : refusal();
    }

    /// Why there is no value although the server said +OK: its reply is well framed, but what is in it is malformed, or over
    /// a limit (`errc::malformed_value`, `errc::unique_id_limit`, ...). Only in a pipeline, the rest of which goes on: the
    /// operation on a single command completes with that error.
    std::error_code value_error() const noexcept
    {
        const auto* const none = why_.none();
        return none ? none->error : std::error_code();
    }

    /// The keyword of the command that has no value, where it is known; empty if there is one. Of a pipeline that broke, or of
    /// which a command cannot be sent, the first reply that has one is that of the first command that was not answered, or
    /// that cannot be sent.
    std::string_view verb() const noexcept
    {
        if (const auto* const said = why_.said())
            return said->verb();
        const auto* const none = why_.none();
        return none ? std::string_view(none->verb) : std::string_view();
    }

    /// What the server said unasked before it ended the session, such as "-ERR Disconnected for inactivity."; empty if
    /// nothing. It is the reply to no command, and so no refusal. Untrusted input: see `printable`.
    std::string_view notice() const noexcept
    {
        const auto* const none = why_.none();
        return none ? std::string_view(none->notice) : std::string_view();
    }

    /// What a function of the user's threw (a sink, for example), and so ended the operation; null if nothing.
    std::exception_ptr thrown() const noexcept
    {
        const auto* const none = why_.none();
        return none ? none->thrown : nullptr;
    }

protected:
    Value& get()
    {
        if (!has_value_) [[unlikely]]
            why_.fail();
        return value_;
    }

    const Value& get() const
    {
        if (!has_value_) [[unlikely]]
            why_.fail();
        return value_;
    }

private:
    friend reply_access;

    Value value_{};
    no_value why_;
    bool has_value_ = false;
};

/// Access to the value of a reply that has one.
template <class T>
class reply_value : public reply_base<T> {
public:
    /// As `std::expected` has it.
    using value_type = T;
    using reply_base<T>::reply_base;

    /// The value. If there is none, throws `refused` for a refusal, `std::system_error` for a value that could not be read
    /// (`value_error`) or a reply that did not come (`errc::no_reply`), or again what was `thrown`. Without exceptions it
    /// ends the program, and says why on stderr.
    T& value() &
    {
        return this->get();
    }

    /// The same of a reply that is const.
    const T& value() const&
    {
        return this->get();
    }

    /// The same, moved out.
    T value() &&
    {
        return std::move(this->get());
    }

    /// The same: a value that is not there is never undefined behaviour.
    T& operator*() &
    {
        return this->get();
    }

    /// The same of a reply that is const.
    const T& operator*() const&
    {
        return this->get();
    }

    /// The same, to be moved from.
    T&& operator*() &&
    {
        return std::move(this->get());
    }

    /// The value, as `value()` gives it.
    T* operator->()
    {
        return &this->get();
    }

    /// The same of a reply that is const.
    const T* operator->() const
    {
        return &this->get();
    }

    /// The value, or what is given if there is none.
    template <class U>
    T value_or(U&& otherwise) const&
    {
        if (this->has_value())
            return this->get();
        return static_cast<T>(std::forward<U>(otherwise));
    }

    /// The same, moved out.
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
    /// As `std::expected` has it.
    using value_type = void;
    using reply_base<std::monostate>::reply_base;

    /// Throws `refused` if the server said -ERR; what else, see above.
    void value() const
    {
        (void)get();
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

    /// The server said no, and `back` is the session to go on with.
    reply(refusal r, Back back) : detail::reply_value<T>(std::move(r)), back_(std::move(back))
    {
    }

    /// There was no reply, and the session goes on.
    reply(detail::no_reply r, Back back) : detail::reply_value<T>(std::move(r)), back_(std::move(back))
    {
    }

    /// The session, in the state that the server is in now. Only after a refusal, or an error that is not
    /// fatal; otherwise what comes is empty (`errc::no_session`), with the executor of the session that it came of.
    ///
    /// Some servers hang up after they have refused a login (popa3d, solid-pop3d). What is done next on the session then
    /// fails, always with `errc::connection_closed`: connect again for another try.
    Back session() &&
    {
        return std::move(back_);
    }

private:
    friend detail::reply_access;

    Back back_;
};

/// Why a reply has no value, for people, on one line: its refusal, or what there is instead. Empty if it has one.
template <class T, class Back>
std::string to_string(const reply<T, Back>& r)
{
    if (r)
        return {};
    if (!r.answered() || r.value_error()) {
        auto text = std::string(r.verb());
        text += text.empty() ? "" : ": ";
        text += (r.value_error() ? r.value_error() : make_error_code(errc::no_reply)).message();
        if (!r.notice().empty())
            text += " (the server said: " + printable(std::string(r.notice())) + ")";
        return text;
    }
    return to_string(r.error());
}

} // namespace pop3
