// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/reply.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/associator.hpp>
#include <asio/async_result.hpp>
#include <asio/detail/config.hpp>
#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/awaitable.hpp>
#include <asio/use_awaitable.hpp>
#elif defined(__clang__) && defined(__cpp_impl_coroutine) && !defined(ASIO_DISABLE_CO_AWAIT)
#warning                                                                                                     \
    "This Asio leaves coroutines out with clang: define ASIO_HAS_CO_AWAIT=1 and ASIO_HAS_STD_COROUTINE=1, or, to do without them, ASIO_DISABLE_CO_AWAIT=1"
#endif

#include <concepts>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pop3 {

/// A completion token that turns `void(std::error_code, reply<T>)` into `void(std::exception_ptr, T)` for the
/// token in it: an error is thrown as `std::system_error`, which names the command, a refusal as `pop3::refused`, and what
/// remains is the value. What fails on the way out of a state drops the session, which closes it; a token without this one
/// gets it back in the reply.
template <class Token>
struct throwing_t {
    /// The token in it.
    Token token;
};

#if defined(ASIO_HAS_CO_AWAIT)

/// The token of every operation to which none is passed: `auto listing = co_await mailbox.async_stat();`.
using default_token = throwing_t<asio::use_awaitable_t<>>;

#else

/// Without coroutines there is no default: pass a callback, `asio::use_future`, ...
struct default_token;

#endif

namespace detail {

/// What an operation with the default token returns. A wrong call "returns" it as well (see POP3_DELETED): what is
/// done with that is right then, and no second error.
#if defined(ASIO_HAS_CO_AWAIT)
template <class T>
using awaited = asio::awaitable<T>;
#else
template <class T>
using awaited = void;
#endif

/// What can be a completion token: an object or a function. A number or a text is a mistake, and is called one.
template <class Token>
concept token_like = std::is_class_v<std::remove_cvref_t<Token>> ||
                     std::is_function_v<std::remove_pointer_t<std::remove_cvref_t<Token>>>;

/// A function, or an object with one function call operator: what it can be called with is known.
template <class T>
concept plain_handler = std::is_function_v<std::remove_pointer_t<std::decay_t<T>>> ||
                        requires { &std::remove_cvref_t<T>::operator(); };

/// A handler that cannot be called with `Results`, and an error code before them.
template <class T, class... Results>
concept wrong_handler = plain_handler<T> && !std::invocable<std::decay_t<T>, std::error_code, Results...>;

/// A completion token for an operation that completes with an error code and `Results`, as far as can be seen.
template <class T, class... Results>
concept completed_with = token_like<T> && !wrong_handler<T, Results...>;

/// What is thrown for an error, with what is known of the command that it came of.
inline std::exception_ptr make_thrown(std::error_code ec, std::string_view verb)
{
    return verb.empty() ? std::make_exception_ptr(std::system_error(ec))
                        : std::make_exception_ptr(std::system_error(ec, std::string(verb)));
}

/// The command that an error came of, if what comes beside it knows.
template <class T>
std::string_view verb_of(const T&) noexcept
{
    return {};
}

template <class T, class Back>
std::string_view verb_of(const reply<T, Back>& r) noexcept
{
    return r.answered() ? std::string_view() : r.verb();
}

template <class... Reply>
std::string_view verb_of(const std::tuple<Reply...>& replies) noexcept
{
    return std::apply(
        [](const auto&... r) {
            std::string_view verb;
            (void)((!(verb = detail::verb_of(r)).empty()) || ...);
            return verb;
        },
        replies);
}

template <class Handler>
class throwing_handler {
public:
    explicit throwing_handler(Handler h) : handler(std::move(h))
    {
    }

    template <class T, class Back>
    void operator()(std::error_code ec, reply<T, Back> r)
    {
        const auto error = take_error(ec, r);
        if constexpr (std::is_void_v<T>)
            std::move(handler)(error);
        else if (error)
            std::move(handler)(error, T());
        else
            std::move(handler)(error, *std::move(r));
    }

    /// What is no reply, and cannot be refused as a whole.
    template <class T>
    void operator()(std::error_code ec, T value)
    {
        const auto error = ec ? make_thrown(ec, detail::verb_of(value)) : nullptr;
        std::move(handler)(error, std::move(value));
    }

    Handler handler;

private:
    // A session that is dropped is closed before anyone hears of it.
    template <class T, class Back>
    static std::exception_ptr take_error(std::error_code ec, reply<T, Back>& r)
    {
        if (!ec && r)
            return nullptr;
        auto dropped = std::move(r);
        if (ec)
            return dropped.thrown() ? dropped.thrown() : make_thrown(ec, dropped.verb());
        return std::make_exception_ptr(refused(std::move(dropped).error()));
    }
};

template <class T>
struct throwing_signature {
    using type = void(std::exception_ptr, T);
};

template <>
struct throwing_signature<void> {
    using type = void(std::exception_ptr);
};

template <class Initiation>
struct throwing_initiation {
    using executor_type = asio::associated_executor_t<Initiation>;

    executor_type get_executor() const noexcept
    {
        return asio::get_associated_executor(initiation);
    }

    template <class Handler, class... Args>
    void operator()(Handler&& handler, Args&&... args) &&
    {
        std::move(initiation)(throwing_handler<std::decay_t<Handler>>(std::forward<Handler>(handler)),
                              std::forward<Args>(args)...);
    }

    /// For operations that are begun more than once, and tokens that begin them as if they were.
    template <class Handler, class... Args>
    void operator()(Handler&& handler, Args&&... args) const&
    {
        initiation(throwing_handler<std::decay_t<Handler>>(std::forward<Handler>(handler)),
                   std::forward<Args>(args)...);
    }

    Initiation initiation;
};

/// Tells a token that has none in it, as `asio::cancel_after(1s)`, what the default one is.
struct executor_with_default_token : asio::any_io_executor {
    using default_completion_token_type = default_token;

    explicit executor_with_default_token(const asio::any_io_executor& executor) noexcept
        : asio::any_io_executor(executor)
    {
    }
};

} // namespace detail

} // namespace pop3

// Asio finds a handler's executor, allocator and cancellation slot through this.
template <template <class, class> class Associator, class Handler, class Default>
struct asio::associator<Associator, pop3::detail::throwing_handler<Handler>, Default>
    : Associator<Handler, Default> {
    static auto get(const pop3::detail::throwing_handler<Handler>& h) noexcept
    {
        return Associator<Handler, Default>::get(h.handler);
    }

    static auto get(const pop3::detail::throwing_handler<Handler>& h, const Default& d) noexcept
    {
        return Associator<Handler, Default>::get(h.handler, d);
    }
};

template <class Token, class T, class Back>
struct asio::async_result<pop3::throwing_t<Token>, void(std::error_code, pop3::reply<T, Back>)> {
    template <class Initiation, class RawToken, class... Args>
    static auto initiate(Initiation&& initiation, RawToken&& token, Args&&... args)
    {
        using signature = typename pop3::detail::throwing_signature<T>::type;
        using adapted = pop3::detail::throwing_initiation<std::decay_t<Initiation>>;
        Token inner = std::forward<RawToken>(token).token;
        return asio::async_initiate<Token, signature>(adapted{std::forward<Initiation>(initiation)}, inner,
                                                      std::forward<Args>(args)...);
    }
};

template <class Token, class T>
struct asio::async_result<pop3::throwing_t<Token>, void(std::error_code, T)> {
    template <class Initiation, class RawToken, class... Args>
    static auto initiate(Initiation&& initiation, RawToken&& token, Args&&... args)
    {
        using adapted = pop3::detail::throwing_initiation<std::decay_t<Initiation>>;
        Token inner = std::forward<RawToken>(token).token;
        return asio::async_initiate<Token, void(std::exception_ptr, T)>(
            adapted{std::forward<Initiation>(initiation)}, inner, std::forward<Args>(args)...);
    }
};
